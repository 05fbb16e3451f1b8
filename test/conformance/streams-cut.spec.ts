import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytes, sse } from '../../apps/simulated-openai/src/index.js';
import { translate, type Translation } from '../../libs/llm/src/testing/translate.js';
import { checkGrammar, parseAnthropicStream, transcript } from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base, TOOL } from './support/requests.js';
import { C4, DS, eventsOf, Stage } from './support/stage.js';
import { EARLY_ERROR, STREAM_CASES, title } from './support/stream-cases.js';

/** Where the network cuts a stream must not be seen in what becomes of it. */
const CASES = STREAM_CASES.map((one) => [title(one), { ...one, body: Buffer.from(one.frames.join('')) }] as const);

describe('T20 in the translation, at every byte', () => {
  const outcome = ({ out, encoder }: Translation): unknown[] => [out, encoder.failure?.message, encoder.tokens];

  /** What becomes of a body in one piece, after it has been the same in two pieces and in single bytes. */
  function anyhow(body: Buffer): string {
    const whole = translate([body]);
    for (let at = 1; at < body.length; at += 1) {
      expect(outcome(translate([body.subarray(0, at), body.subarray(at)]))).toEqual(outcome(whole));
    }
    const single = Array.from(body, (_, at) => body.subarray(at, at + 1));
    expect(outcome(translate(single))).toEqual(outcome(whole));
    return whole.out;
  }

  it.each(CASES)('%s', (_, { body, transcript: expected }) => {
    const events = parseAnthropicStream(Buffer.from(anyhow(body), 'latin1'));
    checkGrammar(events);
    expect(transcript(events)).toBe(expected);
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

  /** Prime distances, so that the cuts of the cases fall everywhere. */
  const every = (distance: number, length: number): number[] =>
    Array.from({ length: Math.ceil(length / distance) - 1 }, (_, n) => (n + 1) * distance);

  it.each(CASES)('%s', async (_, { body, route = 'c4', transcript: expected }) => {
    const request = base({ stream: true, tools: [TOOL, { ...TOOL, name: 'Write' }] });
    for (const distance of [1, 7, 61]) {
      const answer = await stage.ask(route, request, { upstream: sse(bytes(body, every(distance, body.length))) });
      const events = eventsOf(answer);
      checkGrammar(events);
      expect(transcript(events)).toBe(expected);
    }
  });

  recordsEveryExchange(() => stage);
});
