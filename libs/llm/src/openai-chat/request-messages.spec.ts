import { describe, expect, it } from '@jest/globals';
import type { OpenAiTarget } from '../openai/target.js';
import {
  A,
  BASE,
  C4,
  C5,
  call,
  DS,
  encode,
  envelope,
  messages,
  orderFaults,
  pdf,
  refusal,
  result,
  S,
  target,
  text,
  texts,
  TOOL,
  U,
} from '../testing/chat-request.js';

const roles = (conversation: readonly object[], to = C4) => messages(conversation, to).map(({ role }) => role);
const asked = (id: string) => [U(text('q')), A(call(id))];

describe('the conversation as Chat messages', () => {
  it('R01: passes a string on as a string', () => {
    expect(messages(BASE.messages, C5)).toEqual([{ role: 'user', content: 'hi' }]);
  });

  it('R03: gives the system prompt the role that the model knows', () => {
    expect(encode({ ...BASE, system: 'S' }, C5).out.messages[0]).toEqual({ role: 'developer', content: 'S' });
    expect(encode({ ...BASE, system: 'S' }, C4).out.messages[0]).toEqual({ role: 'system', content: 'S' });
    expect(encode({ ...BASE, system: '' }, C4).out.messages).toHaveLength(1);
  });

  it('R04: keeps the borders of system blocks and no cache marks', () => {
    const system = [text('A'), { ...text('B'), cache_control: { type: 'ephemeral' } }, text('')];
    const { out, json } = encode({ ...BASE, system }, C4);
    expect(out.messages[0]).toEqual({ role: 'system', content: [text('A'), text('B')] });
    expect(json).not.toContain('cache_control');
  });

  it('keeps apart two long system prompts whose bytes and characters look alike', () => {
    const long = 'Ã¼'.repeat(3000);
    const sent = (body: string) => encode(body, C4).out.messages[0]!.content;
    const inBytes = JSON.stringify({ ...BASE, system: 'ü'.repeat(3000) });
    const inText = JSON.stringify({ ...BASE, system: long, metadata: { user_id: 'x' } }).replace('"x"', '"\\u00e9"');
    expect(sent(inBytes)).toBe('ü'.repeat(3000));
    expect(sent(inText)).toBe(long);
    expect(sent(inBytes)).toBe('ü'.repeat(3000));
  });

  it('leaves out the attribution line of Claude Code, which changes with every request', () => {
    const system = [text('x-anthropic-billing-header: cc_version=2.1.112'), text('B')];
    expect(encode({ ...BASE, system }, C4).out.messages[0]!.content).toEqual([text('B')]);
    const asString = 'x-anthropic-billing-header: cc_version=1\nrest';
    expect(encode({ ...BASE, system: asString }, C4).out.messages[0]!.content).toBe('rest');
    const kept = encode({ ...BASE, system }, { ...C4, switches: { keepAttribution: true } });
    expect(kept.out.messages[0]!.content).toEqual(system);
  });

  it('R07: keeps a system message of the conversation in its place', () => {
    const conversation = [U(text('a')), A(text('b')), S('note'), U(text('c'))];
    const sent = messages(conversation, C5);
    expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'developer', 'user']);
    expect(sent[2]).toEqual({ role: 'developer', content: 'note' });
    expect(JSON.stringify(sent).match(/note/g)).toHaveLength(1);
  });

  it('gives a server that takes instructions only at the start a reminder in the user’s words', () => {
    const to = { ...DS, capabilities: { ...DS.capabilities, systemAnywhere: false } };
    expect(messages([U(text('a')), S([text('note')])], to)).toEqual([
      { role: 'user', content: 'a' },
      { role: 'user', content: '<system-reminder>\nnote\n</system-reminder>' },
    ]);
  });

  it('R08: moves a system message behind the tool results', () => {
    const sent = messages([...asked('t1'), S('note'), U(result('t1', 'ok'), text('go on'))], C5);
    expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'developer', 'user']);
    expect(sent[3]!.content).toBe('note');
  });

  it('hides a system message meant for one turn once a later user message exists', () => {
    const passing = { ...S('now'), clear_at: 'next_user_message' };
    expect(roles([U(text('a')), passing])).toEqual(['user', 'system']);
    expect(roles([U(text('a')), passing, A(text('b')), U(text('c'))])).toEqual(['user', 'assistant', 'user']);
  });

  it('R14: keeps the order of the keys of a tool call', () => {
    expect(messages([U(text('q')), A(call('t1', { b: 1, a: 2 })), U(result('t1', 'ok'))]).slice(1)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 't1', type: 'function', function: { name: 'Read', arguments: '{"b":1,"a":2}' } }],
      },
      { role: 'tool', tool_call_id: 't1', content: 'ok' },
    ]);
  });

  it('R16: orders results as the calls, and the user’s words behind them', () => {
    const conversation = [
      U(text('q')),
      A(call('t1'), call('t2'), call('t3')),
      U(text('note'), result('t2', 'two'), result('t1', 'one'), result('t3', 'three')),
    ];
    expect(messages(conversation).slice(2)).toEqual([
      { role: 'tool', tool_call_id: 't1', content: 'one' },
      { role: 'tool', tool_call_id: 't2', content: 'two' },
      { role: 'tool', tool_call_id: 't3', content: 'three' },
      { role: 'user', content: [text('note')] },
    ]);
  });

  it('R17: gives a call without a result one that says so', () => {
    const sent = messages([U(text('q')), A(call('t1'), call('t2')), U(result('t1', 'ok'))]);
    expect(sent[3]).toEqual({
      role: 'tool',
      tool_call_id: 't2',
      content: '[Tool execution was interrupted; no result]',
    });
    expect(orderFaults(messages([...asked('t1'), U(text('stop'))]))).toEqual([]);
    expect(orderFaults(messages(asked('t1')))).toEqual([]);
  });

  it('R18: tells the result of a call that is not in the history', () => {
    expect(messages([U(result('ghost', 'boo', { is_error: true }))])).toEqual([
      { role: 'user', content: [expect.objectContaining({ text: expect.stringContaining('ghost') }), text('boo')] },
    ]);
  });

  it('gives equal ids of calls a suffix and each its own result', () => {
    const sent = messages([U(text('q')), A(call('t'), call('t')), U(result('t', 'one'), result('t', 'two'))]);
    expect(sent.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 't', content: 'one' },
      { role: 'tool', tool_call_id: 't_2', content: 'two' },
    ]);
  });

  it('gives no two calls one id, also when the client uses that very suffix', () => {
    const conversation = [
      U(text('q')),
      A(call('t'), call('t_2'), call('t')),
      U(result('t'), result('t_2'), result('t')),
    ];
    const sent = messages(conversation);
    expect(orderFaults(sent)).toEqual([]);
    expect(sent[1]).toMatchObject({ tool_calls: [{ id: 't' }, { id: 't_2' }, { id: 't_3' }] });
  });

  it('shortens ids that OpenAI refuses, the same in every turn', () => {
    const id = `toolu_${'x'.repeat(60)}`;
    const sent = () => messages([...asked(id), U(result(id, 'ok'))]);
    expect(orderFaults(sent())).toEqual([]);
    expect(sent()).toEqual(sent());
  });

  it.each([[undefined], [''], [[]], [null]])('R22: answers a call whose result has the content %j', (content) => {
    const toolMessage = (to = C4) => messages([...asked('t1'), U(result('t1', content))], to)[2];
    expect(toolMessage()).toEqual({ role: 'tool', tool_call_id: 't1', content: '' });
    expect(toolMessage(DS)).toEqual({ role: 'tool', tool_call_id: 't1', content: '(no output)' });
  });

  it('R23: marks a failed result in its text', () => {
    const failed = (content: unknown, to: OpenAiTarget = C4) =>
      messages([...asked('t1'), U(result('t1', content, { is_error: true }))], to)[2]!.content;
    expect(failed('boom')).toBe('[tool error] boom');
    expect(failed([text('boom'), text('x')])).toEqual([text('[tool error] boom'), text('x')]);
    expect(failed([])).toBe('[tool error]');
    expect(failed('boom', { ...C4, switches: { errorPrefix: 'fehlgeschlagen – ' } })).toBe('fehlgeschlagen – boom');
  });

  it('joins the texts of a result for a server that takes only a string', () => {
    const content = messages([...asked('t1'), U(result('t1', [text('a'), text('b')]))], DS)[2]!.content;
    expect(content).toBe('a\nb');
  });

  it('R25: drops thinking of another provider and never tells it as text', () => {
    const thinking = { type: 'thinking', thinking: 'secret thought', signature: 'AnthropicSig' };
    const { out, json, lossy } = encode(
      { ...BASE, messages: [U(text('q')), A(thinking, text('x')), U(text('r'))] },
      DS,
    );
    expect(out.messages[1]).toEqual({ role: 'assistant', content: 'x', reasoning_content: ' ' });
    expect(json).not.toContain('secret thought');
    expect(lossy).toContain('lossy:thinking');
  });

  it('R28: drops a block whose signature does not fit its text, without an error', () => {
    const thinking = { type: 'thinking', thinking: 'edited', signature: envelope.sealVisible('t', 't') };
    const { out, lossy } = encode({ ...BASE, messages: [A(thinking, text('x')), U(text('r'))] }, DS);
    expect(out.messages[0]).toHaveProperty('reasoning_content', ' ');
    expect(lossy).toContain('lossy:thinking');
  });

  it('R29: gives visible reasoning back to a server that wants it, and to no other', () => {
    const thinking = {
      type: 'thinking',
      thinking: 'gedacht ü',
      signature: envelope.sealVisible('gedacht ü', 'gedacht ü'),
    };
    const omitted = { type: 'thinking', thinking: '', signature: envelope.sealVisible('', 'hidden ü') };
    const conversation = [
      U(text('q')),
      A(thinking, call('t1')),
      U(result('t1', 'ok')),
      A(omitted, text('x')),
      U(text('r')),
    ];
    const sent = messages(conversation, DS);
    expect(sent[1]).toMatchObject({ reasoning_content: 'gedacht ü', tool_calls: [{ id: 't1' }] });
    expect(sent[3]).toMatchObject({ reasoning_content: 'hidden ü', content: 'x' });
    expect(JSON.stringify(messages(conversation, C4))).not.toContain('reasoning_content');
    const replaying = target('glm-4.6', 'compat');
    expect(messages(conversation, replaying)[1]).toHaveProperty('reasoning_content', 'gedacht ü');
    expect(messages([U(text('q')), A(text('x')), U(text('r'))], replaying)[1]).not.toHaveProperty('reasoning_content');
  });

  it('R30: keeps the texts around a call as parts', () => {
    expect(messages([U(text('q')), A(text('a'), call('t1'), text('b')), U(result('t1', 'ok'))])[1]).toEqual({
      role: 'assistant',
      content: [text('a'), text('b')],
      tool_calls: [expect.objectContaining({ id: 't1' })],
    });
  });

  it('R31: drops redacted thinking, and a message that has nothing else', () => {
    const redacted = { type: 'redacted_thinking', data: 'x' };
    expect(messages([U(text('q')), A(redacted, text('x')), U(text('r'))])[1]!.content).toEqual([text('x')]);
    expect(roles([U(text('q')), A(redacted), U(text('r'))])).toEqual(['user', 'user']);
  });

  it('R32: tells a search result with its source and title', () => {
    const found = { type: 'search_result', source: 's', title: 't', content: [text('c')] };
    expect(texts(messages([U(found)])[0])).toEqual(['Search result: t\nSource: s', 'c']);
  });

  it('R33: tells a search that the provider ran as an instruction before the answer', () => {
    const use = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q?' } };
    const found = {
      type: 'web_search_tool_result',
      tool_use_id: 's1',
      content: [
        { type: 'web_search_result', title: 'Title', url: 'https://u', encrypted_content: 'zzz', page_age: '1 day' },
      ],
    };
    const sent = messages([U(text('ask')), A(use, found, text('ans')), U(text('more'))], C5);
    expect(sent[1]).toEqual({
      role: 'developer',
      content: [text('Earlier web search: q?\nResult:\n- Title - https://u (1 day)')],
    });
    expect(sent[2]).toEqual({ role: 'assistant', content: [text('ans')] });
    expect(JSON.stringify(sent)).not.toContain('zzz');
  });

  it('tells other tools of the provider in short', () => {
    const use = (name: string, input: object, type = 'server_tool_use') => ({ type, id: name, name, input });
    const done = (type: string, id: string, content: unknown) => ({ type, tool_use_id: id, content });
    const sent = messages([
      U(text('q')),
      A(
        use('code_execution', { code: 'é'.repeat(3000) }),
        done('code_execution_tool_result', 'code_execution', { stdout: '4', stderr: '', return_code: 0 }),
        use('web_search', { query: 'x' }),
        done('web_search_tool_result', 'web_search', { error_code: 'unavailable' }),
        use('lookup', { a: 1 }, 'mcp_tool_use'),
        done('mcp_tool_result', 'lookup', [text('found')]),
        done('web_fetch_tool_result', 'gone', { url: 'https://u' }),
      ),
      U(text('r')),
    ]);
    expect(texts(sent[1])).toEqual([
      `Earlier code execution: ${'é'.repeat(2000)} [cut]\nResult:\n4`,
      'Earlier web search: x\nResult:\n(failed: unavailable)',
      'Earlier use of the tool lookup: {"a":1}\nResult:\nfound',
      'Earlier web fetch:\n- https://u',
    ]);
  });

  it('R34: keeps the text of a block that nobody knows yet', () => {
    const { out, lossy } = encode({ ...BASE, messages: [U({ type: 'brand_new', text: 'z' }, { type: 'newer' })] }, C4);
    expect(out.messages).toEqual([{ role: 'user', content: [text('z')] }]);
    expect(lossy).toEqual(['lossy:block:brand_new', 'lossy:block:newer']);
  });

  it('R35: drops an empty user message', () => {
    expect(messages([U(), { role: 'user', content: 'q' }])).toEqual([{ role: 'user', content: 'q' }]);
    expect(messages([{ role: 'user', content: '' }, U(text('q'))])).toEqual([{ role: 'user', content: [text('q')] }]);
  });

  it('R36: refuses a request without any content', () => {
    expect(refusal({ ...BASE, system: 'S', messages: [U(), S('note')] })).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: 'messages.0: user messages must have non-empty content',
    });
  });

  it('R37: asks the model to continue a last assistant message, or refuses it', () => {
    const request = { ...BASE, messages: [U(text('q')), { role: 'assistant', content: '{"ü":' }] };
    const { out, prefill } = encode(request, C5);
    expect(out.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'developer']);
    expect(out.messages[2]!.content).toMatch(/continue your previous message/i);
    expect(prefill).toBe('{"ü":');
    expect(encode(BASE, C5).prefill).toBeUndefined();
    expect(refusal(request, { ...C5, switches: { strictPrefill: true } })).toEqual({
      status: 400,
      type: 'invalid_request_error',
      message: expect.stringContaining('prefill'),
    });
  });

  it('merges consecutive messages of one role', () => {
    const conversation = [
      U(text('a')),
      { role: 'user', content: 'b' },
      A(text('c')),
      A(call('t1')),
      U(result('t1', 'ok')),
    ];
    expect(messages(conversation)).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c')], tool_calls: [expect.objectContaining({ id: 't1' })] },
      { role: 'tool', tool_call_id: 't1', content: 'ok' },
    ]);
  });

  it('puts the summary of a compaction in the place of what came before it', () => {
    const compaction = { type: 'compaction', content: 'they met' };
    const failed = { type: 'compaction', content: null };
    expect(messages([U(text('old')), A(text('older'), compaction, text('then')), U(text('new'))])).toEqual([
      { role: 'user', content: 'Summary of earlier conversation:\n\nthey met' },
      { role: 'assistant', content: [text('then')] },
      { role: 'user', content: [text('new')] },
    ]);
    expect(roles([U(text('old')), A(failed, text('x')), U(text('new'))])).toEqual(['user', 'assistant', 'user']);
  });

  it('names the client’s own message in a refusal after a compaction', () => {
    const request = {
      ...BASE,
      messages: [U(text('a')), A(text('b')), U(text('c')), A({ type: 'compaction', content: 's' }), U(text('d'), pdf)],
    };
    expect(refusal(request, DS).message).toMatch(/^messages\.4\.content\.1\.document: /);
  });

  it('tells the state of the browser and loaded tools in words', () => {
    const state = { type: 'browser_state', tabs: [{ tab_id: '1', title: 'T', url: 'https://u', active: true }] };
    const conversation = [...asked('t1'), U(result('t1', [{ type: 'tool_reference', tool_name: 'Big' }, state]))];
    expect(messages(conversation, C4, { tools: [TOOL] })[2]!.content).toEqual([
      text('Loaded tool: Big'),
      text('Open browser tabs:\n- T https://u (active)'),
    ]);
  });
});
