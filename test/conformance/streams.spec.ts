import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sse } from '../../apps/simulated-openai/src/index.js';
import { checkGrammar, transcript, type AnthropicEvent } from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base, TOOL } from './support/requests.js';
import { C4, DS, errorOf, eventsOf, Stage, type Exchange } from './support/stage.js';
import { EARLY_ERROR, STREAM_CASES, title, type StreamCase } from './support/stream-cases.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ c4: C4, ds: DS });
});
afterAll(() => stage.close());

const REQUEST = base({ stream: true, tools: [TOOL, { ...TOOL, name: 'Write' }] });

const ask = ({ route = 'c4', frames }: Pick<StreamCase, 'route' | 'frames'>): Promise<Exchange> =>
  stage.ask(route, REQUEST, { upstream: sse(frames) });

const ending = (events: readonly AnthropicEvent[]): AnthropicEvent | undefined =>
  events.find(({ type }) => type === 'message_delta');

describe('a stream of chat chunks becomes a stream of messages', () => {
  it.each(STREAM_CASES.map((one) => [title(one), one] as const))('%s', async (_, one) => {
    const answer = await ask(one);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'request-id': expect.stringMatching(/^req_/),
    });
    const events = eventsOf(answer);
    checkGrammar(events);
    expect(transcript(events)).toBe(one.transcript);
    if (one.usage) expect(ending(events)?.usage).toMatchObject(one.usage);
    expect(answer.sent[0]?.body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('T15 what no usage tells is counted here, and told as such', async () => {
    const answer = await ask(STREAM_CASES.find(({ id }) => id === 'T15')!);
    const usage = ending(eventsOf(answer))?.usage;
    expect(usage?.['output_tokens']).toBeGreaterThanOrEqual(3);
    expect(usage?.['input_tokens']).toBeGreaterThan(10);
    expect((await stage.recordOf(answer)).ai?.usage).toMatchObject({
      estimated: true,
      prompt_tokens: usage?.['input_tokens'],
      completion_tokens: usage?.['output_tokens'],
    });
  });

  it.each(['T17', 'T18'])('%s leaves a record of what there was', async (id) => {
    const answer = await ask(STREAM_CASES.find((one) => one.id === id)!);
    const error = eventsOf(answer).at(-1);
    expect(error?.request_id).toBe(answer.headers['request-id']);
    const record = await stage.recordOf(answer);
    expect(record).toMatchObject({ exchange: { outcome: 'upstream_failed' }, response: { status: 200 } });
    expect(record.error?.message).toBeTruthy();
    expect(record.ai?.payload?.response).toContain('"text":"a');
  });

  it('T19 an error before anything else keeps its HTTP status', async () => {
    const answer = await ask({ frames: EARLY_ERROR });
    expect(answer.status).toBe(529);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(errorOf(answer)).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: expect.stringMatching(/overloaded/i) },
      request_id: answer.headers['request-id'],
    });
  });

  it('T36 the beginning is an estimate, the end is exact', async () => {
    const events = eventsOf(await ask(STREAM_CASES.find(({ id }) => id === 'T14')!));
    const started = events[0]?.message?.['usage'] as Record<string, unknown>;
    expect(started).toMatchObject({ output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 });
    // BASE and two tools: more than the 30 tokens that the upstream claims.
    expect(started['input_tokens']).toBeGreaterThan(30);
    expect(ending(events)?.usage).toMatchObject({ input_tokens: 30, output_tokens: 5 });
  });
});

recordsEveryExchange(() => stage);
