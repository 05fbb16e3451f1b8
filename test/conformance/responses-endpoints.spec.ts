import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiError, json, never, type ReplyScript } from '../../apps/simulated-openai/src/index.js';
import { base, talk, text, TOOL, U, type Fields } from './support/requests.js';
import { errorOf, R, Stage, type Exchange } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ r: R, gone: R });
});
afterAll(() => stage.close());

const count = (body: Fields, upstream?: ReplyScript, route = 'r'): Promise<Exchange> =>
  stage.ask(route, body, { path: '/v1/messages/count_tokens?beta=true', ...(upstream && { upstream }) });
const counted = (tokens: number): ReplyScript => json({ object: 'response.input_tokens', input_tokens: tokens });

describe('counting tokens', () => {
  it('X01 is done by the upstream, once for the same request', async () => {
    const body = talk([U(text('how long is this'))], { system: 'S', tools: [TOOL], thinking: { type: 'adaptive' } });
    const first = await count(body, counted(123));
    expect(first.json()).toEqual({ input_tokens: 123 });
    expect(first.sent).toMatchObject([
      {
        path: '/v1/responses/input_tokens',
        body: { model: 'gpt-5.6', tools: [{ name: 'Read' }], input: [{ role: 'developer' }, { role: 'user' }] },
      },
    ]);
    const second = await count(body);
    expect([second.json(), second.sent]).toEqual([{ input_tokens: 123 }, []]);
  });

  it('X01 the strict upstream takes the request', async () => {
    const answer = await count(base({ max_tokens: undefined, tools: [TOOL], metadata: { user_id: 'u' } }));
    expect(answer.sent[0]?.reply.status).toBe(200);
    expect((answer.json() as { input_tokens: number }).input_tokens).toBeGreaterThan(10);
  });

  it('X02 is done here when the upstream is silent, fails, or has no such endpoint', async () => {
    const words = talk([U(text('some words to be counted here, not there'))]);
    const tokens = (answer: Exchange): number => (answer.json() as { input_tokens: number }).input_tokens;
    for (const upstream of [never(), apiError(500, { message: 'no' }), json({})]) {
      const answer = await count({ ...words, system: String(stage.exchanges.length) }, upstream);
      expect(answer.status).toBe(200);
      expect(tokens(answer)).toBeGreaterThan(10);
      expect(tokens(answer)).toBeLessThan(40);
    }
    const missing = await count(words, apiError(404, { message: 'Invalid URL' }), 'gone');
    expect([missing.status, missing.sent.length]).toEqual([200, 1]);
    expect((await count(words, undefined, 'gone')).sent).toEqual([]);
  });

  it('E01 E08 errors speak of the client’s own request', async () => {
    const overflow = apiError(400, {
      message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
      code: 'context_length_exceeded',
    });
    const answer = await stage.ask('r', base(), { upstream: overflow });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).error.message).toMatch(/^prompt is too long: \d+ tokens > 1050000 maximum$/);
    const image = { type: 'image', source: { type: 'url', url: 'https://h.example/i.png' } };
    const bad = await stage.ask('r', talk([U(text('q'), image)], { system: 'S' }), {
      upstream: apiError(400, { message: "Invalid image at 'input[1].content[1]'.", code: 'invalid_image' }),
    });
    expect(errorOf(bad).error.message).toMatch(/^Could not process image messages\.0\.content\.1\.image/);
  });
});
