import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, UpstreamFailure, type ErrorEncoder, type GatewayPlugin, type Handler } from '#libs/plugin-api';
import { get, http, RawConnection } from '../support/index.js';
import { answering, consumer, plugin, route, stopAll, TestProxy } from './proxy.js';

afterEach(stopAll);

const mine: ErrorEncoder = (error, { requestId }) => ({
  status: error.status,
  headers: { 'Content-Type': 'text/mine', 'retry-after': '9' },
  body: `${error.code} ${requestId}`,
});

describe('an error of a plugin', () => {
  it("is answered in the scope's own format, with the error's headers", async () => {
    const proxy = await TestProxy.start(
      answering(
        async ({ response }) => {
          response.setHeader('x-kept', '1');
          response.setHeader('content-type', 'text/event-stream');
          response.setHeader('content-length', '5000');
          throw new GatewayError('rate_limited', { detail: 'slow down', headers: { 'x-should-retry': 'true' } });
        },
        { errorEncoder: () => mine },
      ),
    );
    const answer = await get(proxy.url);
    const { exchange, result } = await proxy.only();
    expect(answer.status).toBe(429);
    expect(answer.text).toBe(`rate_limited ${exchange.requestId}`);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/mine',
      'retry-after': '9',
      'x-should-retry': 'true',
      'x-kept': '1',
      'content-length': String(answer.text.length),
    });
    expect(result).toMatchObject({ status: 429, outcome: 'rejected', error: { code: 'rate_limited' } });
    expect(exchange.source).toBe('kong');
  });

  it.each<[string, Handler]>([
    [
      'throws at once',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
    ['rejects with no error at all', () => Promise.reject('boom')],
    ['answers nothing', async () => {}],
    [
      'sets a header that cannot be sent',
      async ({ response }) => {
        response.setHeader('x-broken', 'two\r\nlines');
        await response.send(200);
      },
    ],
    ['answers with no status', async ({ response }) => response.send(7)],
  ])('of somebody else that %s is a 500, is logged and counted', async (_what, handler) => {
    const proxy = await TestProxy.start(answering(handler));
    const answer = await get(proxy.url);
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('"message":"An unexpected error occurred"');
    // Not twice, though the first attempt to write a head may have failed.
    expect(answer.headers['x-kong-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.headers).not.toHaveProperty('via');
    expect((await proxy.only()).result).toMatchObject({
      status: 500,
      outcome: 'rejected',
      error: { code: 'internal' },
    });
    expect(proxy.listener.statistics().pluginErrors.get('answer')).toBe(1);
    expect(proxy.log.lines[0]).toMatchObject({ level: 'error', fields: { plugin: 'answer' } });
  });

  it('is logged with its stack and without credentials', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ secretValues }) => {
        secretValues.add('sk-secret');
        throw new Error('no such key: sk-secret');
      }),
    );
    expect((await get(proxy.url)).text).not.toContain('sk-secret');
    const stack = String(proxy.log.lines[0]?.fields['stack']);
    expect(stack).toContain('no such key: REDACTED');
    expect(stack).toContain('plugins.spec.ts');
    expect(stack).not.toContain('sk-secret');
  });

  it('in making an error body falls back to what Kong sends', async () => {
    const proxy = await TestProxy.start(
      answering(() => Promise.reject(new GatewayError('forbidden', { detail: 'not you' })), {
        errorEncoder: () => () => {
          throw new Error('encoder is broken');
        },
      }),
    );
    const answer = await get(proxy.url);
    expect([answer.status, answer.headers['content-type']]).toEqual([403, 'application/json; charset=utf-8']);
    expect(answer.text).toContain('"message":"not you"');
  });

  it('in the headers of an error body falls back as well', async () => {
    const proxy = await TestProxy.start(
      answering(() => Promise.reject(new GatewayError('forbidden')), {
        errorEncoder: () => () => ({ status: 403, headers: { 'x-bad': 'a\nb' }, body: 'never seen' }),
      }),
    );
    const answer = await get(proxy.url);
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('with a status that does not exist falls back as well', async () => {
    const proxy = await TestProxy.start(answering(() => Promise.reject(new GatewayError('forbidden', { status: 7 }))));
    expect((await get(proxy.url)).status).toBe(500);
  });

  it('that comes from an upstream is told as what it was', async () => {
    const proxy = await TestProxy.start(
      answering(() => Promise.reject(new UpstreamFailure('headers_timeout', 'no response'))),
    );
    expect((await get(proxy.url)).status).toBe(504);
    expect((await proxy.only()).result).toMatchObject({
      outcome: 'upstream_failed',
      error: { code: 'upstream_timeout' },
    });
    expect(proxy.log.lines).toEqual([]);
  });

  it('after a complete answer changes nothing for the client', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        await response.send(200, 'fine');
        throw new Error('too late');
      }),
    );
    expect((await get(proxy.url)).text).toBe('fine');
    expect((await proxy.only()).result.status).toBe(200);
    expect(proxy.listener.statistics().pluginErrors.get('answer')).toBe(1);
  });

  it('that calls next twice is counted once', async () => {
    const twice: GatewayPlugin = {
      handler: () => async (_exchange, next) => {
        await next();
        await next();
      },
    };
    const proxy = await TestProxy.start({
      routes: [route('all', { paths: ['/'] })],
      plugins: [
        ['twice', 900, twice],
        [
          'answer',
          770,
          {
            handler:
              () =>
              async ({ response }) =>
                response.send(200, 'once'),
          },
        ],
      ],
    });
    expect((await get(proxy.url)).text).toBe('once');
    await proxy.only();
    expect([...proxy.listener.statistics().pluginErrors]).toEqual([['twice', 1]]);
  });
});

describe('an entry that is not ready', () => {
  it('answers with what it lacks, in its own format', async () => {
    const proxy = await TestProxy.start({
      ...answering(async ({ response }) => response.send(200), { errorEncoder: () => mine }),
      unready: new Map([['answer', 'OPENAI_API_KEY is not set']]),
    });
    const answer = await get(proxy.url);
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/^not_configured /);
    expect((await proxy.only()).result.error?.message).toBe('OPENAI_API_KEY is not set');
  });
});

describe('a plugin that knows the consumer', () => {
  it('decides which entries run after it, and who gets the record', async () => {
    const auth: GatewayPlugin = {
      handler: () => async (exchange, next) => {
        const name = exchange.request.headers['x-user'];
        if (typeof name === 'string') exchange.consumer = consumer(name);
        await next();
      },
    };
    const greeting: GatewayPlugin = {
      handler:
        (config) =>
        async ({ response }) =>
          response.send(200, String(config)),
      sink: () => ({ write: async () => {} }),
    };
    const proxy = await TestProxy.start({
      routes: [route('all', { paths: ['/'] })],
      entries: [
        plugin('auth'),
        plugin('greet', {}, { config: 'hello' }),
        plugin('greet', { consumer: 'alice' }, { config: 'hello Alice' }),
      ],
      plugins: [
        ['auth', 1250, auth],
        ['greet', 770, greeting],
      ],
    });
    expect((await get(proxy.url)).text).toBe('hello');
    expect((await get(proxy.url, { 'x-user': 'alice' })).text).toBe('hello Alice');
    expect((await get(proxy.url, { 'x-user': 'bob' })).text).toBe('hello');
    const ended = await proxy.finished(3);
    expect(ended.map(({ exchange }) => [exchange.consumer?.id, exchange.chain.sinkIds])).toEqual([
      [undefined, ['greet']],
      ['alice', ['greet@alice']],
      ['bob', ['greet']],
    ]);
  });
});

describe('a plugin that does not come to an end', () => {
  it('does not keep the exchange from its record', async () => {
    let left = (): void => {};
    const gone = new Promise<void>((resolve) => (left = resolve));
    const proxy = await TestProxy.start(
      answering((exchange) => {
        exchange.onClientGone(left);
        return new Promise(() => {});
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    while (proxy.listener.statistics().active === 0) await new Promise(setImmediate);
    connection.close();
    await gone;
    await proxy.listener.drained(0);
    expect((await proxy.only()).result).toMatchObject({ outcome: 'client_aborted', status: 499 });
  });
});

describe('a global plugin', () => {
  it('does not run where there is no route, but its sinks hear of it', async () => {
    let ran = false;
    const proxy = await TestProxy.start({
      plugins: [
        [
          'global',
          1,
          {
            handler: () => async (_exchange, next) => {
              ran = true;
              await next();
            },
            sink: () => ({ write: async () => {} }),
          },
        ],
      ],
    });
    expect((await http(proxy.url, { method: 'POST', body: 'x' })).status).toBe(404);
    expect((await proxy.only()).exchange.chain.sinkIds).toEqual(['global']);
    expect(ran).toBe(false);
  });
});
