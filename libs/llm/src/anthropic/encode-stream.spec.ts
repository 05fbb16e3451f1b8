import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LlmError } from '../canonical/error.js';
import type { CanonicalBlock, CanonicalMessage } from '../canonical/message.js';
import { playMessage } from '../canonical/play-message.js';
import { toJsonText } from '../canonical/text.js';
import { emptyUsage, type CanonicalUsage } from '../canonical/usage.js';
import { faults, readEvents, sketch } from '../testing/anthropic-stream.js';
import { sdkMessage } from '../testing/sdk-message.js';
import { OPTIONS } from '../testing/translate.js';
import { encodeAnthropicMessage } from './encode-message.js';
import { AnthropicStreamEncoder, type AnthropicStreamOptions } from './encode-stream.js';

const USAGE: CanonicalUsage = { ...emptyUsage(), input: 5, output: 2, total: 7 };

function encoder(options: Partial<AnthropicStreamOptions> = {}): AnthropicStreamEncoder {
  return new AnthropicStreamEncoder({ ...OPTIONS, ...options });
}

function finish(stream: AnthropicStreamEncoder): string {
  stream.stop('end_turn');
  stream.usage(USAGE);
  stream.end();
  const out = stream.take();
  expect(faults(out)).toEqual([]);
  return out;
}

const j = toJsonText;

function deltaOf(out: string): Record<string, unknown> {
  return readEvents(out).find(({ type }) => type === 'message_delta')?.data.delta ?? {};
}

describe('the stream an Anthropic client gets', () => {
  it('T36 starts with an estimate of the prompt and ends with exact numbers', () => {
    const stream = encoder({ estimate: () => 1234.4 });
    stream.text(j('x'));
    const out = finish(stream);
    const [start] = readEvents(out);
    expect(start?.data.message).toMatchObject({
      id: OPTIONS.id,
      model: 'claude-x',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 1234, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
    });
    expect(readEvents(out).at(-2)?.data.usage).toMatchObject({ input_tokens: 5, output_tokens: 2 });
  });

  it('T36 never says that a prompt had no tokens: clients would ignore it', () => {
    const stream = encoder({ estimate: () => 0 });
    stream.usage({ ...USAGE, input: 9, cachedInput: 9 });
    stream.stop('end_turn');
    stream.end();
    const out = stream.take();
    expect(faults(out)).toEqual([]);
    expect(readEvents(out).at(-2)?.data.usage).toMatchObject({ input_tokens: 1, cache_read_input_tokens: 9 });
  });

  it('T33 pings, before and within the answer', () => {
    const stream = encoder();
    stream.ping();
    stream.ping();
    expect(stream.started).toBe(true);
    stream.text(j('a'));
    stream.ping();
    stream.text(j('b'));
    expect(sketch(finish(stream))).toBe('MS ping ping S0:text D0"a" ping D0"b" P0 MD(end_turn) ME');
    stream.ping();
    expect(stream.take()).toBe('');
  });

  it('T34 a heartbeat is an empty delta of the open block, or of a new thinking block', () => {
    const silent = encoder();
    silent.heartbeat();
    silent.heartbeat();
    silent.thinking(j('r'));
    silent.heartbeat();
    silent.text(j('a'));
    silent.heartbeat();
    silent.toolOpen(0, 'c', 'A');
    silent.heartbeat();
    expect(sketch(finish(silent))).toBe(
      'MS S0:thinking D0"" D0"" D0"r" D0"" G0 P0 S1:text D1"a" D1"" P1 S2:tool_use D2"" D2"{}" P2 MD(tool_use) ME',
    );
    silent.heartbeat();
    expect(silent.take()).toBe('');
  });

  it('writes nothing until there is something to say', () => {
    const stream = encoder();
    stream.start({ id: 'x', model: 'm', serviceTier: 'priority' });
    stream.usage(USAGE);
    expect(stream.take()).toBe('');
    stream.fail(new LlmError('no', { status: 429, type: 'rate_limit_error' }));
    expect(stream.take()).toBe('');
    expect(stream).toMatchObject({ started: false, ended: true, failure: { status: 429 }, model: 'm' });
    stream.text(j('late'));
    stream.begin();
    stream.end();
    expect(stream.take()).toBe('');
  });

  it('answers with an empty message when the upstream says nothing and stops', () => {
    expect(sketch(finish(encoder()))).toBe('MS MD(end_turn) ME');
  });

  it('waits for usage that the upstream does not give', () => {
    const stream = encoder();
    stream.text(j('a'));
    stream.stop('end_turn');
    stream.end();
    expect(sketch(stream.take())).toBe('MS S0:text D0"a" P0');
    expect(stream).toMatchObject({ needsUsage: true, ended: false });
    stream.fail(new LlmError('too late', { status: 502, type: 'api_error' }));
    stream.finishWith({ ...USAGE, estimated: true });
    expect(sketch(stream.take())).toBe('MD(end_turn) ME');
    expect(stream).toMatchObject({ needsUsage: false, ended: true, failure: undefined });
  });

  it('R38 gives tools the names the client knows', () => {
    const stream = encoder({ toolNames: { upstream: (name) => name, client: (name) => `client.${name}` } });
    stream.toolOpen(0, 'c', 'A');
    const out = finish(stream);
    expect(readEvents(out)[1]?.data.content_block).toEqual({
      type: 'tool_use',
      id: 'c',
      name: 'client.A',
      input: {},
      caller: { type: 'direct' },
    });
    expect(stream.toolCalls).toEqual(['client.A']);
  });

  it('reports a refusal as the operator wishes', () => {
    const refuse = (refusal: 'refusal' | 'end_turn'): Record<string, unknown> => {
      const stream = encoder({ refusal });
      stream.refusal(j('No “way”.'));
      return deltaOf(finish(stream));
    };
    expect(refuse('refusal')).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { type: 'refusal', category: null, explanation: 'No “way”.' },
    });
    expect(refuse('end_turn')).toMatchObject({ stop_reason: 'end_turn', stop_details: null });
  });

  it('says model_context_window_exceeded only to a client that knows it', () => {
    const stopAt = (contextWindow: number | undefined): unknown => {
      const stream = encoder({ contextWindow });
      stream.text(j('a'));
      stream.usage({ ...USAGE, total: 100 });
      stream.stop('max_tokens');
      stream.end();
      return deltaOf(stream.take())['stop_reason'];
    };
    expect([stopAt(undefined), stopAt(101), stopAt(100)]).toEqual([
      'max_tokens',
      'max_tokens',
      'model_context_window_exceeded',
    ]);
  });

  it('reports the edits of the history', () => {
    const edit = { type: 'clear_tool_uses_20250919', cleared_tool_uses: 2 };
    const stream = encoder({ contextManagement: { applied_edits: [edit] } });
    expect(readEvents(finish(stream)).at(-2)?.data.context_management).toEqual({ applied_edits: [edit] });
    expect(readEvents(finish(encoder())).at(-2)?.data.context_management).toBeNull();
  });
});

describe('thinking', () => {
  it('T27 T28 carries the signature of the upstream once, also without any text', () => {
    const item = (id: string) => ({ id, encrypted: 'E', summary: ['p1', 'p2'], phase: undefined });
    const stream = encoder({ seal: (_, __, sealed) => `oai1.${String(sealed?.id)}` });
    stream.thinking(j('p1'));
    stream.thinking(j('\n\n'));
    stream.thinking(j('p2'));
    stream.thinkingDone(item('A'));
    stream.thinkingDone(item('B'));
    stream.text(j('a'));
    const out = finish(stream);
    expect(sketch(out)).toBe(
      String.raw`MS S0:thinking D0"p1" D0"\n\n" D0"p2" G0 P0 S1:thinking G1 P1 S2:text D2"a" P2 MD(end_turn) ME`,
    );
    expect(readEvents(out).flatMap(({ data }) => data.delta?.['signature'] ?? [])).toEqual(['oai1.A', 'oai1.B']);
  });

  it('is opened by an empty delta and signed by the gateway otherwise', () => {
    const stream = encoder({ seal: (shown, reasoning) => `${shown}|${reasoning}` });
    stream.thinking(j(''));
    expect(stream.firstContent).toBe(false);
    stream.thinking(j('é"'));
    expect(stream.firstContent).toBe(true);
    const out = finish(stream);
    expect(sketch(out)).toBe(String.raw`MS S0:thinking D0"é\"" G0 P0 MD(end_turn) ME`);
    expect(readEvents(out)[3]?.data.delta?.['signature']).toBe('é"|é"');
  });

  it('is left out when the client wants it omitted, but not its block', () => {
    const stream = encoder({ thinking: 'omitted', seal: (shown, reasoning) => `${shown}|${reasoning}` });
    stream.thinking(j('secret'));
    stream.thinking(j(' plan'));
    stream.text(j('a'));
    const out = finish(stream);
    expect(sketch(out)).toBe('MS S0:thinking G0 P0 S1:text D1"a" P1 MD(end_turn) ME');
    expect(readEvents(out)[2]?.data.delta?.['signature']).toBe('|secret plan');
  });
});

describe('text the gateway watches', () => {
  it('R48 ends at a stop sequence that is cut by the border of two deltas', () => {
    const stream = encoder({ stopSequences: ['a1', 'b2', 'c3', 'd4', 'e5', 'END'] });
    stream.text(j('…fooE'));
    expect(stream.stoppedByGateway).toBe(false);
    stream.text(j('NDbar'));
    expect(stream).toMatchObject({ stoppedByGateway: true, needsUsage: true });
    stream.text(j('more'));
    stream.toolOpen(0, 'c', 'A');
    stream.fail(new LlmError('aborted by the relay', { status: 502, type: 'api_error' }));
    stream.finishWith(USAGE);
    const out = stream.take();
    expect(faults(out)).toEqual([]);
    expect(sketch(out)).toBe('MS S0:text D0"…foo" P0 MD(stop_sequence) ME');
    expect(deltaOf(out)).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
  });

  it('R48 knows stop sequences by their meaning, not by how they are escaped', () => {
    const stream = encoder({ stopSequences: ['"\né'] });
    stream.text(j('x"'));
    stream.text(j('\n'));
    stream.text(j('é!'));
    stream.finishWith(USAGE);
    expect(sketch(stream.take())).toBe('MS S0:text D0"x" P0 MD(stop_sequence) ME');
  });

  it('R48 releases what it held back when another block comes, and opens none for nothing', () => {
    const stream = encoder({ stopSequences: ['STOP'] });
    stream.text(j('aST'));
    stream.thinking(j('r'));
    stream.text(j('OP ST'));
    stream.toolOpen(0, 'c', 'A');
    stream.text(j('ST'));
    stream.toolDelta(0, j('{}'));
    stream.text(j('OP'));
    stream.finishWith(USAGE);
    const out = stream.take();
    expect(faults(out)).toEqual([]);
    expect(sketch(out)).toBe(
      'MS S0:text D0"a" D0"ST" P0 S1:thinking D1"r" G1 P1 S2:text D2"OP " D2"ST" P2 S3:tool_use D3"{}" P3 MD(stop_sequence) ME',
    );
  });

  it('R48 does not look into thinking and tool calls', () => {
    const stream = encoder({ stopSequences: ['X'] });
    stream.thinking(j('X'));
    stream.toolOpen(0, 'c', 'A');
    stream.toolDelta(0, j('{"p":"X"}'));
    expect(sketch(finish(stream))).toContain('MD(tool_use)');
  });

  it('R37 cuts the beginning that the client gave itself', () => {
    for (const [pieces, expected] of [
      [['{"k":1}'], 'D0"1}"'],
      [['{', '"k"', ':', '1}'], 'D0"1}"'],
      [['[1]'], 'D0"[1]"'],
      [['{"k', '"]'], String.raw`D0"{\"k\"]"`],
      [['{"k'], String.raw`D0"{\"k"`],
    ] as const) {
      const stream = encoder({ prefill: '{"k":' });
      for (const piece of pieces) stream.text(j(piece));
      expect(sketch(finish(stream))).toBe(`MS S0:text ${expected} P0 MD(end_turn) ME`);
    }
  });
});

describe('hosted search', () => {
  const call = { type: 'web_search_call', id: 'srvtoolu_1', query: 'q' } as const;
  const result = {
    type: 'web_search_result',
    callId: 'srvtoolu_1',
    outcome: [{ url: 'https://a.org/x', title: undefined }],
  } as const;

  it('T29 has a block for the call and one for the result', () => {
    const stream = encoder();
    stream.webSearch(call);
    stream.webSearch(result);
    stream.text(j('ans'));
    stream.citation({ url: 'https://a.org/x', title: 'T1', start: 0, end: 2 });
    stream.usage({ ...USAGE, webSearches: 1 });
    stream.stop('end_turn');
    stream.end();
    const out = stream.take();
    expect(faults(out)).toEqual([]);
    expect(sketch(out)).toBe(
      String.raw`MS S0:server_tool_use D0"{\"query\":\"q\"}" P0 S1:web_search_tool_result P1 S2:text D2"ans" C2 P2 MD(end_turn) ME`,
    );
    expect(readEvents(out)[4]?.data.content_block).toEqual({
      type: 'web_search_tool_result',
      tool_use_id: 'srvtoolu_1',
      caller: { type: 'direct' },
      content: [
        {
          type: 'web_search_result',
          url: 'https://a.org/x',
          title: 'a.org',
          page_age: null,
          encrypted_content: expect.stringMatching(/./),
        },
      ],
    });
    expect(readEvents(out).at(-2)?.data.usage?.['server_tool_use']).toEqual({
      web_search_requests: 1,
      web_fetch_requests: 0,
    });
  });

  it('T29 gives call and result one id as Anthropic writes it', () => {
    const stream = encoder();
    stream.webSearch({ ...call, id: 'ws_0a-1' });
    stream.webSearch({ ...result, callId: 'ws_0a-1' });
    const blocks = readEvents(finish(stream)).map(({ data }) => data.content_block);
    expect(blocks.map((block) => block?.['id'] ?? block?.['tool_use_id']).filter((id) => id !== undefined)).toEqual([
      'srvtoolu_ws_0a_1',
      'srvtoolu_ws_0a_1',
    ]);
  });

  it('T29 reports a search that failed', () => {
    const stream = encoder();
    stream.webSearch({ type: 'web_search_result', callId: 's', outcome: { error: 'unavailable' } });
    expect(readEvents(finish(stream))[1]?.data.content_block?.['content']).toEqual({
      type: 'web_search_tool_result_error',
      error_code: 'unavailable',
    });
  });

  it('waits behind an unfinished call like everything else', () => {
    const stream = encoder();
    stream.toolOpen(0, 'c', 'A');
    stream.toolDelta(0, j('{'));
    stream.webSearch(result);
    stream.thinking(j('r'));
    stream.thinkingDone();
    stream.text(j('t'));
    stream.citation({ url: 'https://a.org', title: undefined, start: 0, end: 1 });
    stream.toolClose(9);
    stream.toolDelta(0, j('}'));
    expect(sketch(finish(stream))).toBe(
      'MS S0:tool_use D0"{" D0"}" P0 S1:web_search_tool_result P1 S2:thinking D2"r" G2 P2 S3:text D3"t" C3 P3 MD(tool_use) ME',
    );
  });
});

describe('calls that the upstream closes', () => {
  it('are closed at once, without arguments as well', () => {
    const stream = encoder();
    stream.toolOpen(0, 'c1', 'A');
    stream.toolClose(0);
    expect(sketch(stream.take())).toBe('MS S0:tool_use D0"{}" P0');
    stream.toolOpen(1, 'c2', 'B');
    stream.toolOpen(2, 'c3', 'C');
    stream.toolDelta(1, j('{}'));
    stream.toolClose(2);
    stream.toolClose(1);
    stream.stop('tool_use');
    stream.usage(USAGE);
    stream.end();
    expect(sketch(stream.take())).toBe('S1:tool_use D1"{}" P1 S2:tool_use D2"{}" P2 MD(tool_use) ME');
  });

  it('take no more arguments, but blanks do not matter', () => {
    const stream = encoder();
    stream.toolOpen(0, 'c1', 'A');
    stream.toolClose(0);
    stream.toolDelta(0, j(' \n'));
    expect(stream.failure).toBeUndefined();
    stream.toolDelta(0, j('{'));
    expect(stream.failure).toMatchObject({ status: 502, type: 'api_error' });
  });
});

describe('what is remembered of a stream', () => {
  const blocks: CanonicalBlock[] = [
    { type: 'thinking', text: 'ré', item: undefined },
    {
      type: 'text',
      text: 'a “b”\n',
      citations: [{ url: 'https://a.org', title: 'T', start: 0, end: 1 }],
      refusal: false,
    },
    { type: 'tool_call', id: 'c1', name: 'A', input: '{ "n": 12345678901234567890, "s": "é\\n" }' },
    { type: 'web_search_call', id: 's1', query: 'q é' },
    { type: 'web_search_result', callId: 's1', outcome: [{ url: 'https://b.org', title: 'B' }] },
    { type: 'text', text: 'No', citations: [], refusal: true },
  ];
  const message: CanonicalMessage = {
    meta: { id: 'u1', model: 'm', serviceTier: undefined },
    blocks,
    stop: 'end_turn',
    detail: {},
    usage: USAGE,
    lossy: [],
  };

  it('T37 a whole message that is streamed is captured as the message it is', async () => {
    const stream = encoder({ capture: true });
    playMessage(message, stream);
    const { body } = encodeAnthropicMessage(message, USAGE, OPTIONS);
    expect(stream.captured().toString()).toBe(body.toString());
    const out = stream.take();
    expect(faults(out)).toEqual([]);
    expect(await sdkMessage(out)).toMatchObject({
      content: (JSON.parse(body.toString()) as { content: unknown }).content,
    });
  });

  it('a stream that broke off is captured as far as it came', () => {
    const stream = encoder({ capture: true });
    stream.text(j('é'));
    stream.toolOpen(0, 'c', 'A');
    stream.toolDelta(0, j('{"p":"'));
    const now = JSON.parse(stream.captured().toString()) as Record<string, unknown>;
    stream.fail(new LlmError('x', { status: 502, type: 'api_error' }));
    expect(JSON.parse(stream.captured().toString())).toEqual(now);
    expect(now).toMatchObject({
      content: [
        { type: 'text', text: 'é' },
        { type: 'tool_use', input: '{"p":"' },
      ],
      stop_reason: null,
      usage: null,
    });
  });

  it('a sample of everything written, bounded, and how much more there was', () => {
    const stream = encoder();
    stream.thinking(j('12'));
    stream.text(j('34'));
    stream.toolOpen(0, 'c', 'A');
    stream.toolDelta(0, j('{"a":"é"}'));
    expect(stream.sample()).toEqual({ text: '1234{"a":"é"}', scale: 1 });
    stream.text(j('\n"'.repeat(100_000)));
    finish(stream);
    const { text, scale } = stream.sample();
    expect(text.startsWith('1234{"a":"é"}\n"\n"')).toBe(true);
    expect(text.length).toBeLessThan(70_000);
    expect(text.length * scale).toBeGreaterThan(190_000);
    expect(text.length * scale).toBeLessThan(210_000);
  });
});

describe('whatever a decoder reports', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 6 });
  const key = fc.nat(2);
  type Action = (stream: AnthropicStreamEncoder) => void;
  const action: fc.Arbitrary<Action> = fc.oneof(
    text.map(
      (t): Action =>
        (stream) =>
          stream.text(j(t)),
    ),
    text.map(
      (t): Action =>
        (stream) =>
          stream.thinking(j(t)),
    ),
    text.map(
      (t): Action =>
        (stream) =>
          stream.refusal(j(t)),
    ),
    fc.constant<Action>((stream) => stream.thinkingDone()),
    fc.constant<Action>((stream) => stream.ping()),
    fc.constant<Action>((stream) => stream.heartbeat()),
    fc.constant<Action>((stream) => stream.citation({ url: 'https://a.org', title: undefined, start: 0, end: 3 })),
    fc.constant<Action>((stream) => stream.webSearch({ type: 'web_search_call', id: 's', query: 'q' })),
    key.map(
      (k): Action =>
        (stream) =>
          stream.toolOpen(k, `c${k}`, 'A'),
    ),
    fc.tuple(key, fc.constantFrom('{', '}', '{"a":', '1', '"x"', ' ', '')).map(
      ([k, t]): Action =>
        (stream) =>
          stream.toolDelta(k, j(t)),
    ),
    key.map(
      (k): Action =>
        (stream) =>
          stream.toolClose(k),
    ),
  );
  const options = fc.record({
    stopSequences: fc.constantFrom([], ['a', 'bc']),
    prefill: fc.constantFrom('', 'x'),
    thinking: fc.constantFrom('shown' as const, 'omitted' as const),
  });

  it('the grammar holds', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 25 }),
        options,
        fc.constantFrom('end_turn' as const, 'max_tokens' as const, 'tool_use' as const),
        fc.boolean(),
        (actions, chosen, reason, failing) => {
          const stream = encoder(chosen);
          for (const act of actions) act(stream);
          if (failing) stream.fail(new LlmError('x', { status: 500, type: 'api_error' }));
          stream.stop(reason);
          stream.end();
          if (stream.needsUsage) stream.finishWith(USAGE);
          expect(stream.ended).toBe(true);
          const out = stream.take();
          expect(stream.started).toBe(out !== '');
          if (out !== '') expect(faults(out)).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
