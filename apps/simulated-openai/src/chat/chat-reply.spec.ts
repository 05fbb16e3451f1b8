import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { findModel, type Model } from '../models.js';
import { gate, isPause, type Step } from '../script/gate.js';
import {
  reasoning,
  reply,
  text,
  textPart,
  toolCallPart,
  toolCalls,
  webSearch,
  type ModelReply,
  type OutputPart,
} from '../script/script.js';
import type { ReplyUsage } from '../usage.js';
import type { JsonObject } from '../validation/checks.js';
import { renderChatReply } from './chat-reply.js';
import type { ChatRequest } from './chat-request.js';

const model = (id: string): Model => findModel(id) as Model;
const USAGE = { prompt: 10, completion: 4, cached: 2, cacheWrite: undefined, reasoning: 1 };
const asking = (more: object = {}): ChatRequest => ({
  model: 'gpt-4.1',
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
});

function whole(script: ModelReply, request = asking(), of = model('gpt-4.1'), usage: ReplyUsage = USAGE): JsonObject {
  const { body } = renderChatReply(request, of, script, usage);
  return JSON.parse(body as string) as JsonObject;
}

interface Chunk {
  readonly choices: readonly {
    readonly index: number;
    readonly delta: Delta;
    readonly finish_reason: string | null;
    readonly logprobs: JsonObject | null;
  }[];
  readonly usage?: JsonObject | null;
  readonly obfuscation?: string;
}

interface Delta {
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly { index: number; id?: string; function: { name?: string; arguments: string } }[];
}

function streamed(script: ModelReply, request = asking({ stream: true }), of = model('gpt-4.1')): Chunk[] {
  const { body } = renderChatReply(request, of, script, USAGE);
  const frames = [...(body as Iterable<Step>)].filter((step) => typeof step === 'string');
  expect(frames.pop()).toBe('data: [DONE]\n\n');
  return frames.map((frame) => JSON.parse(frame.slice('data: '.length)) as Chunk);
}

const parts: fc.Arbitrary<OutputPart> = fc.oneof(
  fc.array(fc.string({ minLength: 1 })).map((pieces) => textPart(pieces)),
  fc.array(fc.string({ minLength: 1 })).map((pieces): OutputPart => ({ type: 'refusal', pieces })),
  fc.record({ name: fc.string(), args: fc.array(fc.string({ minLength: 1 })) }).map(toolCallPart),
);

describe('a stream', () => {
  it('adds up to the whole, whatever the model says', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 6 }), (output) => {
        const { choices } = whole(reply(output)) as unknown as {
          choices: [
            {
              message: { content: string | null; refusal: string | null; tool_calls?: JsonObject[] };
              finish_reason: string;
            },
          ];
        };
        const deltas = streamed(reply(output)).flatMap((chunk) => chunk.choices);
        const sum = (field: 'content' | 'refusal') => deltas.map(({ delta }) => delta[field] ?? '').join('');
        const calls: { id?: string; name?: string; arguments: string }[] = [];
        for (const { index, id, function: piece } of deltas.flatMap(({ delta }) => delta.tool_calls ?? [])) {
          const call = (calls[index] ??= { arguments: '', ...(id && { id }), name: piece.name ?? '' });
          call.arguments += piece.arguments;
        }
        const { message, finish_reason } = choices[0];
        expect(sum('content')).toBe(message.content ?? '');
        expect(sum('refusal')).toBe(message.refusal ?? '');
        expect(calls.map((call) => ({ name: call.name, arguments: call.arguments }))).toEqual(
          (message.tool_calls ?? []).map((call) => call['function']),
        );
        expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
        expect(deltas.map((choice) => choice.finish_reason).filter((reason) => reason !== null)).toEqual([
          finish_reason,
        ]);
      }),
    );
  });

  it('opens with the role, and a call with its name', () => {
    const [first, second] = streamed(toolCalls([{ name: 'Read', args: ['{}'], id: 'call_1' }]));
    expect(first?.choices[0]?.delta).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'Read', arguments: '' } }],
    });
    expect(second?.choices[0]?.delta).toEqual({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] });
    expect(streamed(reply([]))[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null });
  });

  it('reports usage and pads only as it is asked to', () => {
    const bare = streamed(text('hi'));
    expect(bare.every((chunk) => !('usage' in chunk) && chunk.obfuscation !== undefined)).toBe(true);
    const full = streamed(
      text('hi'),
      asking({ stream: true, stream_options: { include_usage: true, include_obfuscation: false } }),
    );
    expect(full.every((chunk) => chunk.obfuscation === undefined)).toBe(true);
    expect(full.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(full.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 },
    });
  });

  it('keeps the pauses of the script where they stand, and its pace', () => {
    const pause = gate();
    const { body } = renderChatReply(
      asking({ stream: true }),
      model('gpt-4.1'),
      text(['a', pause, 'b'], { paceMs: 3 }),
      null,
    );
    const steps = [...(body as Iterable<Step>)];
    const index = steps.indexOf(pause);
    expect(steps[index - 1]).toContain('"content":"a"');
    expect(steps.slice(index + 1).filter((step) => typeof step === 'object' && isPause(step))).toEqual([
      { kind: 'sleep', ms: 3 },
    ]);
  });

  it('sends every choice', () => {
    const deltas = streamed(text('hi'), asking({ stream: true, n: 2 })).flatMap((chunk) => chunk.choices);
    expect(deltas.filter(({ delta }) => delta.content === 'hi').map(({ index }) => index)).toEqual([0, 1]);
  });
});

describe('a whole answer', () => {
  it('waits at the pauses of the script', () => {
    const pause = gate();
    const { body } = renderChatReply(asking(), model('gpt-4.1'), text(['a', pause, 'b']), null);
    const steps = [...(body as Iterable<Step>)];
    expect(steps[0]).toBe(pause);
    expect(JSON.parse(steps[1] as string)).toMatchObject({ choices: [{ message: { content: 'ab' } }] });
    expect(steps[1]).not.toContain('"usage"');
  });

  it('has the finish reason of a forced call', () => {
    const forced = asking({ tool_choice: { type: 'function', function: { name: 'f' } } });
    const finish = (request: ChatRequest, script: ModelReply) =>
      (whole(script, request)['choices'] as JsonObject[])[0]?.['finish_reason'];
    expect(finish(asking(), toolCalls([{ name: 'f', args: {} }]))).toBe('tool_calls');
    expect(finish(forced, toolCalls([{ name: 'f', args: {} }]))).toBe('stop');
    expect(finish(asking(), text('x', { finish: 'content_filter' }))).toBe('content_filter');
  });

  it('gives log probabilities on request', () => {
    const [choice] = whole(text('hi'), asking({ logprobs: true, top_logprobs: 1 }))['choices'] as JsonObject[];
    const token = { token: 'hi', logprob: -0.01, bytes: [104, 105] };
    expect(choice?.['logprobs']).toEqual({ content: [{ ...token, top_logprobs: [token] }], refusal: null });
  });

  it('names model, tier and cache writes as the model has them', () => {
    expect(whole(text('x', { model: 'gpt-other' }), asking({ service_tier: 'priority' }))).toMatchObject({
      model: 'gpt-other',
      service_tier: 'priority',
      system_fingerprint: expect.stringMatching(/^fp_/),
      usage: { prompt_tokens_details: { cached_tokens: 2, audio_tokens: 0 } },
    });
  });

  it('tells cache writes where the model has them, or the script says so', () => {
    const written = (id: string, cacheWrite: number | undefined) => {
      const { usage } = whole(text('x'), asking(), model(id), { ...USAGE, cacheWrite });
      return (usage as { prompt_tokens_details: JsonObject }).prompt_tokens_details['cache_write_tokens'];
    };
    expect([
      written('gpt-4.1', undefined),
      written('gpt-4.1', 3),
      written('gpt-5.6', undefined),
      written('gpt-5.6', 3),
    ]).toEqual([undefined, 3, 0, 3]);
  });

  it('shows the reasoning of a compatible server', () => {
    const answer = whole(reply([reasoning(['r1', 'r2']), textPart('a')]), asking(), model('deepseek-chat'));
    expect(answer['choices']).toMatchObject([{ message: { content: 'a', reasoning_content: 'r1\n\nr2' } }]);
    expect(answer['usage']).toMatchObject({ prompt_cache_hit_tokens: 2, prompt_cache_miss_tokens: 8 });
  });

  it('carries citations', () => {
    const cited = textPart('hello', [{ url: 'https://a/', title: 'A', start: 0, end: 5 }]);
    const annotation = {
      type: 'url_citation',
      url_citation: { url: 'https://a/', title: 'A', start_index: 0, end_index: 5 },
    };
    expect(whole(reply([cited]))['choices']).toMatchObject([{ message: { annotations: [annotation] } }]);
    expect(
      streamed(reply([cited]))
        .flatMap(({ choices }) => choices)
        .map(({ delta }) => delta),
    ).toContainEqual({ annotations: [annotation] });
  });

  it('cannot search', () => {
    expect(() => whole(reply([webSearch('q', [])]))).toThrow('an output of the Responses API');
  });
});
