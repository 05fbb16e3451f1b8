import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiError, reply, textPart as said, toolCalls, webSearch } from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import {
  A,
  base,
  call,
  S,
  talk,
  text,
  textPart,
  TOOL,
  toolResult,
  toolUse,
  U,
  type Fields,
} from './support/requests.js';
import { C4, C5, DS, errorOf, messageOf, outOf, Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ c4: C4, c5: C5, ds: DS, gone: C4 });
});
afterAll(() => stage.close());

/** The functions that reach the upstream for these tools. */
const functions = async (tools: readonly object[], more: Fields = {}): Promise<readonly Fields[]> =>
  ((await stage.out('c4', base({ tools, ...more }))).tools ?? []).map((tool) => tool.function);

const withSchema = (input_schema: object, more: Fields = {}): object => ({ ...TOOL, input_schema, ...more });

describe('tools', () => {
  it('R24 a deferred tool is sent once the conversation has loaded it', async () => {
    const tools = [TOOL, { ...TOOL, name: 'Big', defer_loading: true }];
    const names = (sent: readonly Fields[]): unknown[] => sent.map(({ name }) => name);
    expect(names(await functions(tools))).toEqual(['Read']);
    const found = { type: 'tool_reference', tool_name: 'Big' };
    const conversation = [U(text('q')), A(toolUse('t1')), U(toolResult('t1', [found]))];
    const out = await stage.out('c4', talk(conversation, { tools }));
    expect(names(out.tools!.map((tool) => tool.function))).toEqual(['Read', 'Big']);
    expect(out.messages[2]).toEqual({ role: 'tool', tool_call_id: 't1', content: [textPart('Loaded tool: Big')] });
  });

  it('R38 names that OpenAI refuses are mapped, and mapped back', async () => {
    const long = `mcp__plugin_${'x'.repeat(58)}`;
    const odd = 'srv.get:item';
    expect(long).toHaveLength(70);
    const tools = [long, odd, `${long.slice(0, 69)}y`].map((name) => ({ ...TOOL, name }));
    const [first, second, third] = (await functions(tools)).map(({ name }) => String(name));
    for (const name of [first, second, third]) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(new Set([first, second, third]).size).toBe(3);
    const conversation = [U(text('q')), A(toolUse('t1', {}, long)), U(toolResult('t1', 'ok'))];
    const answer = await stage.ask('c4', talk(conversation, { tools, tool_choice: { type: 'tool', name: odd } }), {
      upstream: toolCalls([
        { name: String(second), args: { p: 'x' }, id: 'call_1' },
        { name: String(first), args: {}, id: 'call_2' },
      ]),
    });
    expect(answer.sent[0]?.body).toMatchObject({
      messages: [{}, { tool_calls: [call('t1', '{}', first)] }, {}],
      tools: [{ function: { name: first } }, { function: { name: second } }, { function: { name: third } }],
      tool_choice: { type: 'function', function: { name: second } },
    });
    expect(messageOf(answer).content).toMatchObject([
      { type: 'tool_use', id: 'call_1', name: odd, input: { p: 'x' } },
      { type: 'tool_use', id: 'call_2', name: long, input: {} },
    ]);
    const streamed = await stage.ask('c4', talk(conversation, { tools, stream: true }), {
      upstream: toolCalls([{ name: String(second), args: {} }]),
    });
    expect(streamed.text).toContain(`"name":"${odd}"`);
  });

  it('R39 a tool that Anthropic’s models know becomes a function', async () => {
    const { sent } = await stage.ask('c4', base({ tools: [{ type: 'bash_20250124', name: 'bash' }] }));
    expect(sent[0]?.body).toMatchObject({
      tools: [
        {
          type: 'function',
          function: {
            name: 'bash',
            parameters: {
              type: 'object',
              properties: { command: { type: 'string' }, restart: { type: 'boolean' } },
            },
          },
        },
      ],
    });
    expect(sent[0]?.rawBody.toString()).not.toContain('bash_20250124');
  });

  it('R44 what is not OpenAI’s stays out; examples go into the description', async () => {
    const tool = {
      ...TOOL,
      cache_control: { type: 'ephemeral' },
      defer_loading: false,
      eager_input_streaming: true,
      input_examples: [{ p: 'an example' }],
    };
    const exchange = await stage.ask('c4', base({ tools: [tool] }));
    const fn = outOf(exchange).tools?.[0]?.function;
    expect(Object.keys(fn!).toSorted()).toEqual(['description', 'name', 'parameters', 'strict']);
    expect(fn).toMatchObject({ parameters: TOOL.input_schema, strict: false });
    expect(fn?.['parameters']).toEqual(TOOL.input_schema);
    expect(fn?.['description']).toMatch(/^d\b[^]*{"p":"an example"}/);
    for (const key of ['cache_control', 'defer_loading', 'eager_input_streaming', 'input_examples']) {
      expect(exchange.sent[0]?.rawBody.toString()).not.toContain(key);
    }
  });

  it.each<[string, object, object]>([
    ['a null list of required properties', { type: 'object', required: null }, { type: 'object', properties: {} }],
    [
      'an array without items',
      { type: 'object', properties: { list: { type: 'array' } } },
      { type: 'object', properties: { list: { type: 'array', items: {} } } },
    ],
    [
      'a root without type',
      { properties: { p: { type: 'string' } } },
      { type: 'object', properties: { p: { type: 'string' } } },
    ],
    [
      'a pattern that its regular expressions cannot say',
      { type: 'object', properties: { p: { type: 'string', pattern: '^\\p{L}+$' } } },
      { type: 'object', properties: { p: { type: 'string', description: expect.stringContaining('^\\p{L}+$') } } },
    ],
  ])('R45 a schema with %s', async (_, schema, expected) => {
    const [fn] = await functions([withSchema(schema)]);
    expect(fn?.['parameters']).toEqual(expected);
  });

  it('R45 the schema of a later turn is made from the client’s own again', async () => {
    const schema = { type: 'object', properties: { p: { type: 'string', pattern: '^\\p{L}+$' } }, required: null };
    const first = await functions([withSchema(schema)]);
    expect(await functions([withSchema(schema)])).toEqual(first);
    expect(JSON.stringify(first).split('p{L}')).toHaveLength(2);
  });
});

describe('the choice of tools', () => {
  it.each([
    ['any', { type: 'any' }, 'required'],
    ['one tool', { type: 'tool', name: 'Read' }, { type: 'function', function: { name: 'Read' } }],
    ['none', { type: 'none' }, 'none'],
    ['auto', { type: 'auto' }, 'auto'],
  ])('R41 %s', async (_, tool_choice, expected) => {
    const out = await stage.out('c4', base({ tools: [TOOL], tool_choice }));
    expect(out['tool_choice']).toEqual(expected);
    expect(out.tools).toHaveLength(1);
  });

  it('R42 one call at a time, where that is wanted', async () => {
    const out = await stage.out(
      'c4',
      base({ tools: [TOOL], tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
    );
    expect(out['parallel_tool_calls']).toBe(false);
    expect(await stage.out('c4', base({ tools: [TOOL], tool_choice: { type: 'auto' } }))).not.toHaveProperty(
      'parallel_tool_calls',
    );
  });

  it('a tool that is forced and not there is refused here', async () => {
    const answer = await stage.ask('c4', base({ tools: [TOOL], tool_choice: { type: 'tool', name: 'Write' } }));
    expect(answer.sent).toEqual([]);
    expect(answer.status).toBe(400);
    expect(errorOf(answer).error).toEqual({ type: 'invalid_request_error', message: expect.stringContaining('Write') });
  });
});

describe('R40 web search', () => {
  const search = {
    tools: [{ type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.org'], max_uses: 5 }],
    tool_choice: { type: 'tool', name: 'web_search' },
  };
  const question = talk([U(text('Perform a web search for the query: cats'))], search);

  it('R40 a request for a search goes to the endpoint that has one', async () => {
    const answer = await stage.ask('c4', question, {
      upstream: reply([webSearch('cats', ['https://a.org/cats']), said('Cats purr.')]),
    });
    expect(answer.sent.map(({ path }) => path)).toEqual(['/v1/responses']);
    expect(answer.sent[0]?.body).toMatchObject({
      model: 'gpt-4.1',
      tools: [{ type: 'web_search', filters: { allowed_domains: ['a.org'] } }],
      tool_choice: 'required',
      include: ['web_search_call.action.sources'],
    });
    expect(messageOf(answer).content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'web_search_tool_result',
      'text',
    ]);
    expect((await stage.recordOf(answer)).ai?.translation.to).toBe('openai-responses');
  });

  it('R40 also beside other tools', async () => {
    const answer = await stage.ask('c4', talk([S('s'), U(text('q'))], { tools: [TOOL, ...search.tools] }));
    expect(answer.sent.map(({ path }) => path)).toEqual(['/v1/responses']);
    expect(answer.sent[0]?.body).toMatchObject({ tools: [{ name: 'Read' }, { type: 'web_search' }] });
  });

  it('R40 a search alone is answered here where there is none', async () => {
    const answer = await stage.ask('ds', question);
    expect(answer.sent).toEqual([]);
    expect(answer.status).toBe(200);
    const { content, stop_reason } = messageOf(answer);
    const [use, found, ...rest] = content;
    expect(use).toMatchObject({
      type: 'server_tool_use',
      id: expect.stringMatching(/^srvtoolu_/),
      name: 'web_search',
      input: { query: 'cats' },
    });
    expect(found).toMatchObject({
      type: 'web_search_tool_result',
      tool_use_id: use?.['id'],
      content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
    });
    expect(rest.map(({ type }) => type)).toEqual(['text']);
    expect(stop_reason).toBe('end_turn');
    expect(await stage.ledger(answer)).toEqual([expect.stringMatching(/^lossy:tool:web_search/)]);
  });

  it('R40 the same as a stream', async () => {
    const answer = await stage.ask('ds', { ...question, stream: true });
    expect(answer.sent).toEqual([]);
    expect(answer.text).toContain('"type":"web_search_tool_result_error","error_code":"unavailable"');
    expect(answer.text).toContain('"partial_json":"{\\"query\\":\\"cats\\"}"');
  });

  it('R40 beside other tools it is left out there, and told', async () => {
    const answer = await stage.ask('ds', talk([S('s'), U(text('q'))], { tools: [TOOL, ...search.tools] }));
    expect(answer.status).toBe(200);
    expect(answer.sent[0]?.body).toMatchObject({ tools: [{ function: { name: 'Read' } }] });
    expect(answer.sent[0]?.rawBody.toString()).not.toContain('web_search');
    expect(await stage.ledger(answer)).toEqual([expect.stringMatching(/^lossy:tool:web_search/)]);
  });

  it('R40 a server without that endpoint is asked only once', async () => {
    const gone = apiError(404, { message: 'Invalid URL (POST /v1/responses)' });
    const first = await stage.ask('gone', question, { upstream: gone });
    expect(first.sent.map(({ path }) => path)).toEqual(['/v1/responses']);
    expect(first.text).toContain('unavailable');
    expect((await stage.ask('gone', question)).sent).toEqual([]);
  });
});

recordsEveryExchange(() => stage);
