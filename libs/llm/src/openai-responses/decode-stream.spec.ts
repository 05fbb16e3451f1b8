import { describe, expect, it } from '@jest/globals';
import type { JsonRecord } from '../json.js';
import { readEvents, sketch } from '../testing/anthropic-stream.js';
import { responseEvents, responseStream, type Item, type ResponseScript } from '../testing/responses-upstream.js';
import { translateResponses, type Translation } from '../testing/translate.js';

const script = (items: readonly Item[], end: ResponseScript['end'] = 'completed'): ResponseScript => ({
  items,
  end,
  usage: [10, 5],
});
const message = (pieces: readonly string[], citations: readonly { url: string; title: string }[] = []): Item => ({
  kind: 'message',
  parts: [{ refusal: false, pieces, citations }],
  phase: undefined,
});
const call = (name: string, pieces: readonly string[], before = 0): Item => ({ kind: 'call', name, pieces, before });
const reasoning = (summary: readonly string[], encrypted = true): Item => ({
  kind: 'reasoning',
  summary: summary.map((part) => [part]),
  encrypted,
});
const play = (events: readonly JsonRecord[], ...rest: [] | [object]): Translation =>
  translateResponses([responseStream(events)], ...rest);
const drawn = (of: ResponseScript, ...rest: [] | [object]): string => sketch(play(responseEvents(of), ...rest).out);
const without = (of: ResponseScript, ...types: string[]): JsonRecord[] =>
  responseEvents(of).filter(({ type }) => !types.includes(String(type)));

describe('the stream of a response', () => {
  it('T01 T03: texts and calls', () => {
    expect(drawn(script([message(['He', 'llo'])]))).toBe('MS S0:text D0"He" D0"llo" P0 MD(end_turn) ME');
    expect(drawn(script([message(['a']), call('Read', ['{"p":', '"x"}'])]))).toBe(
      String.raw`MS S0:text D0"a" P0 S1:tool_use D1"{\"p\":" D1"\"x\"}" P1 MD(tool_use) ME`,
    );
  });

  it('T05: calls whose pieces are mixed become blocks one after the other', () => {
    const { out } = play(responseEvents(script([call('A', ['{"a":', '1}']), call('B', ['{"b":', '2}'], 3)])));
    expect(sketch(out)).toBe(
      String.raw`MS S0:tool_use D0"{\"a\":" D0"1}" P0 S1:tool_use D1"{\"b\":" D1"2}" P1 MD(tool_use) ME`,
    );
  });

  it('T24: arguments that come only when they are done', () => {
    const events = without(script([call('A', ['{"a":1}'])]), 'response.function_call_arguments.delta');
    expect(sketch(play(events).out)).toBe(String.raw`MS S0:tool_use D0"{\"a\":1}" P0 MD(tool_use) ME`);
  });

  it('T25: a call that only the last event tells', () => {
    const of = script([call('A', ['{"a":1}'])]);
    const events = responseEvents(of).filter(({ type }) => !/item|arguments/.test(String(type)));
    expect(sketch(play(events).out)).toBe(String.raw`MS S0:tool_use D0"{\"a\":1}" P0 MD(tool_use) ME`);
  });

  it('T26: the end of a text that the deltas left out', () => {
    const events = responseEvents(script([message(['ab', 'cé'])])).filter(({ delta }) => delta !== 'cé');
    expect(sketch(play(events).out)).toBe('MS S0:text D0"ab" D0"cé" P0 MD(end_turn) ME');
    // A text that is no longer form of what was sent changes nothing.
    const other = events.map((event) => (event['text'] === undefined ? event : { ...event, text: 'xyz' }));
    const plain = other.filter(({ type }) => !/part.done|item.done/.test(String(type)));
    const last = plain.map((event) =>
      event['type'] === 'response.completed' ? { ...event, response: { status: 'completed' } } : event,
    );
    expect(sketch(play(last).out)).toBe('MS S0:text D0"ab" P0 MD(end_turn) ME');
  });

  it('T27: a summary in two parts is one block with one signature, which holds the item', () => {
    const { out } = play(responseEvents(script([reasoning(['p1', 'p2']), message(['a'])])));
    expect(sketch(out)).toBe(String.raw`MS S0:thinking D0"p1" D0"\n\n" D0"p2" G0 P0 S1:text D1"a" P1 MD(end_turn) ME`);
    const item = { id: 'rs_0', encrypted: 'E0', summary: ['p1', 'p2'] };
    expect(readEvents(out).flatMap(({ data }) => data.delta?.['signature'] ?? [])).toEqual([
      `sealed:${JSON.stringify(item)}`,
    ]);
  });

  it('T28: reasoning without a summary keeps its place', () => {
    expect(drawn(script([reasoning([]), message(['a'])]))).toBe(
      'MS S0:thinking G0 P0 S1:text D1"a" P1 MD(end_turn) ME',
    );
  });

  it('keeps the phase of the message behind the reasoning', () => {
    const { out } = play(
      responseEvents(
        script([
          reasoning(['p']),
          { kind: 'message', parts: [{ refusal: false, pieces: ['a'], citations: [] }], phase: 'commentary' },
        ]),
      ),
    );
    expect(out).toContain(String.raw`\"phase\":\"commentary\"`);
  });

  it('keeps two messages apart', () => {
    expect(drawn(script([message(['a']), message(['b'])]))).toBe(
      'MS S0:text D0"a" P0 S1:text D1"b" P1 MD(end_turn) ME',
    );
  });

  it('T30 S08: a refusal', () => {
    expect(drawn(script([message(['a'])], 'content_filter'))).toBe('MS S0:text D0"a" P0 MD(refusal) ME');
    const refusal: Item = {
      kind: 'message',
      parts: [{ refusal: true, pieces: ['N', 'o.'], citations: [] }],
      phase: undefined,
    };
    const { out } = play(responseEvents(script([refusal])));
    expect(sketch(out)).toBe('MS S0:text D0"N" D0"o." P0 MD(refusal) ME');
    expect(out).toContain('"explanation":"No."');
  });

  it('T23 S15: a call cut by the output limit stays open', () => {
    const of = script([message(['a']), call('A', ['{"a":'])], 'max_output_tokens');
    const events = responseEvents(of).map(
      (event) =>
        JSON.parse(
          JSON.stringify(event).replace(/("type":"function_call","status":)"completed"/g, '$1"incomplete"'),
        ) as JsonRecord,
    );
    expect(sketch(play(events).out)).toBe(String.raw`MS S0:text D0"a" P0 S1:tool_use D1"{\"a\":" MD(max_tokens) ME`);
    // A server that does not tell which item was cut.
    const silent = events.map(
      (event) =>
        JSON.parse(
          JSON.stringify(event).replace(/("type":"function_call",)"status":"incomplete",/g, '$1'),
        ) as JsonRecord,
    );
    expect(sketch(play(silent).out)).toBe(sketch(play(events).out));
  });

  it('S14: counts and tells who answered', () => {
    const { encoder } = play(responseEvents(script([message(['a'])])));
    expect(encoder.model).toBe('gpt-5.6-2026-07-09');
    expect(encoder.upstreamId).toBe('resp_1');
    expect(encoder.tokens).toMatchObject({ input: 10, output: 5, serviceTier: 'default' });
  });
});

describe('a search in the stream', () => {
  const searched = script([
    { kind: 'search', query: 'q', urls: ['https://a.org/x'], failed: false },
    message(['ab', 'cd'], [{ url: 'https://a.org/x?utm_source=openai', title: 'T1' }]),
  ]);

  it('T29: query, results, text with citations', () => {
    const { out, encoder } = play(responseEvents(searched), { onlySearch: true });
    expect(sketch(out)).toBe(
      String.raw`MS S0:server_tool_use D0"{\"query\":\"q\"}" P0 S1:web_search_tool_result P1 S2:text D2"abcd" C2 P2 MD(end_turn) ME`,
    );
    expect(out).toContain('"type":"web_search_result","url":"https://a.org/x","title":"T1"');
    expect(encoder.tokens?.webSearches).toBe(1);
    expect(out).toContain('"server_tool_use":{"web_search_requests":1,"web_fetch_requests":0}');
  });

  it('does not hold text back when more than a search was asked for', () => {
    expect(drawn(searched)).toBe(
      String.raw`MS S0:server_tool_use D0"{\"query\":\"q\"}" P0 S1:web_search_tool_result P1 S2:text D2"ab" D2"cd" C2 P2 MD(end_turn) ME`,
    );
  });

  it('adds pages that were opened to the results, and leaves out blocked domains', () => {
    const of = script([
      { kind: 'search', query: 'q', urls: ['https://a.org/x', 'https://www.b.org/y'], failed: false },
      { kind: 'search', query: undefined, urls: ['https://c.example/?q=1'], failed: false },
      message(['t']),
    ]);
    const { out } = play(responseEvents(of), { onlySearch: true, blockedDomains: ['b.org'] });
    const results = readEvents(out)
      .map(({ data }) => data.content_block)
      .find((block) => block?.['type'] === 'web_search_tool_result');
    expect(results?.['content']).toMatchObject([{ url: 'https://a.org/x' }, { url: 'https://c.example/?q=1' }]);
  });

  it('tells that a search has failed', () => {
    const { out } = play(responseEvents(script([{ kind: 'search', query: 'q', urls: [], failed: true }])));
    expect(out).toContain('"web_search_tool_result_error","error_code":"unavailable"');
  });
});

describe('a stream that fails', () => {
  const begun = responseEvents(script([message(['a'])])).slice(0, 5);

  it('T31: says why', () => {
    const error = { code: 'rate_limit_exceeded', message: 'slow down' };
    const { out } = play([...begun, { type: 'response.failed', response: { error } }]);
    expect(sketch(out)).toBe('MS S0:text D0"a" E(rate_limit_error)');
    expect(sketch(play([...begun, { type: 'error', code: 'server_error', message: 'overloaded' }]).out)).toBe(
      'MS S0:text D0"a" E(overloaded_error)',
    );
  });

  it('T19: at the start writes nothing, so that the answer can have a status', () => {
    const { out, encoder } = play([...begun.slice(0, 2), { type: 'error', code: 'server_error', message: 'x' }]);
    expect([out, encoder.failure?.status]).toEqual(['', 500]);
    const stray = translateResponses(['{"error":{"message":"no such model","code":"model_not_found"}}\n']);
    expect([stray.out, stray.encoder.failure?.status]).toEqual(['', 404]);
  });

  it('T32: without its last event is not complete; what nobody knows is passed over', () => {
    const { out } = play([...begun, { type: 'response.foo.delta', delta: 'x' }, { type: 'new' }]);
    expect(sketch(out)).toBe('MS S0:text D0"a" E(api_error)');
    expect(sketch(translateResponses([`${responseStream(begun)}data: {"type":"resp`]).out)).toBe(
      'MS S0:text D0"a" E(api_error)',
    );
    expect(sketch(translateResponses([`${responseStream(begun)}data: nonsense\n\n`]).out)).toContain('E(api_error)');
  });

  it('S05: has arguments that are no JSON, or a call without a name', () => {
    expect(drawn(script([call('A', ['{"a"'])]))).toBe(String.raw`MS S0:tool_use D0"{\"a\"" E(api_error)`);
    expect(drawn(script([call('', ['{}'])]))).toBe('');
    const nameless = { type: 'response.function_call_arguments.delta', output_index: 7, delta: '{' };
    expect(sketch(play([...begun, nameless, { type: 'response.completed', response: {} }]).out)).toContain(
      'E(api_error)',
    );
  });
});
