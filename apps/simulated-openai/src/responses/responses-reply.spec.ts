import { describe, expect, it } from '@jest/globals';
import { findModel, type Model } from '../models.js';
import { gate, type Step } from '../script/gate.js';
import { reasoning, refusal, reply, text, textPart, toolCallPart, webSearch } from '../script/script.js';
import type { JsonObject } from '../validation/checks.js';
import { ReasoningSeals } from './reasoning-seals.js';
import { ladderOf, renderResponsesReply } from './responses-reply.js';

const GPT = findModel('gpt-5.6') as Model;
const types = (events: readonly JsonObject[]): string[] =>
  events.map((event) => String(event['type']).replace('response.', ''));
const last = (events: readonly JsonObject[]): JsonObject => (events.at(-1)?.['response'] ?? {}) as JsonObject;

describe('the ladder of events', () => {
  it('leads over a web search and a citation', () => {
    const events = ladderOf(
      reply([webSearch('q', ['https://a/']), textPart(['ans'], [{ url: 'https://a/', title: 'A', start: 0, end: 3 }])]),
    );
    expect(types(events)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'web_search_call.in_progress',
      'web_search_call.searching',
      'web_search_call.completed',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.annotation.added',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events[6]).toMatchObject({
      item: { action: { query: 'q', sources: [{ type: 'url', url: 'https://a/' }] } },
    });
  });

  it('leads over a refusal', () => {
    expect(types(ladderOf(refusal(['N', 'o.']))).slice(3, -2)).toEqual([
      'content_part.added',
      'refusal.delta',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
    ]);
  });

  it('ends incomplete when the model is cut off', () => {
    const events = ladderOf(reply([textPart('a'), toolCallPart({ name: 'f', args: '{"p' })], { finish: 'length' }));
    expect(types(events).at(-1)).toBe('incomplete');
    expect(last(events)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'completed' }, { status: 'incomplete', arguments: '{"p' }],
    });
    expect(last(ladderOf(text('a', { finish: 'content_filter' })))).toMatchObject({
      incomplete_details: { reason: 'content_filter' },
    });
  });

  it('shows a reasoning item first with another ciphertext than last', () => {
    const events = ladderOf(reply([reasoning('s', { id: 'rs_1' })]));
    const [added, done] = events
      .filter(({ type }) => String(type).startsWith('response.output_item'))
      .map(({ item }) => item as JsonObject);
    expect(added).toMatchObject({ id: 'rs_1', summary: [] });
    expect(done).toMatchObject({ id: 'rs_1', summary: [{ type: 'summary_text', text: 's' }] });
    expect(added?.['encrypted_content']).not.toBe(done?.['encrypted_content']);
    expect(String(done?.['encrypted_content'])).toMatch(/^gAAAAA[\w-]{200,}$/);
  });

  it('reports no usage before its end, and none at all where a script wants none', () => {
    const events = ladderOf(text('a'));
    expect(events[0]).toMatchObject({ type: 'response.created', response: { usage: null } });
    expect(last(events)['usage']).toMatchObject({ input_tokens: 10, output_tokens: 5, total_tokens: 15 });
    expect(last(ladderOf(text('a', { usage: null })))['usage']).toBeNull();
  });
});

describe('what a request gets', () => {
  const script = reply([reasoning(['p1', 'p2'], { id: 'rs_1' }), textPart(['a'])]);

  it('is a summary only on demand', () => {
    const output = (request: object) => {
      const { body } = renderResponsesReply(
        { model: 'gpt-5.6', input: 'x', ...request },
        GPT,
        script,
        null,
        new ReasoningSeals(),
      );
      return (JSON.parse(body as string) as { output: JsonObject[] }).output;
    };
    expect(output({})[0]).toMatchObject({ summary: [] });
    expect(output({ reasoning: { summary: 'auto' } })[0]).toMatchObject({ summary: [{ text: 'p1' }, { text: 'p2' }] });
  });

  it('repeats the request with its defaults filled in', () => {
    const request = {
      model: 'gpt-5.6',
      input: 'x',
      tools: [
        { type: 'function', name: 'f' },
        { type: 'function', name: 'g', strict: false },
      ],
    };
    const { body } = renderResponsesReply(request, GPT, script, null, new ReasoningSeals());
    expect(JSON.parse(body as string)).toMatchObject({
      object: 'response',
      status: 'completed',
      error: null,
      instructions: null,
      parallel_tool_calls: true,
      reasoning: { effort: 'medium', summary: null },
      store: true,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: 'auto',
      tools: [{ strict: true }, { strict: false }],
      truncation: 'disabled',
    });
  });

  it('is a stream of named, numbered and padded frames, with pauses in their place', () => {
    const pause = gate();
    const { body, contentType } = renderResponsesReply(
      { model: 'gpt-5.6', input: 'x', stream: true },
      GPT,
      text(['a', pause, 'b'], { paceMs: 2 }),
      null,
      new ReasoningSeals(),
    );
    expect(contentType).toBe('text/event-stream; charset=utf-8');
    const steps = [...(body as Iterable<Step>)];
    const frames = steps.filter((step) => typeof step === 'string');
    expect(frames.map((frame) => /^event: (\S+)\ndata: (.*)\n\n$/.exec(frame)?.[1])).not.toContain(undefined);
    expect(frames.map((frame) => Number(/"sequence_number":(\d+)/.exec(frame)?.[1]))).toEqual(
      frames.map((_, index) => index),
    );
    expect(frames.find((frame) => frame.includes('"delta":"a"'))).toMatch(/"obfuscation":"\w+"/);
    expect(steps[steps.indexOf(pause) + 1]).toEqual({ kind: 'sleep', ms: 2 });
  });

  it('waits at pauses before a whole body', () => {
    const pause = gate();
    const { body } = renderResponsesReply(
      { model: 'gpt-5.6', input: 'x' },
      GPT,
      text([pause, 'b']),
      null,
      new ReasoningSeals(),
    );
    expect([...(body as Iterable<Step>)]).toEqual([pause, expect.stringContaining('"text":"b"')]);
  });
});
