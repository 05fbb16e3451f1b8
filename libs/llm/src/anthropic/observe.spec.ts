import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { toJsonText } from '../canonical/text.js';
import { emptyUsage } from '../canonical/usage.js';
import { cut } from '../testing/scripts.js';
import { OPTIONS } from '../testing/translate.js';
import { AnthropicStreamEncoder } from './encode-stream.js';
import { AnthropicUsageObserver, decodeAnthropicUsage } from './observe.js';

const j = toJsonText;

/** A stream as Anthropic's API writes it. */
function stream(): { out: string; message: unknown } {
  const encoder = new AnthropicStreamEncoder({ ...OPTIONS, capture: true, estimate: () => 40 });
  encoder.thinking(j('r'));
  encoder.thinkingDone();
  encoder.text(j('event: message_delta\n é “x”'));
  encoder.citation({ url: 'https://a.org', title: 'T', start: 0, end: 2 });
  encoder.toolOpen(0, 'c1', 'Read');
  encoder.toolDelta(0, j('{"p":'));
  encoder.toolDelta(0, j('"message_start"}'));
  encoder.ping();
  encoder.stop('tool_use');
  encoder.usage({
    ...emptyUsage(),
    input: 100,
    cachedInput: 60,
    cacheWriteInput: 30,
    output: 9,
    reasoningOutput: 4,
    webSearches: 1,
    total: 109,
  });
  encoder.end();
  return { out: encoder.take(), message: JSON.parse(encoder.captured().toString()) };
}

const FACTS = {
  model: 'claude-x',
  stopReason: 'tool_use',
  firstContent: true,
  toolCalls: ['Read'],
  tokens: {
    input: 100,
    cachedInput: 60,
    cacheWriteInput: 30,
    output: 9,
    total: 109,
    reasoningOutput: 4,
    webSearches: 1,
    estimated: false,
  },
};

function observe(reads: readonly string[], options: { stream: boolean; capture?: boolean }): AnthropicUsageObserver {
  const observer = new AnthropicUsageObserver(options);
  for (const read of reads) observer.push(Buffer.from(read, 'latin1'));
  observer.end();
  return observer;
}

describe('watching an Anthropic answer', () => {
  it('X10 reads what the record needs, wherever the stream is cut and however its lines end', () => {
    const { out } = stream();
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom('\n', '\r\n'), (places, lineEnd) => {
        expect(observe(cut(out.replaceAll('\n', lineEnd), places), { stream: true })).toMatchObject(FACTS);
      }),
    );
  });

  it('X10 takes usage of message_delta for cumulative, and zeros in it for silence', () => {
    const start =
      'event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":50,"output_tokens":1}}}\n\n';
    const delta = (usage: object): string =>
      `event: message_delta\ndata: ${JSON.stringify({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })}\n\n`;
    const { tokens } = observe(
      [start, delta({ output_tokens: 5 }), delta({ output_tokens: 9, input_tokens: 0, cache_read_input_tokens: null })],
      { stream: true },
    );
    expect(tokens).toMatchObject({ input: 50, output: 9, total: 59 });
  });

  it('tells when the first content has passed', () => {
    const observer = new AnthropicUsageObserver({ stream: true });
    const [start = '', ...rest] = stream().out.split(/(?<=\n\n)/);
    observer.push(Buffer.from(start));
    observer.push(Buffer.from(rest[0] ?? ''));
    expect(observer.firstContent).toBe(false);
    observer.push(Buffer.from(rest[1] ?? ''));
    expect(observer.firstContent).toBe(true);
  });

  it('reads events without names, too', () => {
    expect(observe([stream().out.replaceAll(/^event: .*\n/gm, '')], { stream: true })).toMatchObject(FACTS);
  });

  it('reads a message in one piece, also when a stream was expected', () => {
    const { message } = stream();
    const json = JSON.stringify(message);
    const latin1 = Buffer.from(json).toString('latin1');
    for (const expected of [true, false]) {
      expect(observe(cut(latin1, [3, 200]), { stream: expected, capture: true })).toMatchObject(FACTS);
    }
    expect(observe([latin1], { stream: false }).captured().toString()).toBe(json);
  });

  it('puts a stream together when it is to be kept', () => {
    const { out, message } = stream();
    const observer = observe([out], { stream: true, capture: true });
    expect(observer).toMatchObject(FACTS);
    const { content } = message as { content: unknown };
    expect(JSON.parse(observer.captured().toString())).toMatchObject({
      role: 'assistant',
      stop_reason: 'tool_use',
      content,
    });
  });

  it('keeps what came of a stream that broke off', () => {
    const { out } = stream();
    const broken = out.slice(0, out.indexOf('\\"message_start'));
    const kept = JSON.parse(observe([broken], { stream: true, capture: true }).captured().toString()) as {
      content: unknown[];
    };
    expect(kept.content.at(-1)).toMatchObject({ name: 'Read', input: '{"p":' });
  });

  it('never stumbles', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), fc.boolean(), (text, isStream, capture) => {
        const observer = observe([text, stream().out.slice(0, 700), 'data: {\n\n', 'data: 5\n\n', '{'], {
          stream: isStream,
          capture,
        });
        expect(() => observer.captured()).not.toThrow();
      }),
    );
  });

  it('takes the last of several cumulative counts, never their sum (37)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { minLength: 1 }), (steps) => {
        const counts = steps.map((_, index) => 1 + steps.slice(0, index + 1).reduce((sum, step) => sum + step, 0));
        const frames = counts.map((output_tokens) => frame('message_delta', { delta: {}, usage: { output_tokens } }));
        const { tokens } = observe([started({ input_tokens: 7, output_tokens: 1 }), ...frames], { stream: true });
        expect(tokens).toMatchObject({ input: 7, output: counts.at(-1), estimated: false });
      }),
    );
  });

  it('knows how much a stream has said that broke off before its counts', () => {
    const words = ['The ', 'quick ', 'brown ', 'fox “jumps” '];
    const deltas = Array.from({ length: 400 }, (_, index) =>
      frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: words[index % 4] } }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 12 }),
        (end, capture, places) => {
          const out = [started({ input_tokens: 7, output_tokens: 1 }), ...deltas].join('').replaceAll('\n', end);
          const observer = observe(cut(Buffer.from(out).toString('latin1'), places), { stream: true, capture });
          expect(observer.usageIsFinal).toBe(false);
          const { text, scale } = observer.sample();
          const whole = words.join('').repeat(100);
          expect(whole.startsWith(text)).toBe(true);
          expect(Math.abs((text.length * scale) / whole.length - 1)).toBeLessThan(0.05);
        },
      ),
      { numRuns: 30 },
    );
    const done = frame('message_delta', { delta: {}, usage: { output_tokens: 9 } });
    expect(observe([started({ input_tokens: 7 }), ...deltas, done], { stream: true }).usageIsFinal).toBe(true);
  });
});

describe('Anthropic’s usage', () => {
  it('tells caches apart that live for five minutes and for an hour (38)', () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
      output_tokens: 9,
    };
    expect(decodeAnthropicUsage(usage)).toMatchObject({
      input: 100,
      cachedInput: 60,
      cacheWriteInput: 30,
      cacheWrite1hInput: 10,
      output: 9,
      total: 109,
    });
  });

  it('adds what a compaction on the way has cost, and knows fast mode and searches (39)', () => {
    const usage = {
      input_tokens: 23_000,
      output_tokens: 1000,
      output_tokens_details: { thinking_tokens: 300 },
      iterations: [
        { type: 'compaction', input_tokens: 180_000, output_tokens: 3500, cache_read_input_tokens: 20_000 },
        { type: 'message', input_tokens: 23_000, output_tokens: 1000 },
      ],
      server_tool_use: { web_search_requests: 2 },
      service_tier: 'standard',
    };
    expect(decodeAnthropicUsage(usage)).toMatchObject({
      input: 223_000,
      output: 4500,
      total: 227_500,
      cachedInput: 20_000,
      reasoningOutput: 300,
      webSearches: 2,
      serviceTier: 'standard',
    });
    expect(decodeAnthropicUsage({ ...usage, speed: 'fast' }).serviceTier).toBe('fast');
  });
});

const frame = (type: string, more: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const started = (usage: object): string => frame('message_start', { message: { model: 'm', usage } });
