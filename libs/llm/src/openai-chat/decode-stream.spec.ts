import { describe, expect, it } from '@jest/globals';
import { AnthropicStreamEncoder } from '../anthropic/encode-stream.js';
import { LlmError } from '../canonical/error.js';
import { faults, readEvents, sketch } from '../testing/anthropic-stream.js';
import { bare, openAi, toolStart } from '../testing/chat-upstream.js';
import { sketchOf } from '../testing/sketch-of.js';
import { ERRORS, OPTIONS, translate } from '../testing/translate.js';
import { ChatStreamDecoder } from './decode-stream.js';

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

  it('T10 an empty list of calls beside text', () => {
    expect(sketchOf((up) => [up.chunk({ content: 'x', tool_calls: [] }), up.fin('stop'), up.done])).toBe(
      'MS S0:text D0"x" P0 MD(end_turn) ME',
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

  it('T14 says when it waits for the usage, and when it has it', () => {
    const encoder = new AnthropicStreamEncoder(OPTIONS);
    const decoder = new ChatStreamDecoder(encoder, { errors: ERRORS });
    const push = (event: string): readonly boolean[] => {
      decoder.push(Buffer.from(event));
      return [decoder.awaitingUsage, decoder.done, encoder.ended];
    };
    expect(push(bare.chunk({ content: 'a' }))).toEqual([false, false, false]);
    expect(push(bare.fin('stop'))).toEqual([true, false, false]);
    expect(push(bare.use(5, 1))).toEqual([false, true, true]);
    expect(encoder.tokens).toMatchObject({ input: 5, output: 1, estimated: false });
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

  it('reports a broken connection, unless the answer was complete', () => {
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
