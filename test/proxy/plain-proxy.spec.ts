import { createGzip, gzipSync } from 'node:zlib';
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { GatewayPlugin, Handler } from '#libs/plugin-api';
import { eventually, get, http, openStream, post, RawConnection } from '../support/index.js';
import { Backend, plugin, proxiedTo, route, service, stopAll, TestProxy, times } from './proxy.js';

afterEach(stopAll);

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A backend that answers with what it got. */
const mirror = () =>
  Backend.http((request, response) => {
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    void bodyOf(request).then((body) =>
      response.end(JSON.stringify({ method, url, headers, body: body.toString('latin1') })),
    );
  });

interface Mirrored {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describe('a request for a service', () => {
  it('arrives with what Kong adds, and without what ends at the gateway', async () => {
    const backend = await mirror();
    const proxy = await TestProxy.start(proxiedTo(backend.port, { path: '/base' }, { paths: ['/api'] }));
    const answer = await post(`${proxy.url}/api/v1/x?q=%20&q=2`, 'hello', {
      host: 'Client.test:1234',
      authorization: 'Bearer t',
      connection: 'x-private, keep-alive',
      'x-private': '1',
      'keep-alive': 'timeout=5',
      te: 'trailers',
      upgrade: 'websocket',
      'proxy-authorization': 'Basic x',
      'proxy-connection': 'close',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.test',
      'x-real-ip': '10.0.0.1',
      via: '1.0 fred',
      'x-kong-request-id': 'mine',
    });
    const { exchange, result } = await proxy.only();
    expect(answer.json()).toEqual({
      method: 'POST',
      url: '/base/v1/x?q=%20&q=2',
      headers: {
        host: `127.0.0.1:${backend.port}`,
        connection: 'keep-alive',
        authorization: 'Bearer t',
        'content-length': '5',
        'x-forwarded-for': '10.0.0.1, 127.0.0.1',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'client.test',
        'x-forwarded-port': new URL(proxy.url).port,
        'x-forwarded-path': '/api/v1/x',
        'x-forwarded-prefix': '/api',
        'x-real-ip': '127.0.0.1',
        via: '1.0 fred, 1.1 tidegate/1.2.3',
        'x-kong-request-id': exchange.requestId,
      },
      body: 'hello',
    });
    expect(exchange).toMatchObject({ source: 'upstream', upstreamUri: '/base/v1/x?q=%20&q=2' });
    expect(exchange.tries).toMatchObject([{ ip: '127.0.0.1', port: backend.port }]);
    expect(result).toMatchObject({ status: 200, upstreamStatus: '200', outcome: 'completed', error: undefined });
    expect(result.latencies.proxy).toBeGreaterThanOrEqual(0);
    expect(proxy.recorder.told.map(({ type }) => type)).toEqual([
      'started',
      'upstream.requested',
      'upstream.responded',
      'ending',
      'finished',
    ]);
  });

  it('keeps the host of the client where the route says so, and a repeated header', async () => {
    const backend = await mirror();
    const proxy = await TestProxy.start(proxiedTo(backend.port, {}, { preserve_host: true, strip_path: false }));
    const connection = await RawConnection.open(proxy.url);
    await connection.send(
      'GET /a HTTP/1.1\r\nhost: Client.test\r\ncookie: a=1\r\nx-a: 1\r\nx-a: 2\r\nconnection: close\r\n\r\n',
    );
    const text = (await connection.readAll()).toString();
    expect(text).toContain('"host":"Client.test"');
    expect(text).toContain('"x-a":"1, 2"');
    expect(text).not.toContain('x-forwarded-prefix');
  });

  it.each([
    ['/api/../../etc/passwd', '/base/etc/passwd'],
    ['/%2e%2e/%2e%2e/secret', '/base/secret'],
    ['/a//b/./c', '/base/a/b/c'],
    ['/caf%C3%A9%20x', '/base/caf%C3%A9%20x'],
    ['/a%2F..%2Fb', '/base/a%2F..%2Fb'],
  ])('does not leave the path of the service: %s → %s', async (path, expected) => {
    const backend = await mirror();
    const proxy = await TestProxy.start(proxiedTo(backend.port, { path: '/base' }));
    const connection = await RawConnection.open(proxy.url);
    await connection.send(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect((await connection.readAll()).toString()).toContain(`"url":"${expected}"`);
  });

  it('is streamed: the backend sees the beginning before the client has sent the end', async () => {
    let begun = (): void => {};
    const beginning = new Promise<void>((resolve) => (begun = resolve));
    const backend = await Backend.http((request, response) => {
      request.once('data', () => begun());
      void bodyOf(request).then((body) => response.end(`${body.length} bytes`));
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await beginning;
    await connection.send('6\r\n world\r\n0\r\n\r\n');
    expect(await connection.readUntil('11 bytes')).toContain('200 OK');
    connection.close();
  });

  it('is read from the client only as fast as the backend takes it', async () => {
    let backendReads = (): void => {};
    const backend = await Backend.http((request, response) => {
      backendReads = () => void bodyOf(request).then((body) => response.end(`${body.length} bytes`));
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const connection = await RawConnection.open(proxy.url);
    const total = 64 * 1024 * 1024;
    await connection.send(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${total}\r\n\r\n`);
    let taken = 0;
    const piece = Buffer.alloc(1024 * 1024);
    const sending = (async () => {
      for (; taken < total; taken += piece.length) await connection.send(piece);
    })();
    let before = -1;
    await eventually(() => {
      const still = before > 0 && taken === before;
      before = taken;
      return still;
    });
    expect(before).toBeLessThan(total / 2);
    backendReads();
    await sending;
    expect(await connection.readUntil(' bytes')).toContain(`${total} bytes`);
    connection.close();
  });

  it('that a plugin has read is sent decoded and whole', async () => {
    const backend = await mirror();
    const reader: GatewayPlugin = {
      handler:
        () =>
        async ({ request }, next) => {
          await request.readBody(0);
          await next();
        },
    };
    const proxy = await TestProxy.start({
      ...proxiedTo(backend.port),
      entries: [plugin('reader')],
      plugins: [['reader', 1, reader]],
    });
    const mirrored = (await post(proxy.url, gzipSync('hello'), { 'content-encoding': 'gzip' })).json() as Mirrored;
    expect(mirrored.body).toBe('hello');
    expect(mirrored.headers['content-length']).toBe('5');
    expect(mirrored.headers).not.toHaveProperty('content-encoding');
  });

  it('is passed on compressed when nobody has read it', async () => {
    const backend = await mirror();
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const body = gzipSync('hello');
    const mirrored = (await post(proxy.url, body, { 'content-encoding': 'gzip' })).json() as Mirrored;
    expect(mirrored.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-length': String(body.length) });
    expect(mirrored.body).toBe(body.toString('latin1'));
  });
});

describe('the answer of a service', () => {
  it('comes back with its headers but those of its connection', async () => {
    const backend = await Backend.raw((socket) => {
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 201 Created\r\nserver: backend\r\nvia: 1.1 inner\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n' +
            'connection: close, x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=9\r\nproxy-authenticate: Basic\r\nx-end: 1\r\n' +
            'x-kong-request-id: inner\r\nx-kong-proxy-latency: 99999\r\nx-kong-response-latency: 9\r\n' +
            'x-latin: \u00e9\r\ncontent-length: 5\r\n\r\nhello',
          'latin1',
        ),
      );
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const answer = await get(proxy.url);
    expect([answer.status, answer.text]).toEqual([201, 'hello']);
    expect(answer.headers).toMatchObject({
      server: 'backend',
      via: '1.1 inner, 1.1 tidegate/1.2.3',
      'set-cookie': ['a=1', 'b=2'],
      'x-end': '1',
      'x-latin': '\u00e9',
      'content-length': '5',
    });
    const { exchange } = await proxy.only();
    expect(answer.headers['x-kong-request-id']).toBe(exchange.requestId);
    expect(answer.headers['x-kong-proxy-latency']).toMatch(/^\d{1,4}$/);
    expect(answer.headers).not.toHaveProperty('x-kong-response-latency');
    expect(answer.headers).not.toHaveProperty('x-hop');
    expect(answer.headers).not.toHaveProperty('proxy-authenticate');
  });

  it('is streamed piece by piece, compressed as it is', async () => {
    const zipped = createGzip();
    const backend = await Backend.http((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      zipped.pipe(response);
      zipped.write('first');
      zipped.flush();
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const answer = await openStream(proxy.url);
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect((await answer.next())?.length).toBeGreaterThan(0);
    zipped.end('second');
    expect((await answer.rest()).length).toBeGreaterThan(20);
  });

  it('is a redirect that the client must follow itself', async () => {
    const backend = await Backend.http((_request, response) => {
      response.writeHead(302, { location: 'http://10.0.0.1/internal' }).end();
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const answer = await get(proxy.url);
    expect([answer.status, answer.headers.location]).toEqual([302, 'http://10.0.0.1/internal']);
    expect(backend.connections).toBe(1);
  });

  it('has no body for HEAD, but its length', async () => {
    const backend = await Backend.http((_request, response) => {
      response.writeHead(200, { 'content-length': '1234' }).end();
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const answer = await http(proxy.url, { method: 'HEAD' });
    expect([answer.status, answer.headers['content-length'], answer.text]).toEqual([200, '1234', '']);
  });

  it('that comes in before the request is sent ends the exchange', async () => {
    const backend = await Backend.http((_request, response) => {
      response.writeHead(403, { connection: 'close' }).end('no uploads');
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\nhello');
    expect(await connection.readUntil('no uploads')).toMatch(/^HTTP\/1\.1 403 /);
    connection.close();
    expect((await proxy.only()).result).toMatchObject({ status: 403, error: undefined });
  });

  it('is not waited for by an interim response', async () => {
    const backend = await Backend.raw((socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
      );
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const answer = await get(proxy.url);
    expect([answer.status, answer.text, answer.headers.link]).toEqual([200, 'ok', undefined]);
  });
});

describe('a request to a service', () => {
  it('carries what a plugin has put on it in place of the client’s headers', async () => {
    const backend = await Backend.http((request, response) => {
      response.end(JSON.stringify([request.headers.traceparent, request.headers.b3, request.headers['x-own']]));
    });
    const handler: Handler = async (exchange, next) => {
      exchange.upstreamHeaders = { traceparent: 'put', b3: undefined };
      exchange.upstreamHeaders = { ...exchange.upstreamHeaders, 'x-own': '1' };
      await next();
    };
    const setup = proxiedTo(backend.port);
    const proxy = await TestProxy.start({ ...setup, plugins: [['tracing', 14, { handler: () => handler }]] });
    const answer = await http(proxy.url, { headers: { traceparent: 'client', b3: '0' } });
    expect(JSON.parse(answer.text)).toEqual(['put', null, '1']);
  });
});

describe('a service that fails', () => {
  it('to accept a connection is tried again as often as it says, then 502', async () => {
    const port = await Backend.closedPort();
    const proxy = await TestProxy.start(proxiedTo(port, { retries: 2 }));
    const answer = await post(proxy.url, 'hello');
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('"message":"An invalid response was received from the upstream server",');
    const { exchange, result } = await proxy.only();
    expect(exchange.tries).toHaveLength(3);
    expect(exchange.tries).toMatchObject(times(3, () => ({ state: 'failed', code: 502 })));
    expect(result).toMatchObject({ upstreamStatus: '502, 502, 502', outcome: 'upstream_failed', status: 502 });
    expect(exchange.source).toBe('kong');
    expect(answer.headers).not.toHaveProperty('x-kong-upstream-latency');
  });

  it('to accept connections for a while gets the request when it does, with its body', async () => {
    const port = await Backend.closedPort();
    const proxy = await TestProxy.start(proxiedTo(port, { retries: 32_767 }));
    const answer = post(proxy.url, 'a streamed body');
    await eventually(() => proxy.recorder.told.length > 2 || proxy.listener.statistics().active === 1);
    await Backend.http((request, response) => {
      void bodyOf(request).then((body) => response.end(body));
    }, port);
    expect((await answer).text).toBe('a streamed body');
    const { exchange, result } = await proxy.only();
    expect(exchange.tries.at(-1)).not.toHaveProperty('state');
    expect(result.upstreamStatus).toMatch(/200$/);
  });

  it('and drops a request that may be repeated gets it again', async () => {
    let connections = 0;
    const backend = await Backend.raw((socket) => {
      connections += 1;
      if (connections < 3) socket.destroy();
      else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const answer = await http(proxy.url, { method: 'DELETE' });
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
    const { exchange, result } = await proxy.only();
    expect(result.upstreamStatus).toBe('502, 502, 200');
    const origin = `http://127.0.0.1:${backend.port}`;
    expect(exchange.attempts).toMatchObject([
      { origin, status: undefined, failure: 'reset' },
      { origin, status: undefined, failure: 'reset' },
      { origin, status: 200, failure: undefined, peer: { ip: '127.0.0.1', port: backend.port } },
    ]);
    const times = exchange.attempts.flatMap(({ startedMono, finishedMono }) => [startedMono, finishedMono]);
    expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)));
  });

  it('while it may have begun to work is not asked again', async () => {
    const backend = await Backend.raw((socket) => socket.once('data', () => socket.destroy()));
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    expect((await post(proxy.url, 'hello')).status).toBe(502);
    expect(backend.connections).toBe(1);
    expect((await proxy.only()).result.error).toMatchObject({ code: 'invalid_upstream_response' });
  });

  it('to be found makes 503', async () => {
    const proxy = await TestProxy.start(proxiedTo(80, { host: 'nowhere.invalid', retries: 0 }));
    const answer = await get(proxy.url);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('"message":"name resolution failed",');
  });

  it('to answer in time makes 504', async () => {
    const backend = await Backend.http(() => {});
    const proxy = await TestProxy.start(proxiedTo(backend.port, { read_timeout: 100 }));
    const answer = await get(proxy.url);
    expect(answer.status).toBe(504);
    expect(answer.text).toContain('"message":"The upstream server is timing out",');
    expect((await proxy.only()).result).toMatchObject({ outcome: 'upstream_failed', upstreamStatus: '504' });
    expect(backend.connections).toBe(1);
  });

  it.each([
    ['is no HTTP', 'nonsense\r\n\r\n'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['is empty', ''],
  ])('with an answer that %s makes 502', async (_what, bytes) => {
    const backend = await Backend.raw((socket) => socket.once('data', () => socket.end(bytes)));
    const proxy = await TestProxy.start(proxiedTo(backend.port, { retries: 0 }));
    expect((await get(proxy.url)).status).toBe(502);
  });

  it.each([
    ['breaks off', (response: { destroy(): void }) => response.destroy()],
    ['stalls', () => {}],
  ])('and %s in the middle breaks the answer off', async (_what, fail) => {
    const backend = await Backend.http((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('begun', () => fail(response));
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port, { read_timeout: 200 }));
    const answer = await openStream(proxy.url);
    await expect(answer.rest()).rejects.toThrow('aborted');
    expect((await proxy.only()).result).toMatchObject({ outcome: 'upstream_failed', status: 200 });
    expect(proxy.recorder.told.map(({ type }) => type)).toContain('upstream.failed');
  });

  it('because there is none makes 503', async () => {
    const proxy = await TestProxy.start({ routes: [route('all', { paths: ['/'] })] });
    const answer = await get(proxy.url);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('"message":"no Service found with those values",');
  });

  it('because it is disabled has no routes', async () => {
    const proxy = await TestProxy.start({
      services: [service('backend', { enabled: false })],
      routes: [route('all', { paths: ['/'], service: { id: 'backend' } })],
    });
    expect((await get(proxy.url)).status).toBe(404);
  });
});

describe('a client that leaves', () => {
  it.each([
    ['while the backend works', async (_connection: RawConnection) => {}],
    [
      'in the middle of its own body',
      async (connection: RawConnection) =>
        connection.send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    ],
  ])('%s takes the request to the backend with it, within 100 ms', async (when, begin) => {
    let arrived: (request: IncomingMessage) => void;
    const atBackend = new Promise<IncomingMessage>((resolve) => (arrived = resolve));
    const backend = await Backend.http((request) => {
      arrived(request);
      request.on('error', () => {});
      request.resume();
    });
    const proxy = await TestProxy.start(proxiedTo(backend.port));
    const connection = await RawConnection.open(proxy.url);
    await begin(connection);
    if (when === 'while the backend works') await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const { socket } = await atBackend;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const at = performance.now();
    connection.close();
    await closed;
    expect(performance.now() - at).toBeLessThan(100);
    expect((await proxy.only()).result).toMatchObject({ outcome: 'client_aborted', status: 499, error: undefined });
  });
});
