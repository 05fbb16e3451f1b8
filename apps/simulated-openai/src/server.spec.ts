import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request as send, type Dispatcher } from 'undici';
import {
  apiError,
  bytes,
  chunk,
  cut,
  cutAfter,
  DONE,
  errorFrame,
  fin,
  gate,
  html,
  json,
  never,
  rateLimit,
  reset,
  silence,
  SimulatedOpenAI,
  sse,
  text,
  use,
  type Step,
} from './index.js';

const ASK = { model: 'gpt-4.1', messages: [{ role: 'user', content: 'hi' }] };
const STREAM = { ...ASK, stream: true, stream_options: { include_usage: true } };

let simulation: SimulatedOpenAI;
beforeEach(async () => {
  simulation = await SimulatedOpenAI.start();
});
afterEach(() => simulation.close());

function post(body: unknown, path = '/v1/chat/completions', signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
  return send(`${simulation.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

const errorOf = async (response: Dispatcher.ResponseData): Promise<unknown> =>
  ((await response.body.json()) as { error: unknown }).error;

describe('what it refuses by itself', () => {
  it('is a body that is no JSON', async () => {
    const response = await post('{"model":');
    expect(response.statusCode).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      message: expect.stringContaining('We could not parse the JSON body of your request.'),
      type: 'invalid_request_error',
      param: null,
      code: null,
    });
  });

  it('is an unknown path or method', async () => {
    const lost = await post(ASK, '/v1/completion');
    expect(lost.statusCode).toBe(404);
    expect(await errorOf(lost)).toEqual({
      message: 'Invalid URL (POST /v1/completion)',
      type: 'invalid_request_error',
      param: null,
      code: null,
    });
    const get = await send(`${simulation.url}/v1/chat/completions`);
    expect(get.statusCode).toBe(405);
    expect(get.headers['allow']).toBe('POST');
    expect(await errorOf(get)).toMatchObject({ code: 'method_not_supported' });
  });

  it('is a request without the key', async () => {
    const guarded = await SimulatedOpenAI.start({ apiKey: 'sk-right' });
    const response = await send(`${guarded.url}/v1/models`);
    expect(response.statusCode).toBe(401);
    expect(await errorOf(response)).toMatchObject({
      message: expect.stringContaining("You didn't provide an API key."),
    });
    await guarded.close();
  });

  it('is recorded, and leaves the scripts alone', async () => {
    simulation.enqueue(text('for the next one'));
    await (await post({ ...ASK, brand_new: 1 })).body.dump();
    expect(simulation.rejected.map(({ rejection }) => rejection?.param)).toEqual(['brand_new']);
    const taken = (await (await post(ASK)).body.json()) as { choices: [{ message: { content: string } }] };
    expect(taken.choices[0].message.content).toBe('for the next one');
    expect(simulation.pending).toBe(0);
  });

  it('is a prompt beyond the context window', async () => {
    const long = await post({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x'.repeat(600_000) }] });
    expect(long.statusCode).toBe(400);
    expect(await errorOf(long)).toEqual({
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 150007 tokens. Please reduce the length of the messages.",
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    });
    const input = await post({ model: 'gpt-5', messages: [{ role: 'user', content: 'x'.repeat(1_200_000) }] });
    expect(await errorOf(input)).toMatchObject({
      message: expect.stringContaining(
        'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300007 tokens.',
      ),
    });
    const responses = await post({ model: 'gpt-5', input: 'x'.repeat(1_200_000) }, '/v1/responses');
    expect(await errorOf(responses)).toMatchObject({ message: expect.stringContaining('exceeds the context window') });
  });

  it('is nothing at all when it is not strict', async () => {
    const lenient = await SimulatedOpenAI.start({ strict: false });
    lenient.enqueue(text('fine'));
    const response = await send(`${lenient.url}/v1/chat/completions`, {
      method: 'POST',
      body: '{"model":"x","foo":1}',
    });
    expect(await response.body.json()).toMatchObject({ model: 'x', choices: [{ message: { content: 'fine' } }] });
    await lenient.close();
  });
});

describe('scripts', () => {
  it('are taken in their order, before rules, before the answer of the house', async () => {
    simulation
      .enqueue(json({ n: 1 }), json({ n: 2 }))
      .respond(({ body }) => ((body as typeof ASK).messages[0]?.content === 'rule' ? json({ n: 'rule' }) : undefined));
    const asked = async (content: string) =>
      (await post({ ...ASK, messages: [{ role: 'user', content }] })).body.json();
    expect(await asked('rule')).toEqual({ n: 1 });
    expect(await asked('x')).toEqual({ n: 2 });
    expect(await asked('rule')).toEqual({ n: 'rule' });
    expect(await asked('who is there')).toMatchObject({
      choices: [{ message: { content: expect.stringContaining('who is there') }, finish_reason: 'stop' }],
    });
  });

  it('send frames as they stand', async () => {
    simulation.enqueue(
      sse([chunk({ content: 'He' }), chunk({ content: 'llo' }), fin('stop'), use(5, 2, { cached: 3 }), DONE]),
    );
    const response = await post(STREAM);
    expect(response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(await response.body.text()).toBe(
      [
        'data: {"choices":[{"index":0,"delta":{"content":"He"},"finish_reason":null}]}',
        'data: {"choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":null}]}',
        'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":3}}}',
        'data: [DONE]',
        '',
      ].join('\n\n'),
    );
    expect(simulation.bill.of('gpt-4.1-2025-04-14')).toMatchObject({
      promptTokens: 5,
      cachedTokens: 3,
      completionTokens: 2,
    });
    expect(simulation.requests[0]?.reply).toMatchObject({ status: 200, end: 'finished', usage: { promptTokens: 5 } });
  });

  it('send errors, pages and headers', async () => {
    simulation.enqueue(
      apiError(
        429,
        { message: 'Please try again in 1.5s', code: 'rate_limit_exceeded', type: 'requests' },
        {
          headers: { ...rateLimit({ 'remaining-tokens': '5' }), 'retry-after': '2', 'set-cookie': '' },
        },
      ),
      html(502, '<html>bad gateway</html>'),
    );
    const limited = await post(ASK);
    expect(limited.statusCode).toBe(429);
    expect(limited.headers).toMatchObject({ 'x-ratelimit-remaining-tokens': '5', 'retry-after': '2' });
    expect(limited.headers).not.toHaveProperty('set-cookie');
    expect(await errorOf(limited)).toEqual({
      message: 'Please try again in 1.5s',
      type: 'requests',
      param: null,
      code: 'rate_limit_exceeded',
    });
    const page = await post(ASK);
    expect([page.statusCode, page.headers['content-type'], await page.body.text()]).toEqual([
      502,
      'text/html',
      '<html>bad gateway</html>',
    ]);
  });

  it('compress', async () => {
    simulation.enqueue(
      json({ a: 1 }, { encoding: 'gzip' }),
      sse([chunk({ content: 'a' }), DONE], { encoding: 'gzip' }),
    );
    const whole = await post(ASK);
    expect(whole.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(Buffer.from(await whole.body.arrayBuffer())).toString()).toBe('{"a":1}');
    const stream = await post(STREAM);
    expect(gunzipSync(Buffer.from(await stream.body.arrayBuffer())).toString()).toBe(chunk({ content: 'a' }) + DONE);
  });

  it('wait at gates, the compressed ones too', async () => {
    const head = gate();
    const middle = gate();
    simulation.enqueue(sse([chunk({ content: 'a' }), middle, DONE], { after: head, encoding: 'gzip' }));
    const response = post(STREAM);
    await head.reached;
    expect(simulation.requests[0]?.reply.status).toBeUndefined();
    head.open();
    const { body } = await response;
    const [first] = await body[Symbol.asyncIterator]()
      .next()
      .then(({ value }) => [value as Buffer]);
    expect(first?.length).toBeGreaterThan(0);
    await middle.reached;
    expect(simulation.requests[0]?.reply.end).toBeUndefined();
    middle.open();
    await simulation.requests[0]?.closed;
  });

  it('write pieces at the given offsets', async () => {
    const arrivals: string[] = [];
    simulation.enqueue(sse(bytes('data: [DONE]\n\n', [1, 7, 9])));
    const { body } = await post(STREAM);
    for await (const piece of body) arrivals.push(String(piece));
    expect(arrivals.join('')).toBe(DONE);
    expect(simulation.requests[0]?.reply.bytes).toBe(DONE.length);
  });

  it('break connections', async () => {
    simulation.enqueue(
      sse([chunk({ content: 'abc' }), cut]),
      sse([chunk({ content: 'abc' }), reset]),
      sse(cutAfter(10, [DONE])),
    );
    const partial = async (): Promise<[string, unknown]> => {
      let received = '';
      try {
        for await (const piece of (await post(STREAM)).body) received += String(piece);
      } catch (error) {
        return [received, (error as { code: unknown }).code];
      }
      return [received, undefined];
    };
    expect(await partial()).toEqual([chunk({ content: 'abc' }), 'UND_ERR_SOCKET']);
    expect(await partial()).toEqual([expect.any(String), expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/)]);
    expect(await partial()).toEqual([DONE.slice(0, 10), 'UND_ERR_SOCKET']);
    expect(simulation.requests.map(({ reply, aborted }) => [reply.end, aborted])).toEqual(
      Array.from({ length: 3 }, () => ['broken', false]),
    );
  });

  it('end in an error of the stream', async () => {
    simulation.enqueue(sse([errorFrame({ message: 'overloaded', type: 'server_error' })]));
    expect(await (await post(STREAM)).body.text()).toBe(
      'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n',
    );
  });

  it('fail loudly when they ask for what an endpoint cannot say', async () => {
    simulation.enqueue(text('no vector'));
    const response = await post({ model: 'text-embedding-3-small', input: 'x' }, '/v1/embeddings');
    expect(response.statusCode).toBe(500);
    expect(await errorOf(response)).toMatchObject({ code: 'simulation_fault' });
  });
});

describe('clients that leave', () => {
  it.each([
    ['during silence', () => sse([chunk({ content: 'a' }), silence])],
    ['before any answer', () => never()],
    ['at a gate', () => sse([gate(), DONE])],
    ['before the head', () => json({}, { after: gate() })],
  ])('%s are seen', async (_when, script) => {
    simulation.enqueue(script());
    const client = new AbortController();
    const response = post(STREAM, undefined, client.signal).then(({ body }) => body.dump());
    const request = await simulation.nextRequest();
    expect(request.aborted).toBe(false);
    client.abort();
    await expect(response).rejects.toThrow();
    await request.closed;
    expect(request.aborted).toBe(true);
  });
});

describe('back-pressure', () => {
  it('takes steps only as the client reads', async () => {
    let made = 0;
    const frame = chunk({ content: 'x'.repeat(10_000) });
    const total = 20_000;
    function* steps(): Generator<Step> {
      for (; made < total; made += 1) yield frame;
    }
    simulation.enqueue(sse(steps()));
    const body = JSON.stringify(STREAM);
    const { port } = new URL(simulation.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    const request = await simulation.nextRequest();
    // Without back-pressure the loop over the steps would not have stopped before this line.
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(total / 2);
    socket.destroy();
    await request.closed;
    expect(request.aborted).toBe(true);
  });
});

describe('what it keeps', () => {
  it('is each request with its bytes, in the order of arrival', async () => {
    const first = simulation.nextRequest();
    await (await post(ASK, '/v1/chat/completions?beta=true')).body.dump();
    await (await post(ASK)).body.dump();
    expect(await first).toBe(simulation.requests[0]);
    expect(await simulation.nextRequest()).toBe(simulation.requests[1]);
    expect(await first).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      query: 'beta=true',
      rawBody: Buffer.from(JSON.stringify(ASK)),
      body: ASK,
      aborted: false,
    });
    expect((await first).headers).toMatchObject({ 'content-type': 'application/json' });
  });

  it('is nothing when it does not record', async () => {
    const busy = await SimulatedOpenAI.start({ record: false });
    const waiting = busy.nextRequest();
    await (await send(`${busy.url}/v1/models`)).body.dump();
    expect((await waiting).path).toBe('/v1/models');
    expect(busy.requests).toEqual([]);
    await busy.close();
  });

  it('is forgotten by reset', async () => {
    simulation.enqueue(text('a', { usage: { prompt: 1, completion: 1 } }), text('left over'));
    await (await post(ASK)).body.dump();
    simulation.reset();
    expect([simulation.requests, simulation.pending, simulation.bill.total.replies]).toEqual([[], 0, 0]);
  });
});

describe('the answer of the house', () => {
  it('bills a growing cache over the turns of a conversation', async () => {
    const system = { role: 'system', content: 'Be helpful. '.repeat(600) };
    const turn = (count: number) => [system, ...Array.from({ length: count }, () => ASK.messages).flat()];
    const cached: number[] = [];
    for (const count of [1, 2]) {
      const response = (await (await post({ ...ASK, messages: turn(count) })).body.json()) as {
        usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
      };
      expect(response.usage.prompt_tokens).toBeGreaterThan(1700);
      cached.push(response.usage.prompt_tokens_details.cached_tokens);
    }
    expect(cached).toEqual([0, 1792]);
  });

  it('streams with the padding and the fields of the real API', async () => {
    const frames = (await (await post({ ...STREAM, model: 'gpt-5-mini' })).body.text()).split('\n\n');
    expect(frames.at(-2)).toBe('data: [DONE]');
    const chunks = frames
      .slice(0, -2)
      .map((frame) => JSON.parse(frame.slice('data: '.length)) as Record<string, unknown>);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'gpt-5-mini-2025-08-07',
      service_tier: 'default',
      system_fingerprint: null,
      choices: [
        { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
      ],
      usage: null,
      obfuscation: expect.any(String),
    });
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: null });
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { completion_tokens_details: { reasoning_tokens: 256 }, prompt_tokens_details: { cached_tokens: 0 } },
    });
    const padded = chunks.slice(1, -2).map((entry) => JSON.stringify(entry).length);
    expect(new Set(padded).size).toBeLessThan(padded.length / 2);
  });

  it('shows the reasoning of a compatible server, which reports usage with the finish reason', async () => {
    const frames = await (await post({ ...STREAM, model: 'deepseek-chat' })).body.text();
    const chunks = frames
      .split('\n\n')
      .slice(0, -2)
      .map((frame) => JSON.parse(frame.slice(6)) as { choices: [{ delta: object }] });
    expect(chunks[0]?.choices[0].delta).toEqual({ role: 'assistant', content: null, reasoning_content: '' });
    expect(chunks[1]?.choices[0].delta).toEqual({ content: null, reasoning_content: 'Thinking' });
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      usage: { prompt_cache_hit_tokens: 0 },
    });
    expect(frames).not.toContain('obfuscation');
    expect(frames).not.toContain('service_tier');
  });
});
