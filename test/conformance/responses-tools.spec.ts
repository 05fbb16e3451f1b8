import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toolCalls } from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import { A, base, talk, text, TOOL, toolResult, toolUse, U, type Fields } from './support/requests.js';
import { itemsOf, output, type ResponsesOut } from './support/responses.js';
import { messageOf, R, Stage, type AskOptions } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ r: R });
});
afterAll(() => stage.close());

const out = async (body: object, options: AskOptions = {}): Promise<ResponsesOut> =>
  itemsOf(await stage.ask('r', body, options));
const functions = async (tools: readonly object[], more: Fields = {}): Promise<readonly Fields[]> =>
  (await out(base({ tools, ...more }))).tools ?? [];

describe('tools', () => {
  it('R43 R44 say whether they are strict, and hold nothing but their schema', async () => {
    const closed = {
      ...TOOL,
      name: 'Closed',
      strict: true,
      input_schema: { ...TOOL.input_schema, additionalProperties: false },
    };
    const extra = {
      ...TOOL,
      name: 'Extra',
      defer_loading: false,
      eager_input_streaming: true,
      input_examples: [{ p: 'x' }],
      cache_control: { type: 'ephemeral' },
    };
    const read = { type: 'function', name: 'Read', description: 'd', parameters: TOOL.input_schema, strict: false };
    expect(await functions([TOOL, closed, extra])).toEqual([
      read,
      { ...read, name: 'Closed', parameters: closed.input_schema, strict: true },
      { ...read, name: 'Extra', description: expect.stringContaining('{"p":"x"}') },
    ]);
  });

  it('R45 R39 have schemas that OpenAI takes', async () => {
    const [odd, bash] = await functions([
      {
        ...TOOL,
        input_schema: {
          properties: { a: { type: 'array' }, b: { type: 'string', pattern: String.raw`^\p{L}+$` } },
          required: null,
        },
      },
      { type: 'bash_20250124', name: 'bash' },
    ]);
    expect(odd?.['parameters']).toMatchObject({ type: 'object', properties: { a: { type: 'array', items: {} } } });
    expect(JSON.stringify(odd?.['parameters'])).not.toMatch(/"pattern"|"required"/);
    expect(bash).toMatchObject({ name: 'bash', parameters: { properties: { command: {}, restart: {} } } });
  });

  it('R38 have names that OpenAI takes, and their own in the answer', async () => {
    const long = `mcp__plugin_${'x'.repeat(58)}`;
    const names = [long, 'srv.get:item', `${long.slice(0, 69)}y`];
    const tools = names.map((name) => ({ ...TOOL, name }));
    const [first, second] = (await functions(tools)).map(({ name }) => String(name));
    for (const name of [first, second]) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    const conversation = [U(text('q')), A(toolUse('t1', {}, long)), U(toolResult('t1', 'ok'))];
    const answer = await stage.ask('r', talk(conversation, { tools, tool_choice: { type: 'tool', name: long } }), {
      upstream: toolCalls([{ name: String(second), args: { p: 'x' }, id: 'call_1' }]),
    });
    expect(itemsOf(answer)).toMatchObject({
      input: [{}, { name: first }, {}],
      tool_choice: { type: 'function', name: first },
    });
    expect(messageOf(answer).content).toMatchObject([{ type: 'tool_use', name: 'srv.get:item', input: { p: 'x' } }]);
  });

  it('R24 R55 come where they are named, so that the list stays the same', async () => {
    const tools = [TOOL, { ...TOOL, name: 'Big', defer_loading: true }];
    const before = [U(text('q')), A(toolUse('t1', {}, 'Read'))];
    const found = toolResult('t1', [{ type: 'tool_reference', tool_name: 'Big' }]);
    const first = await out(talk(before, { tools }));
    const then = await out(talk([...before, U(found)], { tools }));
    expect(first.tools?.map(({ name }) => name)).toEqual(['Read']);
    expect(then.tools).toEqual(first.tools);
    expect(then.input.slice(2)).toEqual([
      output('t1', 'Loaded tool: Big'),
      {
        type: 'additional_tools',
        role: 'developer',
        tools: [{ type: 'function', name: 'Big', description: 'd', parameters: TOOL.input_schema, strict: false }],
      },
    ]);
  });

  it('R42 one call at a time', async () => {
    const choice = async (tool_choice: object) => out(base({ tools: [TOOL], tool_choice }));
    expect(await choice({ type: 'auto', disable_parallel_tool_use: true })).toMatchObject({
      tool_choice: 'auto',
      parallel_tool_calls: false,
    });
    expect(await choice({ type: 'any' })).not.toHaveProperty('parallel_tool_calls');
  });

  it('R40 a search is the upstream’s own', async () => {
    const search = { type: 'web_search_20250305', name: 'web_search', blocked_domains: ['b.org'] };
    const body = await out(base({ tools: [TOOL, search], tool_choice: { type: 'tool', name: 'web_search' } }));
    expect(body).toMatchObject({
      tools: [{ name: 'Read' }, { type: 'web_search' }],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'web_search' }] },
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
    });
    expect(JSON.stringify(body.input.at(-1))).toContain('b.org');
  });
});

recordsEveryExchange(() => stage);
