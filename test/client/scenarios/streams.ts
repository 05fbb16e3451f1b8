import { expect } from '@jest/globals';
import type { Outcome, Scenario } from '../harness/scenario.js';
import { brokenOff, chunk, gate, sleep, text, toolDelta } from '../harness/script.js';

const FIRST_WORDS = [chunk({ content: 'The first words,' }), chunk({ content: ' and then' })];

/** What a client has read when the stream breaks off. */
const PAUSE = sleep(300);

/** Streams that break off or stand still. */
export const streams: readonly Scenario[] = [
  {
    name: 'a stream that is cut before the first word',
    model: [[brokenOff('cut', chunk({ role: 'assistant', content: '' })), text('Whole.')]],
    outcomes: ['upstream_failed'],
    check: wholeInTheEnd,
  },
  {
    name: 'a stream that is cut in the middle',
    model: [[brokenOff('cut', ...FIRST_WORDS, PAUSE), text('Whole.')]],
    outcomes: ['upstream_failed'],
    check: wholeInTheEnd,
  },
  {
    name: 'a connection that is reset in the middle',
    model: [[brokenOff('reset', ...FIRST_WORDS, PAUSE), text('Whole.')]],
    outcomes: ['upstream_failed'],
    check: wholeInTheEnd,
  },
  {
    name: 'an error in the middle of a stream',
    model: [[brokenOff('error', ...FIRST_WORDS, PAUSE), text('Whole.')]],
    outcomes: ['upstream_failed'],
    check: wholeInTheEnd,
  },
  {
    // The oldest client's SDK loses an error event that it reads together with the words before it.
    name: 'an error right behind the first words',
    model: [[brokenOff('error', ...FIRST_WORDS), text('Whole.')]],
    outcomes: ['upstream_failed'],
    check: wholeInTheEnd,
  },
  {
    name: 'a call that is cut in the middle is not run',
    model: ({ path }) => [
      [
        brokenOff('cut', toolDelta(0, { id: 'call_half', name: 'Write', args: `{"file_path":"${path('half.txt')}"` })),
        text('Whole.'),
      ],
    ],
    outcomes: ['upstream_failed'],
    check: (outcome) => {
      wholeInTheEnd(outcome);
      expect(outcome.workspace.read('half.txt')).toBeUndefined();
    },
  },
  {
    name: 'the client falls back to a request without a stream',
    model: [(request) => (request.stream ? brokenOff('error', ...FIRST_WORDS, PAUSE) : text('In one piece.'))],
    outcomes: ['upstream_failed'],
    check: ({ result, client, records }) => {
      expect(result.result).toBe('In one piece.');
      expect(client.some(({ body }) => body?.model === 'gpt-5-mini' && body.stream !== true)).toBe(true);
      expect(records.map(({ ai }) => ai?.meta.request_mode)).toContain('oneshot');
    },
  },
  {
    name: 'pings while the upstream thinks',
    route: 'lively',
    model: [text([sleep(3500), 'Slow', ' but', ' sure.'])],
    check: ({ result, main, transcript }) => {
      expect(result.result).toBe('Slow but sure.');
      expect(main).toHaveLength(1);
      expect(transcript.match(/event: ping\n/g)?.length).toBeGreaterThanOrEqual(2);
    },
  },
  {
    name: 'pings in the middle of a text',
    route: 'lively',
    model: [text(['Slow', sleep(3500), ' but', ' sure.'])],
    check: ({ result, main, transcript }) => {
      expect(result.result).toBe('Slow but sure.');
      expect(main).toHaveLength(1);
      expect(transcript.match(/event: ping\n/g)?.length).toBeGreaterThanOrEqual(2);
    },
  },
  {
    name: 'fifteen seconds of silence',
    model: [text(['Slow', sleep(15_000), ' but', ' sure.'])],
    check: ({ result, main, transcript }) => {
      expect(result.result).toBe('Slow but sure.');
      expect(main).toHaveLength(1);
      expect(transcript).toContain('event: ping\n');
    },
  },
  {
    name: 'the user interrupts',
    call: ({ prompt }) => ({
      prompt,
      flags: ['--include-partial-messages'],
      interruptOn: ({ type, event }) =>
        type === 'stream_event' && (event as { type: string }).type === 'content_block_delta',
    }),
    model: [text(['A story', ' that takes', gate(), ' a while.'])],
    outcomes: ['client_aborted'],
    exitCode: 'any',
    check: ({ run, records }) => {
      expect(run.milliseconds).toBeLessThan(20_000);
      expect(records.map(({ exchange }) => exchange.outcome)).toContain('client_aborted');
    },
  },
];

function wholeInTheEnd({ result, main, client, records }: Outcome): void {
  expect(result).toMatchObject({ is_error: false, result: 'Whole.' });
  expect(main).toHaveLength(2);
  expect(client.filter(({ body }) => body?.model === 'gpt-5-mini').length).toBeGreaterThanOrEqual(2);
  expect(records.map(({ exchange }) => exchange.outcome)).toContain('upstream_failed');
}
