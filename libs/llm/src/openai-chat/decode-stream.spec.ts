import { describe, expect, it } from '@jest/globals';
import { LlmError } from '../canonical/error.js';
import { faults, readEvents, sketch } from '../testing/anthropic-stream.js';
import { bare, openAi, python, toolArgs, toolStart, type ChatUpstream } from '../testing/chat-upstream.js';
import { translate } from '../testing/translate.js';

const SERVERS: readonly (readonly [string, ChatUpstream])[] = [
  ['a bare server', bare],
  ['OpenAI', openAi],
  ['a Python server', python],
];

/** The same from every server, in one read and in one read per event; the grammar always holds. */
function sketchOf(events: (server: ChatUpstream) => readonly string[]): string {
  const sketches = SERVERS.flatMap(([, server]) =>
    [events(server), [events(server).join('')]].map((reads) => {
      const { out } = translate(reads);
      expect(faults(out)).toEqual([]);
      return sketch(out);
    }),
  );
  expect(new Set(sketches).size).toBe(1);
  return sketches[0] ?? '';
}

function messageDelta(out: string): { delta: unknown; usage: Record<string, unknown> } {
  const event = readEvents(out).find(({ type }) => type === 'message_delta');
  return { delta: event?.data.delta, usage: event?.data.usage ?? {} };
}

describe('a chat stream becomes an Anthropic stream', () => {
  it('T01 text', () => {
    expect(
      sketchOf((up) => [
        up.chunk({ role: 'assistant', content: '', refusal: null }),
        up.chunk({ content: 'He' }),
        up.chunk({ content: 'llo' }),
        up.fin('stop'),
        up.use(5, 2),
        up.done,
      ]),
    ).toBe('MS S0:text D0"He" D0"llo" P0 MD(end_turn) ME');
    const { out, encoder } = translate([bare.chunk({ content: 'x' }), bare.fin('stop'), bare.use(5, 2), bare.done]);
    expect(messageDelta(out).usage).toMatchObject({ input_tokens: 5, output_tokens: 2 });
    expect(encoder).toMatchObject({ started: true, ended: true, needsUsage: false, stopReason: 'end_turn' });
  });

  it('T02 chunks that say nothing', () => {
    expect(
      sketchOf((up) => [
        up.chunk({ role: 'assistant', content: '' }),
        up.chunk({}),
        up.chunk({ content: null }),
        up.chunk({ content: 'x' }),
        up.chunk({ content: '' }),
        up.fin('stop'),
        up.done,
      ]),
    ).toBe('MS S0:text D0"x" P0 MD(end_turn) ME');
  });

  it('T03 text and a tool call', () => {
    expect(
      sketchOf((up) => [
        up.chunk({ content: 'a' }),
        up.chunk(toolStart(0, 'c1', 'Read')),
        up.chunk(toolArgs(0, '{"p":')),
        up.chunk(toolArgs(0, '"x"}')),
        up.fin('tool_calls'),
        up.use(5, 2),
        up.done,
      ]),
    ).toBe(String.raw`MS S0:text D0"a" P0 S1:tool_use D1"{\"p\":" D1"\"x\"}" P1 MD(tool_use) ME`);
  });

  it('T04 text after a complete call', () => {
    expect(
      sketchOf((up) => [
        up.chunk(toolStart(0, 'c1', 'Read', '{"p":1}')),
        up.chunk({ content: 'b' }),
        up.fin('tool_calls'),
        up.done,
      ]),
    ).toBe(String.raw`MS S0:tool_use D0"{\"p\":1}" P0 S1:text D1"b" P1 MD(tool_use) ME`);
  });

  it('T05 interleaved calls', () => {
    expect(
      sketchOf((up) => [
        up.chunk(toolStart(0, 'c1', 'A')),
        up.chunk(toolStart(1, 'c2', 'B')),
        up.chunk(toolArgs(0, '{"a":')),
        up.chunk(toolArgs(1, '{"b":2}')),
        up.chunk(toolArgs(0, '1}')),
        up.fin('tool_calls'),
        up.done,
      ]),
    ).toBe(String.raw`MS S0:tool_use D0"{\"a\":" D0"1}" P0 S1:tool_use D1"{\"b\":2}" P1 MD(tool_use) ME`);
  });

  it('T05 buffered calls come in the order of their indices, text in between comes last', () => {
    expect(
      sketchOf((up) => [
        up.chunk(toolStart(0, 'c0', 'A', '{')),
        up.chunk(toolStart(2, 'c2', 'C', '{"c":[{}]}')),
        up.chunk({ content: 'late' }),
        up.chunk(toolStart(1, 'c1', 'B', '{"b')),
        up.chunk(toolArgs(1, '":"}"}')),
        up.chunk(toolArgs(0, '}')),
        up.fin('tool_calls'),
        up.done,
      ]),
    ).toBe(
      String.raw`MS S0:tool_use D0"{" D0"}" P0 S1:tool_use D1"{\"b\":\"}\"}" P1 S2:tool_use D2"{\"c\":[{}]}" P2 S3:text D3"late" P3 MD(tool_use) ME`,
    );
  });

  it('T05 the next call is streamed live as soon as the open one is complete', () => {
    const { out } = translate([
      bare.chunk(toolStart(0, 'c1', 'A', '{"a":"{"}')),
      bare.chunk(toolStart(1, 'c2', 'B', '{')),
    ]);
    expect(sketch(out)).toBe(String.raw`MS S0:tool_use D0"{\"a\":\"{\"}" P0 S1:tool_use D1"{" E(api_error)`);
  });

  it('T06 the name comes late or in pieces', () => {
    const late = (up: ChatUpstream): string[] => [
      up.chunk({ tool_calls: [{ index: 0, id: 'c1' }] }),
      up.chunk({ tool_calls: [{ index: 0, function: { name: 'Re' } }] }),
      up.chunk({ tool_calls: [{ index: 0, function: { name: 'ad' } }] }),
      up.chunk(toolArgs(0, '{}')),
      up.fin('tool_calls'),
      up.done,
    ];
    expect(sketchOf(late)).toBe('MS S0:tool_use D0"{}" P0 MD(tool_use) ME');
    expect(translate(late(bare)).encoder.toolCalls).toEqual(['Read']);
  });

  it('T06 the name comes with every piece', () => {
    const repeated = (args: string): string =>
      bare.chunk({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'Read', arguments: args } }] });
    const { out, encoder } = translate([repeated(''), repeated('{"p'), repeated('":1}'), bare.fin('tool_calls')]);
    expect(sketch(out)).toBe(String.raw`MS S0:tool_use D0"{\"p" D0"\":1}" P0 MD(tool_use) ME`);
    expect(encoder.toolCalls).toEqual(['Read']);
  });

  it('T07 a whole call with the finish reason in one chunk', () => {
    expect(sketchOf((up) => [up.fin('tool_calls', toolStart(0, 'c1', 'Read', '{"p":"x"}')), up.done])).toBe(
      String.raw`MS S0:tool_use D0"{\"p\":\"x\"}" P0 MD(tool_use) ME`,
    );
  });

  it.each([
    ['another id under the same index', [toolStart(0, 'c1', 'A', '{}'), toolStart(0, 'c2', 'B', '{}')]],
    ['the same name without ids', [toolStart(0, '', 'A', '{}'), toolStart(0, '', 'B', '{}')]],
    [
      'ids instead of indices',
      ['c1', 'c2'].map((id) => ({ tool_calls: [{ id, function: { name: id, arguments: '{}' } }] })),
    ],
    ['neither ids nor indices', [{ tool_calls: ['A', 'B'].map((name) => ({ function: { name, arguments: '{}' } })) }]],
  ])('T08 two calls: %s', (_, deltas) => {
    expect(sketchOf((up) => [...deltas.map((delta) => up.chunk(delta)), up.fin('tool_calls'), up.done])).toBe(
      'MS S0:tool_use D0"{}" P0 S1:tool_use D1"{}" P1 MD(tool_use) ME',
    );
  });

  it('T09 two pieces of one call in a chunk', () => {
    expect(
      sketchOf((up) => [
        up.chunk(toolStart(0, 'c1', 'A')),
        up.chunk({
          tool_calls: [
            { index: 0, function: { arguments: '{"a"' } },
            { index: 0, function: { arguments: ':1}' } },
          ],
        }),
        up.fin('tool_calls'),
        up.done,
      ]),
    ).toBe(String.raw`MS S0:tool_use D0"{\"a\"" D0":1}" P0 MD(tool_use) ME`);
  });

  it('T10 an empty list of calls beside text', () => {
    expect(sketchOf((up) => [up.chunk({ content: 'x', tool_calls: [] }), up.fin('stop'), up.done])).toBe(
      'MS S0:text D0"x" P0 MD(end_turn) ME',
    );
  });

  it('T11 arguments as an object', () => {
    const call = { tool_calls: [{ index: 0, id: 'c1', function: { name: 'A', arguments: { p: 'x' } } }] };
    expect(sketchOf((up) => [up.chunk(call), up.fin('tool_calls'), up.done])).toBe(
      String.raw`MS S0:tool_use D0"{\"p\":\"x\"}" P0 MD(tool_use) ME`,
    );
  });

  it('T12 reasoning before text', () => {
    for (const key of ['reasoning_content', 'reasoning']) {
      expect(
        sketchOf((up) => [
          up.chunk({ [key]: 'r1', content: null }),
          up.chunk({ [key]: 'r2' }),
          up.chunk({ content: 'a' }),
          up.fin('stop'),
          up.done,
        ]),
      ).toBe('MS S0:thinking D0"r1" D0"r2" G0 P0 S1:text D1"a" P1 MD(end_turn) ME');
    }
  });

  it('T12 reasoning in two fields at once, in details, in the content', () => {
    expect(
      sketchOf((up) => [
        up.chunk({ reasoning: 'r1', reasoning_details: [{ type: 'reasoning.text', text: 'r1' }] }),
        up.chunk({ reasoning_details: [{ text: 'r2' }, { summary: 'r3' }] }),
        up.chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'r4' }] }] }),
        up.chunk({ content: [{ type: 'text', text: 'a' }] }),
        up.fin('stop'),
        up.done,
      ]),
    ).toBe('MS S0:thinking D0"r1" D0"r2r3" D0"r4" G0 P0 S1:text D1"a" P1 MD(end_turn) ME');
  });

  it('T13 reasoning between texts', () => {
    expect(
      sketchOf((up) => [
        up.chunk({ content: 'a' }),
        up.chunk({ reasoning_content: 'r' }),
        up.chunk({ content: 'b' }),
        up.fin('stop'),
        up.done,
      ]),
    ).toBe('MS S0:text D0"a" P0 S1:thinking D1"r" G1 P1 S2:text D2"b" P2 MD(end_turn) ME');
  });

  it('T14 usage after the finish reason', () => {
    const { out } = translate([
      openAi.chunk({ content: 'a' }),
      openAi.fin('stop'),
      openAi.use(50, 5, { prompt_tokens_details: { cached_tokens: 20 } }),
      openAi.done,
    ]);
    expect(sketch(out)).toBe('MS S0:text D0"a" P0 MD(end_turn) ME');
    expect(messageDelta(out).usage).toEqual({
      input_tokens: 30,
      cache_read_input_tokens: 20,
      cache_creation_input_tokens: 0,
      output_tokens: 5,
      output_tokens_details: { thinking_tokens: 0 },
      server_tool_use: null,
    });
  });

  it('T14 nothing is finished before the usage, and everything with it', () => {
    const { encoder, decoder } = translate([]);
    expect(encoder.failure).toBeDefined();
    expect(decoder.done).toBe(true);

    const run = translate([bare.chunk({ content: 'a' }), bare.fin('stop'), bare.use(5, 1)]);
    expect(run.encoder.tokens).toMatchObject({ input: 5, output: 1, estimated: false });
  });

  it('T14 usage in every chunk: the last one counts', () => {
    const usage = (completion: number): { usage: object } => ({
      usage: { prompt_tokens: 9, completion_tokens: completion, total_tokens: 9 + completion },
    });
    const { out } = translate([
      bare.chunk({ content: 'a' }, usage(1)),
      bare.chunk({ content: 'b' }, usage(2)),
      bare.data({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], ...usage(3) }),
      bare.use(9, 4),
      bare.use(9, 99),
    ]);
    expect(sketch(out)).toBe('MS S0:text D0"a" D0"b" P0 MD(end_turn) ME');
    expect(messageDelta(out).usage).toMatchObject({ input_tokens: 9, output_tokens: 4 });
  });

  it('T15 no usage at all: the gateway counts', () => {
    const { out, encoder } = translate([bare.chunk({ content: 'a' }), bare.fin('stop'), bare.done]);
    expect(sketch(out)).toBe('MS S0:text D0"a" P0 MD(end_turn) ME');
    expect(messageDelta(out).usage).toMatchObject({ input_tokens: 11, output_tokens: 3 });
    expect(encoder.tokens?.estimated).toBe(true);
    expect(encoder.sample()).toEqual({ text: 'a', scale: 1 });
  });

  it('T15 a usage of zeros is none', () => {
    expect(
      translate([bare.chunk({ content: 'a' }), bare.fin('stop'), bare.use(0, 0), bare.done]).encoder.tokens,
    ).toMatchObject({
      estimated: true,
    });
  });

  it('T16 the body ends without [DONE]', () => {
    expect(sketchOf((up) => [up.chunk({ content: 'a' }), up.fin('stop')])).toBe('MS S0:text D0"a" P0 MD(end_turn) ME');
  });

  it('T16 the connection breaks, or the last event is cut, after the finish reason', () => {
    const cut = translate([bare.chunk({ content: 'a' }), bare.fin('stop'), bare.use(5, 2).slice(0, 30)]);
    expect(sketch(cut.out)).toBe('MS S0:text D0"a" P0 MD(end_turn) ME');
  });

  it('T17 the body ends in the middle', () => {
    const { out, encoder } = translate([bare.chunk({ content: 'abc' })]);
    expect(sketch(out)).toBe('MS S0:text D0"abc" E(api_error)');
    expect(faults(out)).toEqual([]);
    expect(readEvents(out).at(-1)?.data).toMatchObject({ request_id: 'req_0f' });
    expect(encoder.failure).toMatchObject({ status: 502, type: 'api_error' });
    expect(encoder.sample().text).toBe('abc');
  });

  it.each([
    ['nothing', []],
    ['only [DONE]', [bare.done]],
    ['only a role', [bare.chunk({ role: 'assistant' }), bare.done]],
  ])('T17 an answer of %s is a failure with an HTTP status', (_, reads) => {
    const { out, encoder } = translate(reads);
    expect(out).toBe('');
    expect(encoder).toMatchObject({ started: false, ended: true, failure: { status: 502 } });
  });

  it('T17 [DONE] without finish reason: whole content counts, a call without arguments does not', () => {
    expect(sketch(translate([bare.chunk({ content: 'a' }), bare.done]).out)).toBe(
      'MS S0:text D0"a" P0 MD(end_turn) ME',
    );
    const whole = [bare.chunk(toolStart(0, 'c', 'A', '{"a":1}')), bare.done];
    expect(sketch(translate(whole).out)).toContain('MD(tool_use)');
    for (const args of ['', '{"a"']) {
      expect(translate([bare.chunk(toolStart(0, 'c', 'A', args)), bare.done]).encoder.failure).toBeDefined();
    }
  });

  it('T18 an error in the stream', () => {
    const { out } = translate([
      bare.chunk({ content: 'a' }),
      bare.data({ error: { message: 'overloaded', type: 'server_error' } }),
      bare.chunk({ content: 'b' }),
      bare.done,
    ]);
    expect(sketch(out)).toBe('MS S0:text D0"a" E(overloaded_error)');
    expect(faults(out)).toEqual([]);
  });

  it.each([
    ['a bare line', '{"error":"model runner has crashed"}\n', 'api_error'],
    ['something that is no JSON', 'data: upstream connect error\n\n', 'api_error'],
    ['a finish reason', bare.fin('error'), 'api_error'],
    ['an HTTP status in the code', bare.data({ error: { code: 429, message: 'slow down' } }), 'rate_limit_error'],
  ])('T18 an error as %s', (_, event, type) => {
    expect(sketch(translate([bare.chunk({ content: 'a' }), event]).out)).toBe(`MS S0:text D0"a" E(${type})`);
  });

  it('T19 an error before anything else', () => {
    const { out, encoder } = translate([bare.data({ error: { message: 'overloaded', type: 'server_error' } })]);
    expect(out).toBe('');
    expect(encoder.failure).toMatchObject({ status: 529, type: 'overloaded_error' });
    expect(encoder.started).toBe(false);
  });

  it('T21 every way to write an event', () => {
    const events = [
      bare.chunk({ content: 'é漢😀' }),
      bare.chunk({ content: 'b' }),
      bare.fin('stop'),
      bare.use(5, 2),
      bare.done,
    ];
    const plain = translate(events).out;
    const whole = events.join('');
    const variants = {
      crlf: whole.replaceAll('\n', '\r\n'),
      cr: whole.replaceAll('\n', '\r'),
      comments: `: hi\n\n${events.join(': keep-alive\n\n: more\n')}`,
      byteOrderMark: `\u00ef\u00bb\u00bf${whole}`,
      noSpace: whole.replaceAll('data: ', 'data:'),
      otherFields: whole.replaceAll('data: ', 'id: 1\nevent: chunk\nretry: 3\ndata: '),
      severalDataLines: whole.replaceAll(',"choices"', ',\ndata: "choices"').replaceAll('"delta":', '\ndata:"delta":'),
      noLastBlankLine: whole.slice(0, -1),
      noLastLineEnd: whole.slice(0, -2),
    };
    for (const [name, text] of Object.entries(variants)) {
      expect([name, translate([text]).out]).toEqual([name, plain]);
      const perByte = Array.from(text, (char) => char);
      expect([name, translate(perByte).out]).toEqual([name, plain]);
    }
  });

  it('T22 other choices and the filter results of Azure', () => {
    const { out, decoder } = translate([
      bare.data({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
      bare.data({ choices: [{ index: 1, delta: { content: 'no' }, finish_reason: 'stop' }] }),
      bare.data({
        choices: [
          { index: 1, delta: { content: 'no' } },
          { index: 0, delta: { content: 'yes' } },
        ],
      }),
      bare.fin('stop'),
      bare.done,
    ]);
    expect(sketch(out)).toBe('MS S0:text D0"yes" P0 MD(end_turn) ME');
    expect([...decoder.lossy]).toEqual(['response.choices']);
  });

  it('T23 a call cut by the output limit stays open', () => {
    const events = (up: ChatUpstream): string[] => [
      up.chunk({ content: 'a' }),
      up.chunk(toolStart(0, 'c1', 'Write')),
      up.chunk(toolArgs(0, '{"p":"x')),
      up.fin('length'),
      up.use(5, 2),
      up.done,
    ];
    expect(sketchOf(events)).toBe(String.raw`MS S0:text D0"a" P0 S1:tool_use D1"{\"p\":\"x" MD(max_tokens) ME`);
  });

  it('T23 also when its arguments have not begun; a complete call is closed', () => {
    expect(sketchOf((up) => [up.chunk(toolStart(0, 'c1', 'A')), up.fin('length'), up.done])).toBe(
      'MS S0:tool_use MD(max_tokens) ME',
    );
    expect(sketchOf((up) => [up.chunk(toolStart(0, 'c1', 'A', '{}')), up.fin('length'), up.done])).toBe(
      'MS S0:tool_use D0"{}" P0 MD(max_tokens) ME',
    );
  });

  it('T23 calls that wait behind the cut one are not written', () => {
    expect(
      sketchOf((up) => [
        up.chunk(toolStart(0, 'c1', 'A', '{"a')),
        up.chunk(toolStart(1, 'c2', 'B', '{}')),
        up.fin('length'),
        up.done,
      ]),
    ).toBe(String.raw`MS S0:tool_use D0"{\"a" MD(max_tokens) ME`);
  });

  it('S05 invalid arguments fail the stream, whatever the reason of the stop', () => {
    for (const args of ['{"p":"x', '{"p":x}', '[1]', '"s"', 'null', '{} {}']) {
      const { out, encoder } = translate([
        bare.chunk(toolStart(0, 'c1', 'Read', args)),
        bare.fin('tool_calls'),
        bare.use(5, 2),
      ]);
      expect(sketch(out)).toMatch(/^MS S0:tool_use D0".*" E\(api_error\)$/);
      expect(encoder.failure?.upstream?.message).toBe(args);
    }
  });

  it('a call without arguments gets an empty object', () => {
    expect(sketchOf((up) => [up.chunk(toolStart(0, 'c1', 'A')), up.fin('stop'), up.done])).toBe(
      'MS S0:tool_use D0"{}" P0 MD(tool_use) ME',
    );
  });

  it('an id that never comes is minted, two equal ones are told apart, others keep to the allowed characters', () => {
    const { out } = translate([
      bare.chunk(toolStart(0, '', 'A', '{}')),
      bare.chunk({ tool_calls: [{ index: 1, id: 'x.1:2', function: { name: 'B', arguments: '{}' } }] }),
      bare.chunk({ tool_calls: [{ index: 2, id: 'x_1:2', function: { name: 'B', arguments: '{}' } }] }),
      bare.fin('tool_calls'),
    ]);
    const ids = readEvents(out).flatMap(({ data }) => (data.content_block ? [data.content_block['id']] : []));
    expect(ids.slice(0, 2)).toEqual(['x_1_2', 'x_1_2_2']);
    expect(ids[2]).toMatch(/^toolu_[A-Za-z0-9]{24}$/);
  });

  it('a name that never comes fails the stream', () => {
    const { encoder } = translate([
      bare.chunk({ tool_calls: [{ index: 0, id: 'c1', function: { arguments: '{}' } }] }),
      bare.fin('tool_calls'),
    ]);
    expect(encoder.failure?.message).toMatch(/without a name/);
  });

  it('the function_call of the old interface', () => {
    expect(
      sketchOf((up) => [
        up.chunk({ function_call: { name: 'Read', arguments: '' } }),
        up.chunk({ function_call: { arguments: '{"p":' } }),
        up.chunk({ function_call: { arguments: '1}' } }),
        up.fin('function_call'),
        up.done,
      ]),
    ).toBe(String.raw`MS S0:tool_use D0"{\"p\":" D0"1}" P0 MD(tool_use) ME`);
  });

  it('S08 a refusal', () => {
    const { out } = translate([
      bare.chunk({ refusal: 'N' }),
      bare.chunk({ refusal: 'o.' }),
      bare.fin('stop'),
      bare.use(5, 2),
    ]);
    expect(sketch(out)).toBe('MS S0:text D0"N" D0"o." P0 MD(refusal) ME');
    expect(messageDelta(out).delta).toMatchObject({
      stop_details: { type: 'refusal', category: null, explanation: 'No.' },
    });
  });

  it('S09 a content filter', () => {
    const { out } = translate([bare.chunk({ content: 'par' }), bare.fin('content_filter'), bare.use(5, 2)]);
    expect(sketch(out)).toBe('MS S0:text D0"par" P0 MD(refusal) ME');
    expect(messageDelta(out).delta).toMatchObject({ stop_details: { explanation: null } });
  });

  it('S17 annotations become citations of the open text', () => {
    const annotation = {
      type: 'url_citation',
      url_citation: { url: 'https://a.org/x', title: 'T1', start_index: 1, end_index: 3 },
    };
    const { out } = translate([
      bare.chunk({ content: 'abcd' }),
      bare.chunk({ annotations: [annotation, { type: 'other' }] }),
      bare.fin('stop'),
      bare.use(5, 2),
    ]);
    expect(sketch(out)).toBe('MS S0:text D0"abcd" C0 P0 MD(end_turn) ME');
    expect(readEvents(out)[3]?.data.delta?.['citation']).toEqual({
      type: 'web_search_result_location',
      url: 'https://a.org/x',
      title: 'T1',
      cited_text: 'bc',
      encrypted_index: expect.stringMatching(/./),
    });
  });

  it('finish reasons of other servers', () => {
    for (const [reason, stop] of Object.entries({ eos: 'end_turn', constructor: 'end_turn', length: 'max_tokens' })) {
      expect(sketch(translate([bare.chunk({ content: 'a' }), bare.fin(reason)]).out)).toContain(`MD(${stop})`);
    }
    const emptyReason = bare.data({ choices: [{ delta: { content: 'a' }, finish_reason: '' }] });
    expect(sketch(translate([emptyReason, bare.fin('stop')]).out)).toBe('MS S0:text D0"a" P0 MD(end_turn) ME');
  });

  it('audio is lost and told', () => {
    const { decoder } = translate([bare.chunk({ content: 'a', audio: { data: 'x' } }), bare.fin('stop')]);
    expect([...decoder.lossy]).toEqual(['response.audio']);
  });

  it('gives what the upstream says about itself', () => {
    const { encoder, out } = translate([openAi.chunk({ content: 'a' }), openAi.fin('stop'), openAi.use(1, 1)]);
    expect(encoder).toMatchObject({ model: 'gpt-4.1-2025-04-14', upstreamId: 'chatcmpl-BtL8XBwJZ' });
    expect(readEvents(out)[0]?.data.message).toMatchObject({ model: 'claude-x', usage: { service_tier: 'standard' } });
  });

  it('an event above the limit fails the stream', () => {
    const { encoder } = translate([bare.chunk({ content: 'a' }), `data: ${'x'.repeat(17 * 1024 * 1024)}`]);
    expect(encoder.failure?.message).toMatch(/more than 16777216 bytes/);
  });

  it('reports a broken connection, unless the answer was complete', async () => {
    const { ChatStreamDecoder } = await import('./decode-stream.js');
    const { AnthropicStreamEncoder } = await import('../anthropic/encode-stream.js');
    const { OPTIONS, ERRORS } = await import('../testing/translate.js');
    const error = new LlmError('the connection broke', { status: 502, type: 'api_error' });
    const run = (reads: readonly string[]): string => {
      const encoder = new AnthropicStreamEncoder(OPTIONS);
      const decoder = new ChatStreamDecoder(encoder, { errors: ERRORS });
      for (const read of reads) decoder.push(Buffer.from(read));
      decoder.fail(error);
      return encoder.needsUsage ? `${sketch(encoder.take())} needs usage` : sketch(encoder.take());
    };
    expect(run([bare.chunk({ content: 'a' })])).toBe('MS S0:text D0"a" E(api_error)');
    expect(run([bare.chunk({ content: 'a' }), bare.fin('stop')])).toBe('MS S0:text D0"a" P0 needs usage');
  });
});
