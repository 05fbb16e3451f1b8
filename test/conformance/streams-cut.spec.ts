import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytes, chunk, DONE, fin, sse } from '../../apps/simulated-openai/src/index.js';
import { translate, type Translation } from '../../libs/llm/src/testing/translate.js';
import { checkGrammar, parseAnthropicStream, transcript, type AnthropicEvent } from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base, TOOL } from './support/requests.js';
import { C4, DS, eventsOf, Stage } from './support/stage.js';
import { EARLY_ERROR, STREAM_CASES, title } from './support/stream-cases.js';

/** Where the network cuts a stream must not be seen in what becomes of it. */
const CASES = STREAM_CASES.map((one) => [title(one), { ...one, body: Buffer.from(one.frames.join('')) }] as const);

describe('T20 in the translation, at every byte', () => {
  const outcome = ({ out, encoder }: Translation): unknown[] => [out, encoder.failure?.message, encoder.tokens];

  /** What becomes of a body in one piece, after it has been the same in two pieces and in single bytes. */
  function anyhow(body: Buffer, options: Parameters<typeof translate>[1] = {}): string {
    const whole = translate([body], options);
    for (let at = 1; at < body.length; at += 1) {
      expect(outcome(translate([body.subarray(0, at), body.subarray(at)], options))).toEqual(outcome(whole));
    }
    const single = Array.from(body, (_, at) => body.subarray(at, at + 1));
    expect(outcome(translate(single, options))).toEqual(outcome(whole));
    return whole.out;
  }

  const said = (out: string): AnthropicEvent[] => {
    const events = parseAnthropicStream(Buffer.from(out, 'latin1'));
    checkGrammar(events);
    return events;
  };

  it.each(CASES)('%s', (_, { body, route, transcript: expected }) => {
    expect(transcript(said(anyhow(body, { thinkTags: route === 'ds' })))).toBe(expected);
  });

  it('R48 a stop sequence, wherever it is cut', () => {
    const words = 'some fooENDbar and more';
    for (let at = 0; at <= words.length; at += 1) {
      const frames = [words.slice(0, at), words.slice(at)].map((content) => chunk({ content }));
      const events = said(
        anyhow(Buffer.from([...frames, fin('stop'), DONE].join('')), { stopSequences: ['STOP', 'END'] }),
      );
      const [, deltas = ''] =
        /^MS · S0:text · (.*) · P0 · MD\(stop_sequence "END"\) · ME$/.exec(transcript(events)) ?? [];
      expect(deltas.replaceAll(/D0"|"(?: · )?/g, '')).toBe('some foo');
    }
  });

  it('T19 an error before anything else', () => {
    expect(anyhow(Buffer.from(EARLY_ERROR.join('')))).toBe('');
  });
});

describe('T20 over sockets', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open({ c4: C4, ds: DS });
  });
  afterAll(() => stage.close());

  const SINGLE_BYTES = ['T03', 'T12', 'T20', 'T23'];
  /** Prime distances, so that the cuts of the cases fall everywhere. */
  const every = (distance: number, length: number): number[] =>
    Array.from({ length: Math.ceil(length / distance) - 1 }, (_, n) => (n + 1) * distance);

  it.each(CASES)('%s', async (_, { id, body, route = 'c4', transcript: expected }) => {
    const request = base({ stream: true, tools: [TOOL, { ...TOOL, name: 'Write' }] });
    // What the network does with bytes is not different for each of them: single bytes for a sample.
    for (const distance of SINGLE_BYTES.includes(id) ? [1, 7] : [13]) {
      const answer = await stage.ask(route, request, { upstream: sse(bytes(body, every(distance, body.length))) });
      const events = eventsOf(answer);
      checkGrammar(events);
      expect(transcript(events)).toBe(expected);
    }
  });

  recordsEveryExchange(() => stage);
});
