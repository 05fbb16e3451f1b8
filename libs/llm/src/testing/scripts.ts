import * as fc from 'fast-check';
import type { JsonRecord } from '../json.js';
import { toolArgs, toolStart, type ChatUpstream } from './chat-upstream.js';

/** Something a model says, in the pieces in which the upstream streams it. */
export type Step =
  | { readonly kind: 'text'; readonly pieces: readonly string[] }
  | { readonly kind: 'reasoning'; readonly pieces: readonly string[] }
  /** Calls whose pieces are mixed; `order` picks whose piece comes next. */
  | { readonly kind: 'calls'; readonly calls: readonly Call[]; readonly order: readonly number[] }
  | { readonly kind: 'nothing' };

export interface Call {
  readonly name: string;
  readonly pieces: readonly string[];
}

export interface Script {
  readonly steps: readonly Step[];
  readonly finish: 'stop' | 'length' | 'tool_calls';
  readonly usage: readonly [prompt: number, completion: number] | undefined;
  readonly done: boolean;
}

const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('"', '\\', '\n', '\\u0041', '</', '\u2028', '😀', '漢字', 'data: x\n\n', '\u0000', '{"content":"'),
);

const pieces = fc.array(words, { minLength: 1, maxLength: 4 });

const call: fc.Arbitrary<Call> = fc
  .tuple(
    fc.constantFrom('Read', 'Write', 'mcp__a__b'),
    fc.dictionary(words, fc.oneof(words, fc.integer(), fc.boolean(), fc.jsonValue({ maxDepth: 2 })), { maxKeys: 3 }),
    fc.array(fc.nat(40), { maxLength: 4 }),
  )
  .map(([name, input, cuts]) => ({ name, pieces: cut(JSON.stringify(input), cuts) }));

const step: fc.Arbitrary<Step> = fc.oneof(
  pieces.map((parts): Step => ({ kind: 'text', pieces: parts })),
  pieces.map((parts): Step => ({ kind: 'reasoning', pieces: parts })),
  fc
    .tuple(fc.array(call, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(2), { maxLength: 12 }))
    .map(([calls, order]): Step => ({ kind: 'calls', calls, order })),
  fc.constant<Step>({ kind: 'nothing' }),
);

/** Any whole answer. */
export const scripts: fc.Arbitrary<Script> = fc.record({
  steps: fc.array(step, { maxLength: 5 }),
  finish: fc.constantFrom('stop', 'length', 'tool_calls'),
  usage: fc.option(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.nat(1e5)), { nil: undefined }),
  done: fc.boolean(),
});

/** The pieces of a text cut at these places (modulo its length). */
export function cut(text: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => text.slice(from, sorted[i] ?? text.length));
}

/** The events of the upstream. */
export function play({ steps, finish, usage, done }: Script, up: ChatUpstream): string[] {
  const events: string[] = [up.chunk({ role: 'assistant', content: '' })];
  let next = 0;
  for (const step of steps) {
    switch (step.kind) {
      case 'text':
        events.push(...step.pieces.map((content) => up.chunk({ content })));
        break;
      case 'reasoning':
        events.push(...step.pieces.map((piece) => up.chunk({ reasoning_content: piece })));
        break;
      case 'calls':
        events.push(...callDeltas(step, next).map((delta) => up.chunk(delta)));
        next += step.calls.length;
        break;
      case 'nothing':
        events.push(up.chunk({}), ': comment\n\n');
    }
  }
  events.push(up.fin(finish));
  if (usage) events.push(up.use(...usage));
  if (done) events.push(up.done);
  return events;
}

function callDeltas({ calls, order }: Extract<Step, { kind: 'calls' }>, first: number): JsonRecord[] {
  const left = calls.map(({ pieces }, i) => pieces.map((piece) => toolArgs(first + i, piece)));
  const deltas = calls.map(({ name }, i) => toolStart(first + i, `call_${first + i}`, name));
  const rest = order.map((pick) => left[pick % left.length]?.shift()).filter((delta) => delta !== undefined);
  return [...deltas, ...rest, ...left.flat()];
}

/** The same answer without streaming; order of text and calls is lost there. */
export function answer({ steps, finish, usage }: Script): JsonRecord {
  const join = (kind: Step['kind']): string =>
    steps.flatMap((step) => (step.kind === kind && 'pieces' in step ? step.pieces : [])).join('');
  const calls = steps.flatMap((step) => (step.kind === 'calls' ? step.calls : []));
  return {
    id: 'chatcmpl-1',
    model: 'm',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: join('text'),
          reasoning_content: join('reasoning'),
          tool_calls: calls.map(({ name, pieces }, i) => ({
            id: `call_${i}`,
            type: 'function',
            function: { name, arguments: pieces.join('') },
          })),
        },
        finish_reason: finish,
      },
    ],
    usage: usage && { prompt_tokens: usage[0], completion_tokens: usage[1] },
  };
}
