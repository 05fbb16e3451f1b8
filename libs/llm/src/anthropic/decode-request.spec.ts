import { describe, expect, it } from '@jest/globals';
import { jsonBody } from '../json-body.js';
import { A, BASE, call, result, S, text, TOOL, U } from '../testing/chat-request.js';
import { decodeAnthropicRequest, type DecodeOptions } from './decode-request.js';
import { ToolsCache } from './tools-cache.js';

const decode = (request: object | string, options?: DecodeOptions) =>
  decodeAnthropicRequest(
    jsonBody(Buffer.from(typeof request === 'string' ? request : JSON.stringify(request))),
    options,
  );

function messageOf(request: object | string, options?: DecodeOptions): string {
  try {
    decode(request, options);
  } catch (error) {
    expect(error).toMatchObject({ name: 'LlmError', status: 400, type: 'invalid_request_error' });
    return (error as Error).message;
  }
  return 'accepted';
}

const BIG = { ...TOOL, name: 'Big', description: 'ü'.repeat(600) };

describe('decodeAnthropicRequest', () => {
  it('lifts the fields of the request', () => {
    expect(
      decode({
        ...BASE,
        stream: true,
        system: 'S',
        tools: [TOOL],
        tool_choice: { type: 'tool', name: 'Read', disable_parallel_tool_use: true },
        thinking: { type: 'enabled', budget_tokens: 5000, display: 'omitted' },
        output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } },
        temperature: 0.5,
        top_p: 0.9,
        top_k: 4,
        stop_sequences: ['ü'],
        metadata: { user_id: 'someone' },
        service_tier: 'auto',
        speed: 'fast',
        cache_control: { type: 'ephemeral' },
        diagnostics: {},
      }),
    ).toEqual({
      encoding: 'latin1',
      model: 'claude-x',
      stream: true,
      maxTokens: 4096,
      system: 'S',
      messages: BASE.messages,
      tools: [TOOL],
      toolChoice: { type: 'tool', name: 'Read' },
      parallelToolCalls: false,
      thinking: { type: 'enabled', budgetTokens: 5000, display: 'omitted' },
      effort: 'high',
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      stopSequences: ['ü'],
      outputSchema: { type: 'object' },
      contextEdits: undefined,
      user: { id: 'someone', sessionId: undefined, account: 'someone' },
      serviceTier: 'auto',
      speed: 'fast',
      cacheControl: { type: 'ephemeral' },
      safeguards: false,
      continuesThread: false,
      unknownFields: [],
    });
  });

  it('takes null for absent, as Anthropic does', () => {
    const nulls = [
      'system',
      'tools',
      'tool_choice',
      'thinking',
      'output_config',
      'metadata',
      'stop_sequences',
      'safeguards',
    ];
    const request = { ...BASE, ...Object.fromEntries(nulls.map((field) => [field, null])), container: null };
    expect(decode(request)).toEqual(decode(BASE));
  });

  it('R51: finds the session in both shapes of Claude Code’s user id', () => {
    const user = (user_id: string) => decode({ ...BASE, metadata: { user_id } }).user;
    expect(user('user_ab_account__session_1-2')).toMatchObject({ sessionId: '1-2', account: 'user_ab_account_' });
    const json = { device_id: 'd', account_uuid: 'ü', session_id: 's' };
    expect(user(JSON.stringify(json))).toMatchObject({ sessionId: 's', account: 'ü/d' });
    expect(user(JSON.stringify({ ...json, account_uuid: '' }))).toMatchObject({ account: 'd' });
    expect(user('{broken')).toEqual({ id: '{broken', sessionId: undefined, account: '{broken' });
    expect(user('{}')).toEqual({ id: '{}', sessionId: undefined, account: '{}' });
  });

  it('R54: lists the fields that it does not know, each cut and all bounded', () => {
    expect(decode({ ...BASE, größe: 1, output_config: { effort: 'odd', next: 1 } })).toMatchObject({
      effort: undefined,
      unknownFields: ['größe', 'output_config.next'],
    });
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${'x'.repeat(100)}${i}`, 1]));
    const { unknownFields } = decode({ ...BASE, ...many });
    expect(unknownFields).toHaveLength(32);
    expect(unknownFields[0]).toHaveLength(64);
  });

  it('R34: lets blocks pass that nobody knows', () => {
    const request = { ...BASE, messages: [U({ type: 'constructor' }, { type: 'brand_new', source: 5 })] };
    expect(messageOf(request)).toBe('accepted');
  });

  it.each<[string, object]>([
    ['model: Field required', { model: undefined }],
    ['model: String should have 1 to 256 characters', { model: 'x'.repeat(257) }],
    ['max_tokens: Field required', { max_tokens: undefined }],
    ['max_tokens: Input should be a valid integer', { max_tokens: 1.5 }],
    ['max_tokens: Input should be greater than or equal to 0', { max_tokens: -1 }],
    ['messages: Field required', { messages: undefined }],
    ['messages: Input should be a valid list', { messages: {} }],
    ['messages: at least one message is required', { messages: [] }],
    ['messages.0: Input should be a valid dictionary', { messages: ['hi'] }],
    ['messages.0.role: Field required', { messages: [{ content: 'x' }] }],
    ['messages.1.role: Unknown role', { messages: [U(text('a')), { role: 'tool', content: 'x' }] }],
    ['messages.0.content: Field required', { messages: [{ role: 'user' }] }],
    [
      'messages.0.content: Input should be a valid string or a valid list',
      { messages: [{ role: 'user', content: 1 }] },
    ],
    ['messages.0.content.0: Input should be a valid dictionary', { messages: [U([] as object)] }],
    ['messages.0.content.0.type: Field required', { messages: [U({})] }],
    ['messages.0.content.1.text: Field required', { messages: [U(text('a'), { type: 'text' })] }],
    ['messages.0.content.0.text: Input should be a valid string', { messages: [U({ type: 'text', text: 1 })] }],
    ['messages.0.content.0.source.type: Field required', { messages: [U({ type: 'image', source: {} })] }],
    [
      'messages.0.content.0.source.data: Field required',
      { messages: [U({ type: 'image', source: { type: 'base64', media_type: 'image/png' } })] },
    ],
    [
      'messages.0.content.0.source.content.0.text: Field required',
      { messages: [U({ type: 'document', source: { type: 'content', content: [{ type: 'text' }] } })] },
    ],
    ['messages.0.content.0.id: Field required', { messages: [A({ type: 'tool_use', name: 'x' })] }],
    ['messages.0.content.0.input: Input should be a valid dictionary', { messages: [A(call('t', [] as object))] }],
    ['messages.0.content.0.tool_use_id: Field required', { messages: [U({ type: 'tool_result' })] }],
    ['messages.0.content.0.content.0.text: Field required', { messages: [U(result('t', [{ type: 'text' }]))] }],
    ['messages.0.content.0.tool: Field required', { messages: [S([{ type: 'tool_addition' }])] }],
    ["system.0.type: Input should be 'text'", { system: [{ type: 'image' }] }],
    ['system.1.text: Field required', { system: [text('a'), { type: 'text' }] }],
    ['tools: Input should be a valid list', { tools: {} }],
    ['tools.0.name: Field required', { tools: [{ input_schema: {} }] }],
    ['tools.0.input_schema: Field required', { tools: [{ name: 'x' }] }],
    ['tools.0.input_schema: Input should be a valid dictionary', { tools: [{ name: 'x', input_schema: [] }] }],
    ['tools: Tool names must be unique.', { tools: [TOOL, TOOL] }],
    ["tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'", { tool_choice: { type: 'x' } }],
    ['tool_choice.name: Field required', { tool_choice: { type: 'tool' } }],
    ['stream: Input should be a valid boolean', { stream: 'yes' }],
    ['temperature: Input should be a valid number', { temperature: '1' }],
    ['thinking.type: Field required', { thinking: {} }],
    ['stop_sequences.1: Input should be a valid string', { stop_sequences: ['a', 1] }],
    ['stop_sequences: each stop sequence must contain non-whitespace', { stop_sequences: [' '] }],
    ["output_format.type: Input should be 'json_schema'", { output_format: { type: 'x' } }],
    ['output_config.format.schema: Field required', { output_config: { format: { type: 'json_schema' } } }],
    ['metadata.user_id: Input should be a valid string', { metadata: { user_id: 1 } }],
    ['context_management.edits.0.type: Field required', { context_management: { edits: [{}] } }],
  ])('E11: refuses with "%s"', (message, more) => {
    expect(messageOf({ ...BASE, ...more })).toBe(message);
  });

  it('E11: refuses what is not JSON or not an object', () => {
    expect(messageOf('{"model":')).toMatch(/^The request body is not valid JSON/);
    expect(messageOf('[1]')).toBe('The request body is not a JSON object');
  });

  it('X01: does without max_tokens in a request to be counted', () => {
    const { max_tokens: _, ...counted } = BASE;
    expect(decode(counted, { counting: true }).maxTokens).toBeUndefined();
  });

  it('refuses blocks nested deeper than the stack with a 400', () => {
    const depth = 50_000;
    const open = '{"type":"tool_result","tool_use_id":"t","content":[';
    const body = `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[${open.repeat(depth)}${']}'.repeat(depth)}]}]}`;
    expect(messageOf(body)).toBe('The request is nested too deeply');
  });

  it('reads the edits of the history with Anthropic’s defaults', () => {
    const edits = (...list: object[]) => decode({ ...BASE, context_management: { edits: list } }).contextEdits;
    expect(edits({ type: 'clear_tool_uses_20250919' }, { type: 'clear_thinking_20251015' }, { type: 'next' })).toEqual([
      {
        type: 'clear_tool_uses_20250919',
        trigger: { type: 'input_tokens', value: 100_000 },
        keep: 3,
        clearAtLeast: 0,
        excludeTools: [],
        clearToolInputs: false,
      },
      { type: 'clear_thinking_20251015', keep: 1 },
      { type: 'unsupported', name: 'next' },
    ]);
    const value = (number: number, type = 'tool_uses') => ({ type, value: number });
    expect(
      edits(
        {
          type: 'clear_tool_uses_20250919',
          trigger: value(5),
          keep: value(2),
          clear_at_least: value(9, 'input_tokens'),
          exclude_tools: ['a'],
          clear_tool_inputs: ['b'],
        },
        { type: 'clear_thinking_20251015', keep: 'all' },
        { type: 'clear_thinking_20251015', keep: { type: 'thinking_turns', value: 4 } },
      ),
    ).toEqual([
      {
        type: 'clear_tool_uses_20250919',
        trigger: { type: 'tool_uses', value: 5 },
        keep: 2,
        clearAtLeast: 9,
        excludeTools: ['a'],
        clearToolInputs: ['b'],
      },
      { type: 'clear_thinking_20251015', keep: 'all' },
      { type: 'clear_thinking_20251015', keep: 4 },
    ]);
  });
});

describe('ToolsCache', () => {
  const request = (messages: object[], tools: object[] = [BIG]) =>
    JSON.stringify({ ...BASE, messages, tools, tail: 1 });

  it('gives the same frozen tools for the same definitions', () => {
    const options = { toolsCache: new ToolsCache() };
    const first = decode(request([U(text('a'))]), options);
    const second = decode(request([U(text('a longer one')), A(text('b')), U(text('c'))]), options);
    expect(second.tools).toBe(first.tools);
    expect(Object.isFrozen(second.tools[0]!.input_schema)).toBe(true);
    expect(second.messages).toHaveLength(3);
    const elsewhere = JSON.stringify({ tools: [BIG], ...BASE, more: 'x' });
    expect(decode(elsewhere, options).tools).toBe(first.tools);
    expect(decode(request([U(text('a'))], [{ ...BIG, name: 'Other' }]), options).tools).not.toBe(first.tools);
  });

  it('sees what the whole parse sees, wherever the definitions appear again', () => {
    const bodies = [
      request([U(text('q')), A(call('t', { tools: [BIG] })), U(result('t', 'r'))], [TOOL]),
      request([U(text('q')), A(call('t', { tools: [BIG] })), U(result('t', 'r'))]),
      request([U(text(`"tools":${JSON.stringify([BIG])}`))]),
      `{"tools":${JSON.stringify([BIG])},"tools":[],"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}]}`,
      `{"tools":[],"tools":${JSON.stringify([BIG])},"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}]}`,
      `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"q"}], "tools" : ${JSON.stringify([BIG])} }`,
      JSON.stringify({ ...BASE, tools: [BIG], messages: [U(text('\u00e9'))] }).replace('é', '\\u00e9'),
    ];
    const warm = new ToolsCache();
    decode(request([U(text('a'))]), { toolsCache: warm });
    for (const body of bodies) {
      expect(decode(body, { toolsCache: warm })).toEqual(decode(body, { toolsCache: new ToolsCache() }));
    }
  });

  it('keeps apart definitions whose bytes and characters look alike', () => {
    const options = { toolsCache: new ToolsCache() };
    decode(request([U(text('a'))]), options);
    const look = { ...BIG, description: 'Ã¼'.repeat(600) };
    const inText = JSON.stringify({ ...BASE, system: 'e', tools: [look] }).replace('"e"', '"\\u00e9"');
    expect(decode(inText, options)).toMatchObject({ encoding: 'utf8', tools: [look] });
  });

  it('checks definitions that it does not know, and JSON around those that it does', () => {
    const options = { toolsCache: new ToolsCache() };
    const body = request([U(text('a'))]);
    decode(body, options);
    expect(messageOf(body.slice(0, -2), options)).toMatch(/not valid JSON/);
    expect(messageOf(body.replace('"name":"Big",', ''), options)).toBe('tools.0.name: Field required');
  });

  it('keeps a bounded number of lists, the last used ones', () => {
    const options = { toolsCache: new ToolsCache(2) };
    const tools = (name: string) => decode(request([U(text('a'))], [{ ...BIG, name }]), options).tools;
    const [a, b] = [tools('a'), tools('b')];
    expect(tools('a')).toBe(a);
    tools('c');
    expect(tools('a')).toBe(a);
    expect(tools('b')).not.toBe(b);
  });
});
