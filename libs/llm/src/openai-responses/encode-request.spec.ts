import { describe, expect, it } from '@jest/globals';
import { A, BASE, call, envelope, pdf, png, result, S, target, text, TOOL, U } from '../testing/chat-request.js';
import { encode, ORIGIN, R, type Out } from '../testing/responses-request.js';
import { sealReasoningItem } from './reasoning-item.js';

const talk = (messages: readonly object[], more: object = {}) => ({ ...BASE, messages, ...more });
const input = (messages: readonly object[], to = R, more: object = {}) => encode(talk(messages, more), to).out.input;
const types = (messages: readonly object[], to = R) =>
  input(messages, to).map((item) => (item.type === 'message' ? item.role : item.type));
const marked = { cache_control: { type: 'ephemeral' } };
const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } };

describe('a Responses request', () => {
  it('R02: says what is wanted and what is not', () => {
    expect(encode(BASE).out).toEqual({
      model: 'gpt-5.6',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
      max_output_tokens: 4096,
      reasoning: { effort: 'none' },
      include: ['reasoning.encrypted_content'],
      store: false,
      truncation: 'disabled',
    });
    expect(encode({ ...BASE, stream: true }).out).toMatchObject({
      stream: true,
      stream_options: { include_obfuscation: false },
    });
  });

  it('R05: has the system prompt as its first item, block by block, with its cache marks', () => {
    const { out } = encode({ ...BASE, system: [text('A'), { ...text('B'), ...marked }] });
    expect(out.input[0]).toEqual({
      type: 'message',
      role: 'developer',
      content: [
        { type: 'input_text', text: 'A' },
        { type: 'input_text', text: 'B', ...breakpoint },
      ],
    });
    expect(out['instructions']).toBeUndefined();
    expect(encode({ ...BASE, system: '' }).out.input).toHaveLength(1);
    expect(encode({ ...BASE, system: 'S'.repeat(5000) }).out.input[0]).toMatchObject({
      content: [{ type: 'input_text', text: 'S'.repeat(5000) }],
    });
  });

  it('R06: sets at most four breakpoints: the end of the system prompt and the last three others', () => {
    const block = (word: string) => ({ ...text(word), ...marked });
    const { out, json } = encode({
      ...BASE,
      system: [block('s1'), block('s2')],
      messages: [U(block('a')), A(text('x')), U(block('b')), A(text('y')), U(block('c'))],
    });
    const parts = out.input.flatMap((item) =>
      item.type === 'message' && item.role !== 'assistant' ? item.content : [],
    );
    expect(
      parts.filter((part) => 'prompt_cache_breakpoint' in part).map((part) => 'text' in part && part.text),
    ).toEqual(['s2', 'a', 'b', 'c']);
    expect(out['prompt_cache_options']).toEqual({ mode: 'explicit' });
    expect(json).not.toContain('cache_control');
    expect(encode({ ...BASE, system: [block('s')] }, { ...R, ...target('gpt-5.4') }).json).not.toContain('breakpoint');
  });

  it('leaves a mark on a result that is a string to the breakpoint OpenAI sets by itself', () => {
    const block = (word: string) => ({ ...text(word), ...marked });
    const { out } = encode({
      ...BASE,
      system: [block('s')],
      messages: [U(block('a'), block('b'), block('c')), A(call('t1')), U({ ...result('t1', 'ok'), ...marked })],
    });
    expect(out.input.at(-1)).toEqual({ type: 'function_call_output', call_id: 't1', output: 'ok' });
    expect(out['prompt_cache_options']).toBeUndefined();
    expect(JSON.stringify(out).split('prompt_cache_breakpoint')).toHaveLength(4);
  });

  it('R07: keeps instructions in the middle of the conversation in their place', () => {
    const messages = [U(text('a')), A(text('b')), S('note'), U(text('c'))];
    expect(types(messages)).toEqual(['user', 'assistant', 'developer', 'user']);
    expect(types([U(text('q')), A(call('t1')), S('note'), U(result('t1', 'ok'))])).toEqual([
      'user',
      'function_call',
      'function_call_output',
      'developer',
    ]);
  });

  it('R10 R12: has images and files', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://h/i.png' } };
    const byUrl = { type: 'document', title: 'T', source: { type: 'url', url: 'https://h/r.pdf' } };
    expect(input([U(image, pdf, byUrl)])).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_image', image_url: 'https://h/i.png', detail: 'high' },
          { type: 'input_file', filename: 'r.pdf', file_data: 'data:application/pdf;base64,QUJD' },
          { type: 'input_text', text: 'Document: T' },
          { type: 'input_file', file_url: 'https://h/r.pdf' },
        ],
      },
    ]);
  });

  it('R15 R30: keeps the order of texts and calls, without ids of items', () => {
    const turn = A(text('a'), call('t1', { b: 1, a: 2 }), text('b'));
    expect(input([U(text('q')), turn, U(result('t1', 'ok'))]).slice(1)).toEqual([
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
      { type: 'function_call', call_id: 't1', name: 'Read', arguments: '{"b":1,"a":2}' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'b' }] },
      { type: 'function_call_output', call_id: 't1', output: 'ok' },
    ]);
  });

  it('R16 R17 R18: answers every call once, in the order of the calls', () => {
    const turn = A(call('t1'), call('t2'), call('t3'));
    const items = input([U(text('q')), turn, U(text('note'), result('t2', '2'), result('t1', '1'), result('x', 'y'))]);
    expect(items.slice(4)).toEqual([
      { type: 'function_call_output', call_id: 't1', output: '1' },
      { type: 'function_call_output', call_id: 't2', output: '2' },
      { type: 'function_call_output', call_id: 't3', output: '[Tool execution was interrupted; no result]' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'note' },
          { type: 'input_text', text: 'Result of the tool call x, which is not part of this conversation:' },
          { type: 'input_text', text: 'y' },
        ],
      },
    ]);
  });

  it('R20 R22 R23: keeps images and files inside of results', () => {
    const outputs = (...results: object[]) =>
      input([U(text('q')), A(...results.map((_, i) => call(`t${i}`))), U(...results)])
        .filter((item) => item.type === 'function_call_output')
        .map(({ output }) => output);
    expect(
      outputs(
        result('t0', [text('see'), png]),
        result('t1', [pdf]),
        result('t2'),
        result('t3', []),
        result('t4', 'boom', { is_error: true }),
        result('t5', [text('a'), text('b')], { is_error: true }),
        result('t6', [png], { is_error: true }),
        result('t7', '', { is_error: true }),
      ),
    ).toEqual([
      [
        { type: 'input_text', text: 'see' },
        { type: 'input_image', image_url: 'data:image/png;base64,QUJD', detail: 'high' },
      ],
      [{ type: 'input_file', filename: 'r.pdf', file_data: 'data:application/pdf;base64,QUJD' }],
      '',
      '',
      '[tool error] boom',
      [
        { type: 'input_text', text: '[tool error] a' },
        { type: 'input_text', text: 'b' },
      ],
      [
        { type: 'input_image', image_url: 'data:image/png;base64,QUJD', detail: 'high' },
        { type: 'input_text', text: '[tool error]' },
      ],
      '[tool error]',
    ]);
  });

  it('E08: tells where an image or a file comes from', () => {
    const { media } = encode(
      talk([U(text('q'), png), A(call('t1')), U(result('t1', [text('see'), pdf]))], { system: 'S' }),
    );
    expect(media).toEqual([
      { upstream: 'input[1].content[1]', client: 'messages.0.content.1.image' },
      { upstream: 'input[3].output[1]', client: 'messages.2.content.0.content.1.document' },
    ]);
  });

  it('R37: asks to go on with a last message of the assistant', () => {
    const { out, prefill } = encode(talk([U(text('q')), A(text('{"k":'))]));
    expect(prefill).toBe('{"k":');
    expect(out.input.at(-1)).toMatchObject({ role: 'developer' });
  });

  it('R35 R36: drops empty messages and refuses an empty conversation', () => {
    expect(types([U(), U(text('q'))])).toEqual(['user']);
    expect(() => encode(talk([U()]))).toThrow('user messages must have non-empty content');
  });
});

describe('reasoning of earlier turns', () => {
  const item = { id: 'rs_1', encrypted: 'E', summary: ['p1', 'pü2'], phase: 'commentary' };
  const origin = { origin: ORIGIN, model: 'gpt-5.6' };
  const sent = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [
      { type: 'summary_text', text: 'p1' },
      { type: 'summary_text', text: 'pü2' },
    ],
    encrypted_content: 'E',
  };
  const thinking = (shown = 'p1\n\npü2', from = origin) => ({
    type: 'thinking',
    thinking: shown,
    signature: sealReasoningItem(envelope, item, from, shown),
  });
  const turn = (...blocks: object[]) => [U(text('q')), A(...blocks, call('t1')), U(result('t1', 'ok'))];

  it('R26: goes back byte for byte where it stood', () => {
    const encoded = encode(talk(turn(thinking())));
    expect(encoded.out.input[1]).toEqual(sent);
    expect(encoded.json).toContain(JSON.stringify(sent));
    expect(encoded.lossy).toEqual([]);
    // Hidden from the client, and from a body whose strings are ordinary text.
    expect(input(turn(thinking('')))[1]).toEqual(sent);
    expect(encode(JSON.stringify(talk(turn(thinking()))).replaceAll('ü', String.raw`\u00fc`)).out.input[1]).toEqual(
      sent,
    );
  });

  it('gives the message behind it its phase back', () => {
    const messages = [U(text('q')), A(thinking(), text('so'), call('t1')), U(result('t1', 'ok'))];
    expect(input(messages)[2]).toEqual({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'so' }],
      phase: 'commentary',
    });
  });

  it('R27: is dropped at the end of its turn', () => {
    const { out, lossy } = encode(talk([U(text('q')), A(text('a'), thinking()), U(text('go on'))]));
    expect(out.input.map(({ type }) => type)).toEqual(['message', 'message', 'message']);
    expect(lossy).toEqual(['lossy:thinking']);
    expect(types([U(text('q')), A(thinking()), U(text('go on'))])).toEqual(['user', 'user']);
  });

  it.each([
    ['R25: foreign', { type: 'thinking', thinking: 't', signature: 'AnthropicSig' }],
    ['R28: altered', { ...thinking(), thinking: 'p1' }],
    ['R28: of another account', thinking(undefined, { ...origin, origin: 'account-2' })],
    ['R28: of another model', thinking(undefined, { ...origin, model: 'gpt-5.5' })],
    ['R29: of a server that shows it', { type: 'thinking', thinking: 't', signature: envelope.sealVisible('t', 't') }],
    ['R31: redacted', { type: 'redacted_thinking', data: 'x' }],
  ])('%s is dropped', (_, block) => {
    const { out, lossy } = encode(talk(turn(block)));
    expect(out.input.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output']);
    expect(lossy).toEqual(['lossy:thinking']);
  });

  it('is left out when the upstream has refused it, and never sent twice', () => {
    expect(input(turn(thinking()), { ...R, refusedReasoning: new Set(['rs_1']) })[1]).toMatchObject({
      type: 'function_call',
    });
    expect(types(turn(thinking(), text('a'), thinking()))).toEqual([
      'user',
      'reasoning',
      'assistant',
      'function_call',
      'function_call_output',
    ]);
  });
});

describe('tools', () => {
  it('R43 R44: are functions that say whether they are strict', () => {
    const closed = {
      ...TOOL,
      name: 'Closed',
      strict: true,
      input_schema: { ...TOOL.input_schema, additionalProperties: false },
    };
    const extra = { ...TOOL, name: 'Extra', eager_input_streaming: true, input_examples: [{ p: 'x' }], ...marked };
    const { out, json } = encode({ ...BASE, tools: [TOOL, closed, extra] });
    expect(out.tools).toEqual([
      { type: 'function', name: 'Read', description: 'd', parameters: TOOL.input_schema, strict: false },
      { type: 'function', name: 'Closed', description: 'd', parameters: closed.input_schema, strict: true },
      {
        type: 'function',
        name: 'Extra',
        description: 'd\n\nExamples:\n{"p":"x"}',
        parameters: TOOL.input_schema,
        strict: false,
      },
    ]);
    expect(json).not.toContain('eager_input_streaming');
  });

  it('R38: have names that OpenAI takes, everywhere the same', () => {
    const long = `mcp__server__${'x'.repeat(60)}`;
    const messages = [U(text('q')), A(call('t1', {}, long)), U(result('t1', 'ok'))];
    const { out, toolNames } = encode(
      talk(messages, { tools: [{ ...TOOL, name: long }], tool_choice: { type: 'tool', name: long } }),
    );
    const name = String(out.tools?.[0]?.['name']);
    expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(out['tool_choice']).toEqual({ type: 'function', name });
    expect(out.input[1]).toMatchObject({ name });
    expect(toolNames.client(name)).toBe(long);
  });

  it('R24: come into the conversation where they are named, so that the list of tools stays the same', () => {
    const deferred = (name: string) => ({ ...TOOL, name, defer_loading: true });
    const tools = [TOOL, deferred('Big'), deferred('Never')];
    const before = [U(text('q')), A(call('t1', {}, 'ToolSearch'))];
    const reference = { type: 'tool_reference', tool_name: 'Big' };
    const after = [...before, U(result('t1', [reference])), A(call('t2', {}, 'Big')), U(result('t2', [reference]))];
    const first = encode(talk(before, { tools })).out;
    const then = encode(talk(after, { tools })).out;
    expect(first.tools?.map(({ name }) => name)).toEqual(['Read']);
    expect(then.tools).toEqual(first.tools);
    expect(then.input.slice(2, 4)).toEqual([
      { type: 'function_call_output', call_id: 't1', output: 'Loaded tool: Big' },
      {
        type: 'additional_tools',
        role: 'developer',
        tools: [{ type: 'function', name: 'Big', description: 'd', parameters: TOOL.input_schema, strict: false }],
      },
    ]);
    expect(then.input.filter(({ type }) => type === 'additional_tools')).toHaveLength(1);
    // A model that cannot take them so gets them in the list.
    const old: Out = encode(talk(after, { tools }), { ...R, ...target('gpt-5.2') }).out;
    expect(old.tools?.map(({ name }) => name)).toEqual(['Read', 'Big']);
  });

  it('R41 R42: are chosen as the client says', () => {
    const choice = (tool_choice: object) => encode({ ...BASE, tools: [TOOL], tool_choice }).out;
    expect(choice({ type: 'any' })['tool_choice']).toBe('required');
    expect(choice({ type: 'none' })['tool_choice']).toBe('none');
    expect(choice({ type: 'auto', disable_parallel_tool_use: true })).toMatchObject({
      tool_choice: 'auto',
      parallel_tool_calls: false,
    });
    expect(choice({ type: 'auto' })['parallel_tool_calls']).toBeUndefined();
    expect(() => choice({ type: 'tool', name: 'Nope' })).toThrow('not available');
  });

  it('R40: search the web by the tool of the upstream', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.org'], max_uses: 5 };
    const forced = { type: 'tool', name: 'web_search' };
    const alone = encode({ ...BASE, tools: [search], tool_choice: forced });
    expect(alone.out.tools).toEqual([{ type: 'web_search', filters: { allowed_domains: ['a.org'] } }]);
    expect(alone.out['tool_choice']).toBe('required');
    expect(alone.out['include']).toEqual(['reasoning.encrypted_content', 'web_search_call.action.sources']);
    expect(alone.lossy).toEqual(['lossy:web_search.max_uses']);

    const location = { type: 'approximate', city: 'Oslo', country: 'NO', unknown: 1 };
    const both = encode({
      ...BASE,
      tools: [TOOL, { ...search, allowed_domains: null, blocked_domains: ['b.org'], user_location: location }],
      tool_choice: forced,
    });
    expect(both.out.tools?.[1]).toEqual({
      type: 'web_search',
      user_location: { type: 'approximate', city: 'Oslo', country: 'NO' },
    });
    expect(both.out['tool_choice']).toEqual({
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'web_search' }],
    });
    expect(JSON.stringify(both.out.input.at(-1))).toContain('b.org');
    expect(encode({ ...BASE, tools: [search] }, { ...R, ...target('gpt-5') }).out['reasoning']).toEqual({
      effort: 'low',
    });
  });
});

describe('parameters', () => {
  const reasoning = (more: object, to = R) => encode({ ...BASE, max_tokens: 64_000, ...more }, to).out['reasoning'];

  it('R49: say how hard to think', () => {
    const adaptive = { type: 'adaptive' };
    const upToXhigh = { ...R, ...target('gpt-5.4') };
    expect(reasoning({ thinking: { type: 'enabled', budget_tokens: 31_999 } })).toEqual({
      effort: 'xhigh',
      summary: 'auto',
    });
    expect(reasoning({ thinking: adaptive })).toEqual({ effort: 'high', summary: 'auto' });
    expect(reasoning({ thinking: adaptive, output_config: { effort: 'max' } }, upToXhigh)).toEqual({
      effort: 'xhigh',
      summary: 'auto',
    });
    expect(reasoning({ thinking: { type: 'disabled' } })).toEqual({ effort: 'none' });
    expect(reasoning({ output_config: { effort: 'low' } })).toMatchObject({ effort: 'low' });
    expect(reasoning({})).toBeUndefined();
    expect(reasoning({ thinking: { ...adaptive, display: 'omitted' } })).toEqual({ effort: 'high' });
    expect(reasoning({ output_config: { effort: 'high' }, max_tokens: 800 })).toEqual({ effort: 'none' });
  });

  it('R46 R47: keep within what the model takes', () => {
    const small = encode({ ...BASE, max_tokens: 1, stream: true });
    expect(small.out).toMatchObject({ max_output_tokens: 16 });
    expect(small.out['stream']).toBeUndefined();
    expect(small.outputLimit).toBe(1);
    const large = encode({ ...BASE, max_tokens: 1_000_000, temperature: 0.3, top_p: 0.9, top_k: 40 });
    expect(large.out['max_output_tokens']).toBe(128_000);
    expect(large.lossy.toSorted()).toEqual(['lossy:max_tokens', 'lossy:temperature', 'lossy:top_k', 'lossy:top_p']);
    expect(large.json).not.toMatch(/"(?:temperature|top_p|top_k)"/);
    expect(encode({ ...BASE, temperature: 0.3 }, { ...R, ...target('gpt-4.1') }).out).toMatchObject({
      temperature: 0.3,
    });
  });

  it('R51: name conversation and user by hashes', () => {
    const ask = (content: string) =>
      encode(talk([U(text(content))], { metadata: { user_id: `user_${'a'.repeat(64)}_account_b_session_S1` } })).out;
    const [one, two] = [ask('x'), ask('y')];
    expect(one['prompt_cache_key']).toBe(two['prompt_cache_key']);
    for (const key of ['prompt_cache_key', 'safety_identifier']) expect(one[key]).toMatch(/^[0-9a-f]{64}$/);
    expect(one['metadata']).toBeUndefined();
  });

  it('R52: give the schema of the answer as it is', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] };
    const format = (value: object) =>
      encode({ ...BASE, output_config: { format: { type: 'json_schema', schema: value } } }).out['text'];
    expect(format(schema)).toEqual({
      format: { type: 'json_schema', name: 'structured_output', schema, strict: false },
    });
    const strict = { ...schema, required: ['a', 'b'], additionalProperties: false };
    expect(format(strict)).toMatchObject({ format: { strict: true } });
  });

  it('R54: hold nothing that only the client knows', () => {
    const { json, lossy } = encode({ ...BASE, brand_new_field: 1 });
    expect(json).not.toContain('brand_new_field');
    expect(lossy).toEqual(['lossy:brand_new_field']);
  });
});

describe('R55: the next turn', () => {
  const origin = { origin: ORIGIN, model: 'gpt-5.6' };
  const reasoning = (n: number) => {
    const item = { id: `rs_${n}`, encrypted: `E${n}`, summary: [`s${n}`], phase: undefined };
    return { type: 'thinking', thinking: `s${n}`, signature: sealReasoningItem(envelope, item, origin, `s${n}`) };
  };
  const deferred = { ...TOOL, name: 'Big', defer_loading: true };
  const found = [{ type: 'tool_reference', tool_name: 'Big' }];
  /** What is added to the conversation, turn by turn. */
  const turns: readonly (readonly object[])[] = [
    [U(text('reminder'), text('do it'))],
    [A(reasoning(1), text('I look'), call('t1'), call('t2')), U(result('t2', [text('a'), png]), result('t1', 'b'))],
    [A(reasoning(2), call('t3')), U(result('t3', found)), S('a note')],
    [A(reasoning(3), text('done')), U(text('more'))],
    [A(call('t4', {}, 'Big')), U(result('t4', 'x', { is_error: true }), text('and so on'))],
  ];
  /** As Claude Code marks them: the system prompt, and the last block of the conversation. */
  const requestOf = (count: number, attribution: string) => {
    const messages = structuredClone(turns.slice(0, count).flat()) as { content: object[] }[];
    const last = messages.findLast(({ content }) => Array.isArray(content))!.content;
    last[last.length - 1] = { ...last.at(-1), ...marked };
    return talk(messages, {
      tools: [TOOL, deferred],
      system: [text(`x-anthropic-billing-header: cc_version=${attribution};\n`), { ...text('You are'), ...marked }],
      thinking: { type: 'adaptive' },
      max_tokens: 32_000,
    });
  };
  const bytes = turns.map((_, i) => encode(requestOf(i + 1, String(i))).json);
  const prefix = (json: string) => json.slice(0, json.indexOf('],"reasoning"'));

  it('begins with the bytes of the turn before, but for the marks', () => {
    const plain = bytes.map((json) => prefix(json).replaceAll(',"prompt_cache_breakpoint":{"mode":"explicit"}', ''));
    for (const [i, before] of plain.slice(0, -1).entries()) expect(plain[i + 1]!.startsWith(before)).toBe(true);
    expect(plain.at(-1)).toContain('"id":"rs_1"');
    expect(plain.at(-1)).toContain('additional_tools');
  });

  it('has no attribution line, and a mark wherever one can stand', () => {
    for (const json of bytes) {
      expect(json).not.toContain('billing-header');
      expect(json).toContain('"text":"You are","prompt_cache_breakpoint":{"mode":"explicit"}');
    }
    expect(bytes[0]).toContain('"text":"do it","prompt_cache_breakpoint"');
    expect(bytes[4]).toContain('"text":"and so on","prompt_cache_breakpoint"');
  });
});
