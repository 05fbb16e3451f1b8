import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { text as says, toolCalls } from '../../apps/simulated-openai/src/index.js';
import { get, http, post } from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { BASE, image, talk, text, TOOL, U } from './support/requests.js';
import { C4, C5, CLIENT_HEADERS, errorOf, messageOf, Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    c4: C4,
    c5: C5,
    alias: { ...C5, alias: 'claude-best' },
    any: { model: null },
    small: { ...C4, config: { max_request_body_size: 1000 } },
  });
});
afterAll(() => stage.close());

interface ModelList {
  readonly data: readonly { readonly id: string }[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

describe('counting tokens', () => {
  const count = async (body: object, path = '/v1/messages/count_tokens?beta=true'): Promise<number> => {
    const answer = await stage.ask('c5', body, { path });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json() as object)).toEqual(['input_tokens']);
    return (answer.json() as { input_tokens: number }).input_tokens;
  };

  it('X01 is answered here, the same each time', async () => {
    const first = await count(BASE);
    expect(first).toBeGreaterThan(3);
    expect(await count(BASE)).toBe(first);
    expect(stage.exchanges.flatMap(({ sent }) => sent)).toEqual([]);
  });

  it('X01 needs neither max_tokens nor a stream', async () => {
    const { max_tokens: _limit, ...question } = BASE;
    expect(await count(question)).toBe(await count(BASE));
  });

  const WEATHER = {
    name: 'get_current_weather',
    description: 'Get the current weather in a given location',
    input_schema: {
      type: 'object',
      properties: {
        location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
        unit: { type: 'string', description: 'The unit of temperature to return', enum: ['celsius', 'fahrenheit'] },
      },
      required: ['location'],
    },
  };

  /** `prompt_tokens` of the real API: its reference ("Create chat completion"), OpenAI's cookbook on counting tokens. */
  it.each<[string, number, object]>([
    ['a greeting', 19, { system: 'You are a helpful assistant.', messages: [{ role: 'user', content: 'Hello!' }] }],
    [
      'a question with a tool',
      101,
      {
        system: 'You are a helpful assistant that can answer to questions about the weather.',
        messages: [{ role: 'user', content: "What's the weather like in San Francisco?" }],
        tools: [WEATHER],
      },
    ],
    ['a thousand words', 1007, { messages: [{ role: 'user', content: `word${' word'.repeat(999)}` }] }],
  ])('X02 counts %s within five percent of what OpenAI does', async (_, tokens, more) => {
    const counted = await count({ ...BASE, ...more });
    expect(Math.abs(counted - tokens)).toBeLessThanOrEqual(Math.ceil(tokens * 0.05));
  });

  it('X02 counts tools, images and what was called', async () => {
    const plain = await count(talk([U(text('q'))]));
    expect(await count(talk([U(text('q'))], { tools: [TOOL] }))).toBeGreaterThan(plain + 10);
    expect(await count(talk([U(text('q'), image())]))).toBeGreaterThan(plain + 50);
  });

  it('X02 counts a long prompt within fifty milliseconds', async () => {
    // About 400 KB of prose without much repetition, as prompts are.
    const words = Array.from({ length: 64_000 }, (_, n) => `w${(n * 7919) % 9973}`);
    const body = talk(Array.from({ length: 64 }, (_, n) => U(text(words.slice(n * 1000, (n + 1) * 1000).join(' ')))));
    expect(JSON.stringify(body).length).toBeGreaterThan(350_000);
    await count(body);
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const started = performance.now();
      await count(body);
      times.push(performance.now() - started);
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });

  it('X02 tells a mistake as the message endpoint would', async () => {
    const answer = await stage.ask('c5', { model: 'claude-x' }, { path: '/v1/messages/count_tokens' });
    expect(answer.status).toBe(400);
    expect(errorOf(answer).error).toEqual({
      type: 'invalid_request_error',
      message: expect.stringContaining('messages'),
    });
  });
});

describe('the list of models', () => {
  const list = async (route: string): Promise<ModelList> => {
    const answer = await stage.ask(route, undefined, { method: 'GET', path: '/v1/models?limit=1000' });
    expect(answer.status).toBe(200);
    return answer.json() as ModelList;
  };

  it('X03 has the model of the route under a name that the client looks at', async () => {
    const models = await list('c5');
    expect(models).toEqual({
      data: [
        {
          type: 'model',
          id: 'claude-gw-gpt-5.2',
          display_name: 'gpt-5.2',
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          capabilities: null,
          deprecated_at: null,
          lifecycle: 'active',
          line: null,
          max_input_tokens: 400_000,
          max_tokens: 128_000,
          retires_at: null,
        },
      ],
      has_more: false,
      first_id: 'claude-gw-gpt-5.2',
      last_id: 'claude-gw-gpt-5.2',
    });
  });

  it('X03 has all of the upstream’s where the client chooses, and each of them works', async () => {
    const { data, first_id, last_id, has_more } = await list('any');
    expect(data.length).toBeGreaterThan(5);
    for (const { id } of data) expect(id).toMatch(/claude|anthropic/);
    expect([first_id, last_id, has_more]).toEqual([data[0]?.id, data.at(-1)?.id, false]);
    const answer = await stage.ask('any', { ...BASE, model: 'claude-gw-gpt-4o' });
    expect(answer.sent[0]?.body).toMatchObject({ model: 'gpt-4o' });
    expect(messageOf(answer).model).toBe('claude-gw-gpt-4o');
    expect((await stage.ask('any', { ...BASE, model: 'gpt-4o' })).status).toBe(200);
  });

  it('X03 has the alias of the route', async () => {
    expect((await list('alias')).data.map(({ id }) => id)).toContain('claude-best');
    const one = await stage.ask('alias', undefined, { method: 'GET', path: '/v1/models/claude-best' });
    expect(one.json()).toMatchObject({ type: 'model', id: 'claude-best' });
  });

  it('X04 does not have an unknown one', async () => {
    const answer = await stage.ask('c5', undefined, { method: 'GET', path: '/v1/models/unknown' });
    expect(answer.status).toBe(404);
    expect(errorOf(answer).error).toEqual({ type: 'not_found_error', message: expect.stringContaining('unknown') });
  });
});

describe('other paths', () => {
  it.each(['', '/', '/api/hello'])('X05 HEAD %s', async (path) => {
    const answer = await stage.ask('c4', undefined, { method: 'HEAD', path });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
  });

  it.each([
    ['POST', '/v1/messages/cache_touch'],
    ['GET', '/nope'],
    ['POST', '/v1/complete'],
    ['GET', '/v1/messages'],
  ])('X06 %s %s is not found', async (method, path) => {
    const answer = await stage.ask('c4', method === 'POST' ? {} : undefined, { method, path });
    expect(answer.status).toBe(404);
    expect(errorOf(answer)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect(errorOf(answer).request_id).toBe(answer.headers['request-id']);
  });

  it('X06 without a route the client is told in its own format, too', async () => {
    const answer = await post(`${stage.gateway.proxy}/elsewhere/v1/messages`, BASE, CLIENT_HEADERS);
    expect(answer.status).toBe(404);
    expect(errorOf(answer)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    const stranger = await get(`${stage.gateway.proxy}/elsewhere`);
    expect(stranger.json()).toEqual({
      message: 'no Route matched with those values',
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it.each(['/v1/messages/batches', '/v1/messages/batches/b1/cancel', '/v1/files'])(
    'X07 %s is not here',
    async (path) => {
      const answer = await stage.ask('c4', { requests: [] }, { path });
      expect(answer.status).toBe(501);
      expect(answer.headers['x-should-retry']).toBe('false');
      expect(errorOf(answer).error.type).toBe('not_supported');
    },
  );
});

describe('X09 compressed requests', () => {
  const body = Buffer.from(JSON.stringify(talk([U(text('zipped'))])));
  const encoders: [string, (plain: Buffer) => Buffer][] = [['gzip', zlib.gzipSync]];
  // Node has it from 22.15 on; before that the gateway refuses it like any other encoding that it does not know.
  if ('zstdCompressSync' in zlib) encoders.push(['zstd', zlib.zstdCompressSync]);

  it.each(encoders)('X09 %s', async (encoding, compress) => {
    const answer = await stage.ask('c4', body, { compress: [encoding, compress] });
    expect(answer.status).toBe(200);
    expect(answer.sent[0]?.body).toMatchObject({ messages: [{ content: [{ type: 'text', text: 'zipped' }] }] });
    expect(answer.sent[0]?.headers['content-encoding']).toBeUndefined();
  });

  it.each(encoders)('X09 the limit is on what %s unpacks to', async (encoding, compress) => {
    const large = JSON.stringify(talk([U(text('x'.repeat(100_000)))]));
    expect(compress(Buffer.from(large)).length).toBeLessThan(1000);
    const answer = await stage.ask('small', large, { compress: [encoding, compress] });
    expect([answer.status, errorOf(answer).error.type]).toEqual([413, 'request_too_large']);
  });

  it('X09 what is no gzip', async () => {
    const answer = await stage.ask('c4', body, { headers: { 'content-encoding': 'gzip' } });
    expect([answer.status, errorOf(answer).error.type]).toEqual([400, 'invalid_request_error']);
  });

  it.each('zstdCompressSync' in zlib ? ['snappy'] : ['snappy', 'zstd'])('X09 %s is unknown', async (encoding) => {
    const answer = await stage.ask('c4', body, { headers: { 'content-encoding': encoding } });
    expect([answer.status, errorOf(answer).error.type]).toEqual([415, 'invalid_request_error']);
  });
});

it('answers of an upstream that compresses without being asked', async () => {
  for (const encoding of ['gzip', 'br', 'deflate'] as const) {
    const whole = await stage.ask('c4', BASE, { upstream: says('packed', { encoding }) });
    expect(messageOf(whole).content).toMatchObject([{ text: 'packed' }]);
    const stream = await stage.ask(
      'c4',
      { ...BASE, stream: true },
      { upstream: toolCalls([{ name: 'Read', args: { p: 'packed' } }], { encoding }) },
    );
    expect(stream.text).toContain('"name":"Read"');
    expect(stream.headers['content-encoding']).toBeUndefined();
  }
});

it('a request with an Expect header is not left waiting', async () => {
  const answer = await http(stage.url('c4', '/v1/messages'), {
    headers: { ...CLIENT_HEADERS, expect: '100-continue' },
    body: BASE,
  });
  expect(answer.status).toBe(200);
});

recordsEveryExchange(() => stage);
