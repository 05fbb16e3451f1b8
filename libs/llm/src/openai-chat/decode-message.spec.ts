import { describe, expect, it } from '@jest/globals';
import { encodeAnthropicMessage } from '../anthropic/encode-message.js';
import { newMessageId } from '../anthropic/ids.js';
import type { AnthropicReplyOptions } from '../anthropic/reply-options.js';
import { LlmError } from '../canonical/error.js';
import { writtenText } from '../canonical/message.js';
import type { JsonRecord } from '../json.js';
import { COUNTED, ERRORS, OPTIONS } from '../testing/translate.js';
import { decodeChatMessage } from './decode-message.js';

const USAGE = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

function answer(message: JsonRecord, finish: unknown = 'stop', rest: JsonRecord = {}): JsonRecord {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4.1-2025-04-14',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
    usage: USAGE,
    ...rest,
  };
}

function call(args: unknown, id = 'call_1', name = 'Read'): JsonRecord {
  return { id, type: 'function', function: { name, arguments: args } };
}

interface Reply {
  readonly id: string;
  readonly content: readonly Record<string, unknown>[];
  readonly usage: Record<string, unknown>;
  readonly [key: string]: unknown;
}

function translate(body: JsonRecord, options: Partial<AnthropicReplyOptions> = {}): Reply {
  const message = decodeChatMessage(Buffer.from(JSON.stringify(body)), { errors: ERRORS });
  const encoded = encodeAnthropicMessage(message, message.usage ?? COUNTED, { ...OPTIONS, ...options });
  const reply = JSON.parse(encoded.body.toString()) as Reply;
  expect(encoded.stopReason).toBe(reply['stop_reason']);
  return reply;
}

function failure(run: () => unknown): LlmError {
  try {
    run();
  } catch (error) {
    if (error instanceof LlmError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const text = (value: string): JsonRecord => ({ type: 'text', text: value, citations: null });
const toolUse = (input: unknown, id = 'call_1', name = 'Read'): JsonRecord => ({
  type: 'tool_use',
  id,
  name,
  input,
  caller: { type: 'direct' },
});

describe('a chat answer becomes an Anthropic message', () => {
  it('S01 text', () => {
    const reply = translate(answer({ content: 'hi', refusal: null }), { id: newMessageId() });
    expect(reply).toEqual({
      id: expect.stringMatching(/^msg_[A-Za-z0-9]{20,}$/),
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [text('hi')],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      context_management: null,
      diagnostics: null,
      usage: {
        input_tokens: 10,
        output_tokens: 2,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens_details: { thinking_tokens: 0 },
        server_tool_use: null,
        service_tier: null,
        inference_geo: null,
        speed: null,
      },
    });
  });

  it('S02 text and a tool call', () => {
    const reply = translate(answer({ content: 'a', tool_calls: [call('{"p":"x"}')] }, 'tool_calls'));
    expect(reply.content).toEqual([text('a'), toolUse({ p: 'x' })]);
    expect(reply['stop_reason']).toBe('tool_use');
  });

  it('S03 a tool call whose finish reason says stop', () => {
    expect(translate(answer({ content: null, tool_calls: [call('{}')] }, 'stop'))['stop_reason']).toBe('tool_use');
  });

  it('S04 a finish reason that promises calls which are not there', () => {
    const reply = translate(answer({ content: 'x', tool_calls: [] }, 'tool_calls'));
    expect(reply.content).toEqual([text('x')]);
    expect(reply['stop_reason']).toBe('end_turn');
  });

  it.each(['{"p":"x', '{"p":x}', '[1]', '3', 'null', '{"a":1}{"b":2}', 'no JSON'])(
    'S05 arguments %p ask for another try and are logged',
    (args) => {
      const error = failure(() => translate(answer({ tool_calls: [call(args)] }, 'stop')));
      expect(error).toMatchObject({ status: 502, type: 'api_error', remedy: { kind: 'retry' } });
      expect(error.upstream?.message).toBe(args);
      expect(error.message).not.toContain(args);
    },
  );

  it.each([
    ['a comma too many', '{"a":[1,2,],"b":"x,}",}', { a: [1, 2], b: 'x,}' }],
    ['control characters in a string', '{"a":"1\n2\t3"}', { a: '1\n2\t3' }],
    ['quotes around the whole', `'{"a":1}'`, { a: 1 }],
    ['a JSON string of JSON', '"{\\"a\\":1}"', { a: 1 }],
    ['the same object twice', '{"a":{"b":1}}{"a":{"b":1}}', { a: { b: 1 } }],
    ['blanks around it', ' \n{"a":1} ', { a: 1 }],
  ])('S05 %s does not change what is meant', (_, args, input) => {
    expect(translate(answer({ tool_calls: [call(args)] })).content).toEqual([toolUse(input)]);
  });

  it('S06 a call cut by the output limit is dropped, also one that would be easy to mend', () => {
    for (const args of ['{"p":"x', '', '{"a":1,}']) {
      const body = answer({ content: 'a', tool_calls: [call('{"ok":1}', 'call_0'), call(args)] }, 'length');
      const reply = translate(body);
      expect(reply.content).toEqual([text('a'), toolUse({ ok: 1 }, 'call_0')]);
      expect(reply['stop_reason']).toBe('max_tokens');
      expect(decodeChatMessage(body, { errors: ERRORS }).lossy).toEqual(['response.tool_call']);
    }
  });

  it('S07 no arguments', () => {
    for (const args of ['', ' ', null, undefined, {}]) {
      expect(translate(answer({ tool_calls: [call(args)] })).content).toEqual([toolUse({})]);
    }
  });

  it('S08 a refusal', () => {
    const body = answer({ content: null, refusal: 'No.' });
    const reply = translate(body);
    expect(reply.content).toEqual([text('No.')]);
    expect(reply).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null, explanation: 'No.' },
    });
    expect(translate(body, { refusal: 'end_turn' })).toMatchObject({ stop_reason: 'end_turn', stop_details: null });
  });

  it('S09 a content filter', () => {
    const reply = translate(answer({ content: 'par' }, 'content_filter'));
    expect(reply.content).toEqual([text('par')]);
    expect(reply).toMatchObject({ stop_reason: 'refusal', stop_details: { explanation: null } });
  });

  it('S10 reasoning, text and a call, in this order', () => {
    const body = answer(
      { tool_calls: [call('{}')], content: 'a', reasoning_content: 'r', reasoning: 'r' },
      'tool_calls',
    );
    expect(translate(body).content).toEqual([
      { type: 'thinking', thinking: 'r', signature: 'sealed:1' },
      text('a'),
      toolUse({}),
    ]);
    expect(translate(body, { thinking: 'omitted', seal: (shown, all) => `${shown}|${all}` }).content[0]).toEqual({
      type: 'thinking',
      thinking: '',
      signature: '|r',
    });
  });

  it('S11 usage is split without losing a token', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 9,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    const reply = translate(answer({ content: 'a' }, 'stop', { usage, service_tier: 'priority' }));
    expect(reply.usage).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 0 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
      service_tier: 'priority',
    });
  });

  it('S11 servers that count otherwise', () => {
    const deepSeek = { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 8 };
    expect(translate(answer({ content: 'a' }, 'stop', { usage: deepSeek })).usage).toMatchObject({
      input_tokens: 2,
      cache_read_input_tokens: 8,
    });
    const beside = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      completion_tokens_details: { reasoning_tokens: 7 },
    };
    const message = decodeChatMessage(answer({ content: 'a' }, 'stop', { usage: beside }), {
      errors: ERRORS,
      reasoningOutsideOutput: true,
    });
    expect(message.usage).toMatchObject({ output: 12, total: 22, reasoningOutput: 7 });
  });

  it('S12 no usage: the caller has to count what was written', () => {
    const body = answer({ content: 'a', reasoning_content: 'r', tool_calls: [call('{"p":1}')] }, 'tool_calls', {
      usage: undefined,
    });
    const message = decodeChatMessage(body, { errors: ERRORS });
    expect(message.usage).toBeUndefined();
    expect(writtenText(message)).toBe('raRead{"p":1}');
    expect(translate(body).usage).toMatchObject({ input_tokens: 11, output_tokens: 3 });
  });

  it.each([
    ['no choices', { choices: [] }],
    ['no message', { choices: [{ index: 0, finish_reason: 'stop' }] }],
    ['nothing at all', {}],
    ['an empty answer without reason', { choices: [{ message: { content: '' }, finish_reason: null }] }],
    ['a call without a name', { choices: [{ message: { tool_calls: [{ id: 'c' }] }, finish_reason: 'stop' }] }],
  ])('S13 %s', (_, body) => {
    expect(failure(() => translate(body))).toMatchObject({ status: 502, type: 'api_error' });
  });

  it('S13 a body that is no JSON, and an error with status 200', () => {
    const decode = (body: string): LlmError => failure(() => decodeChatMessage(Buffer.from(body), { errors: ERRORS }));
    expect(decode('<html>')).toMatchObject({ status: 502, type: 'api_error' });
    expect(decode('[]')).toMatchObject({ status: 502, type: 'api_error' });
    expect(decode('{"error":{"message":"slow down","code":"rate_limit_exceeded"}}')).toMatchObject({ status: 429 });
  });

  it('S18 a thousand ids, all different', () => {
    const ids = new Set(Array.from({ length: 1000 }, newMessageId));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^msg_[A-Za-z0-9]{24}$/);
  });

  it('keeps the arguments as they were written', () => {
    const message = decodeChatMessage(answer({ tool_calls: [call('{"b":12345678901234567890, "a": "é"}')] }), {
      errors: ERRORS,
    });
    const { body } = encodeAnthropicMessage(message, COUNTED, OPTIONS);
    expect(body.toString()).toContain('"input":{"b":12345678901234567890, "a": "é"}');
  });

  it('makes ids of calls acceptable and different', () => {
    const reply = translate(answer({ tool_calls: [call('{}', 'a.b'), call('{}', 'a.b'), call('{}', '')] }));
    expect(reply.content.map(({ id }) => id)).toEqual(['a_b', 'a_b_2', expect.stringMatching(/^toolu_\w{24}$/)]);
  });

  it('R38 gives calls the names the client knows', () => {
    const toolNames = { upstream: (name: string) => name, client: (name: string) => `mcp:${name}` };
    expect(translate(answer({ tool_calls: [call('{}')] }), { toolNames }).content).toEqual([
      toolUse({}, 'call_1', 'mcp:Read'),
    ]);
  });

  it('R37 R48 cuts what the client gave itself and what stands behind a stop sequence', () => {
    const body = answer({ content: '{"k":1}END more', tool_calls: [call('{}')] }, 'tool_calls');
    const reply = translate(body, { prefill: '{"k":', stopSequences: ['END'] });
    expect(reply.content).toEqual([text('1}')]);
    expect(reply).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
    expect(translate(answer({ content: 'END' }), { stopSequences: ['END'] }).content).toEqual([]);
  });

  it('says when the window was full, to a client that knows it', () => {
    const body = answer({ content: 'a' }, 'length');
    expect(translate(body)['stop_reason']).toBe('max_tokens');
    expect(translate(body, { contextWindow: 12 })['stop_reason']).toBe('model_context_window_exceeded');
  });

  it('reads the forms of other servers', () => {
    expect(translate(answer({ content: '' })).content).toEqual([]);
    expect(translate(answer({ content: 'a' }, null)).content).toEqual([text('a')]);
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'thinking', thinking: 'r' },
      'b',
      { type: 'refusal', refusal: 'n' },
    ];
    expect(translate(answer({ content: parts })).content).toEqual([
      { type: 'thinking', thinking: 'r', signature: 'sealed:1' },
      text('a'),
      text('b'),
      text('n'),
    ]);
    const legacy = translate(
      answer({ content: null, function_call: { name: 'Read', arguments: '{"p":1}' } }, 'function_call'),
    );
    expect(legacy).toMatchObject({ stop_reason: 'tool_use', content: [{ name: 'Read', input: { p: 1 } }] });
  });

  it('tells what it lost', () => {
    const body = answer({ content: 'a', audio: { id: 'x' } }) as { choices: unknown[] };
    body.choices.push({ index: 1, message: { content: 'b' }, finish_reason: 'stop' });
    const message = decodeChatMessage(body, { errors: ERRORS });
    expect(message.lossy).toEqual(['response.audio', 'response.choices']);
    expect(message.blocks).toHaveLength(1);
  });

  it('S17 turns annotations into citations', () => {
    const annotations = [
      { type: 'url_citation', url_citation: { url: 'https://a.org', title: 'T', start_index: 0, end_index: 400 } },
    ];
    const content = 'x'.repeat(300);
    expect(translate(answer({ content, annotations })).content[0]?.['citations']).toEqual([
      {
        type: 'web_search_result_location',
        url: 'https://a.org',
        title: 'T',
        cited_text: 'x'.repeat(150),
        encrypted_index: expect.stringMatching(/./),
      },
    ]);
  });
});
