import { describe, expect, it } from '@jest/globals';
import { readEvents, sketch } from '../testing/anthropic-stream.js';
import { bare, toolArgs, toolStart, type ChatUpstream } from '../testing/chat-upstream.js';
import { sketchOf } from '../testing/sketch-of.js';
import { translate } from '../testing/translate.js';

describe('tool calls of a chat stream', () => {
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

  it('T11 arguments as an object', () => {
    const call = { tool_calls: [{ index: 0, id: 'c1', function: { name: 'A', arguments: { p: 'x' } } }] };
    expect(sketchOf((up) => [up.chunk(call), up.fin('tool_calls'), up.done])).toBe(
      String.raw`MS S0:tool_use D0"{\"p\":\"x\"}" P0 MD(tool_use) ME`,
    );
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
});
