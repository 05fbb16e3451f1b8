import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type Exchange, type Handler } from '#libs/plugin-api';
import { get, http, post, RawConnection } from '../support/index.js';
import { answering, route, stopAll, TestProxy } from './proxy.js';

afterEach(stopAll);

/** Answers with what the exchange says of the request. */
const mirror: Handler = async ({ request: asked, response, pathBelowRoute }) => {
  const { method, uri, path, query, scheme, host, clientIp } = asked;
  const body = (await asked.readBody(0)).toString();
  await response.send(200, JSON.stringify({ method, uri, path, query, scheme, host, clientIp, pathBelowRoute, body }));
};

describe('a request', () => {
  it('is told to plugins as it came', async () => {
    const proxy = await TestProxy.start(answering(mirror));
    const answer = await post(`${proxy.url}/v1/messages?beta=true&x=%2F`, 'héllo', { host: 'Example.COM:8000' });
    expect(answer.json()).toEqual({
      method: 'POST',
      uri: '/v1/messages?beta=true&x=%2F',
      path: '/v1/messages',
      query: 'beta=true&x=%2F',
      scheme: 'http',
      host: 'example.com',
      clientIp: '127.0.0.1',
      pathBelowRoute: '/v1/messages',
      body: 'héllo',
    });
  });

  it('may be in absolute form', async () => {
    const proxy = await TestProxy.start(answering(mirror));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET http://Other.test:80/a?b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    const text = (await connection.readAll()).toString();
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({
      uri: 'http://Other.test:80/a?b',
      path: '/a',
      query: 'b',
      host: 'other.test',
    });
  });

  it.each(['PURGE', 'OPTIONS', 'TRACE', 'PROPFIND', 'DELETE', 'PATCH'])('may use the method %s', async (method) => {
    const proxy = await TestProxy.start(
      answering(async ({ request: { method: used }, response }) => response.send(200, used)),
    );
    expect((await http(proxy.url, { method })).text).toBe(method);
  });

  it('may have a path that is no proper URI', async () => {
    const proxy = await TestProxy.start(answering(mirror));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET /%zz/%E0%A4%A/\\x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect((await connection.readAll()).toString()).toContain('"path":"/%zz/%E0%A4%A/\\\\x"');
  });
});

describe('a response', () => {
  const hello: Handler = async ({ response }) => {
    response.setHeader('content-type', 'text/plain');
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    await response.send(201, 'grüß');
  };

  it("carries Kong's headers and the exchange's id", async () => {
    const proxy = await TestProxy.start(answering(hello));
    const { status, headers, text } = await get(proxy.url);
    const { exchange, result } = await proxy.only();
    expect({ status, text }).toEqual({ status: 201, text: 'grüß' });
    expect(exchange.id).toBe(`req_${exchange.requestId}`);
    expect(headers).toMatchObject({
      'content-length': '6',
      'content-type': 'text/plain',
      'set-cookie': ['a=1', 'b=2'],
      server: 'tidegate/1.2.3',
      'request-id': exchange.id,
      'x-kong-request-id': exchange.requestId,
      'x-kong-response-latency': expect.stringMatching(/^\d+$/),
    });
    expect(headers).not.toHaveProperty('via');
    expect(headers).not.toHaveProperty('x-kong-upstream-latency');
    const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...own } = headers;
    expect(result.responseHeaders).toEqual(own);
  });

  it('says how long gateway and upstream took when an upstream was asked', async () => {
    const proxy = await TestProxy.start(
      answering(async (exchange) => {
        exchange.markUpstreamRequested('http://127.0.0.1:1');
        exchange.markUpstreamHeaders(200);
        exchange.source = 'upstream';
        exchange.response.setHeader('server', 'upstream');
        exchange.response.setHeader('via', '1.1 other');
        await exchange.response.send(200, 'x');
      }),
    );
    const { headers } = await get(proxy.url);
    expect(headers).toMatchObject({
      server: 'upstream',
      via: '1.1 other, 1.1 tidegate/1.2.3',
      'x-kong-upstream-latency': expect.stringMatching(/^\d+$/),
      'x-kong-proxy-latency': expect.stringMatching(/^\d+$/),
    });
    expect(headers).not.toHaveProperty('x-kong-response-latency');
    expect((await proxy.only()).result).toMatchObject({ upstreamStatus: '200', outcome: 'completed', status: 200 });
  });

  it('uses the spelling of Kong', async () => {
    const proxy = await TestProxy.start(answering(hello));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect((await connection.readAll()).toString()).toMatch(/\r\nX-Kong-Request-Id: [0-9a-f]{32}\r\n/);
  });

  it.each<[string, string | Buffer | undefined]>([
    ['text', 'x'.repeat(200_000)],
    ['other text', 'ü'.repeat(100_000)],
    ['bytes', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ['many bytes', Buffer.alloc(300_000, 'bytes')],
    ['nothing', undefined],
    ['an empty text', ''],
  ])('may be %s', async (_what, body) => {
    const proxy = await TestProxy.start(answering(async ({ response }) => response.send(200, body)));
    const answer = await get(proxy.url);
    expect(answer.body.equals(Buffer.from(body ?? ''))).toBe(true);
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(body ?? '')));
  });

  it('has no body where there may be none', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ request: { path }, response }) => {
        if (path === '/stream') {
          const stream = response.stream(200);
          stream.write('dropped');
          await stream.end();
        } else await response.send(path === '/204' ? 204 : 200, 'dropped');
      }),
    );
    const head = await http(proxy.url, { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '7', '']);
    const none = await get(`${proxy.url}/204`);
    expect([none.status, none.headers['content-length'], none.text]).toEqual([204, undefined, '']);
    expect((await http(`${proxy.url}/stream`, { method: 'HEAD' })).text).toBe('');
    expect((await proxy.finished(3)).map(({ result }) => result.outcome)).toEqual(Array(3).fill('completed'));
  });

  it('is sent once', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        await response.send(200, 'first');
        expect(response.started).toBe(true);
        await expect((async () => response.send(200, 'second'))()).rejects.toThrow('already been started');
        expect(() => response.stream(200)).toThrow('already been started');
      }),
    );
    expect((await get(proxy.url)).text).toBe('first');
    expect((await proxy.only()).result).toMatchObject({ outcome: 'completed', error: undefined });
  });

  it('is framed by the gateway alone', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        response.setHeader('transfer-encoding', 'chunked');
        response.setHeader('content-length', '999');
        await response.send(200, 'five!');
      }),
    );
    const { headers, text } = await get(proxy.url);
    expect([headers['transfer-encoding'], headers['content-length'], text]).toEqual([undefined, '5', 'five!']);
  });

  it('tells sizes on the wire', async () => {
    const proxy = await TestProxy.start(answering(mirror));
    const connection = await RawConnection.open(proxy.url);
    const asked = 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello';
    await connection.send(asked);
    const answered = await connection.readAll();
    const { result } = await proxy.only();
    expect(result.requestSize).toBe(asked.length);
    expect(result.responseSize).toBe(answered.length);
  });
});

describe('connections', () => {
  it('are kept for the next request', async () => {
    const proxy = await TestProxy.start(answering(mirror));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const reused: boolean[] = [];
    for (let i = 0; i < 3; i += 1) {
      const outgoing = request(proxy.url, { method: 'POST', agent });
      outgoing.end('x');
      const [answer] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer>];
      for await (const chunk of answer) expect(chunk.length).toBeGreaterThan(0);
      reused.push(outgoing.reusedSocket);
    }
    agent.destroy();
    expect(reused).toEqual([false, true, true]);
    expect(proxy.listener.statistics()).toMatchObject({ total: 3, active: 0 });
  });

  it('are kept after an error, with or without a body', async () => {
    const proxy = await TestProxy.start({ routes: [route('a', { paths: ['/a'] })] });
    const connection = await RawConnection.open(proxy.url);
    for (let i = 0; i < 2; i += 1) {
      await connection.send('POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello');
      expect(await connection.readUntil('"request_id"')).toContain('404 Not Found');
    }
    connection.close();
    expect((await proxy.finished(2)).map(({ result }) => result.outcome)).toEqual(['rejected', 'rejected']);
  });

  it('answer pipelined requests in order, each with its own size', async () => {
    const release: (() => void)[] = [];
    const proxy = await TestProxy.start(
      answering(async ({ request: { path }, response }) => {
        await new Promise<void>((resolve) => release.push(resolve));
        await response.send(200, `answer to ${path}`);
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    const asked = ['/one', '/two', '/three'].map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await connection.send(asked.join(''));
    while (release.length < 3) await new Promise(setImmediate);
    for (const answer of release.toReversed()) answer();
    const text = await connection.readUntil('answer to /three');
    connection.close();
    expect(text.match(/answer to \/[a-z]+/g)).toEqual(['answer to /one', 'answer to /two', 'answer to /three']);
    const ended = await proxy.finished(3);
    const bySeq = ended.toSorted((a, b) => a.exchange.seq - b.exchange.seq).map(({ result }) => result);
    expect(bySeq.map(({ requestSize }) => requestSize)).toEqual(asked.map(({ length }) => length));
    expect(bySeq.reduce((sum, { responseSize }) => sum + responseSize, 0)).toBe(text.length);
    expect(bySeq.every(({ responseSize }) => responseSize > 200)).toBe(true);
  });
});

describe('an exchange', () => {
  it('is told of from its start to its one end, numbered without holes', async () => {
    const proxy = await TestProxy.start(
      answering(async (exchange: Exchange) => {
        exchange.emit('request.decoded');
        await exchange.response.send(200);
      }),
    );
    await get(proxy.url);
    await get(proxy.url);
    const ended = await proxy.finished(2);
    expect(proxy.recorder.told.map(({ type }) => type)).toEqual([
      'started',
      'request.decoded',
      'ending',
      'finished',
      'started',
      'request.decoded',
      'ending',
      'finished',
    ]);
    expect(ended.map(({ exchange: { seq } }) => seq)).toEqual([1, 2]);
  });

  it('does not suffer from who listens to it', async () => {
    const proxy = await TestProxy.start(
      answering(async (exchange: Exchange) => {
        exchange.emit('request.decoded');
        await exchange.response.send(200, 'fine');
      }),
    );
    const { recorder, log } = proxy;
    const broken = () => {
      throw new Error('listener is broken');
    };
    recorder.started = broken;
    recorder.moment = broken;
    recorder.finished = broken;
    expect((await get(proxy.url)).text).toBe('fine');
    expect((await get(proxy.url)).text).toBe('fine');
    await expect(proxy.listener.drained(1000)).resolves.toEqual({ interrupted: 0 });
    expect(log.lines.map(({ message }) => message)).toEqual(Array(6).fill('a listener to exchanges has failed'));
  });

  it('is refused without a route, in the shape that its client knows', async () => {
    const proxy = await TestProxy.start({ routes: [route('a', { paths: ['/a'] })] });
    const kong = await get(`${proxy.url}/x`);
    expect([kong.status, kong.headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    const [{ exchange } = { exchange: undefined }] = await proxy.finished(1);
    expect(kong.text).toBe(
      `{\n  "message":"no Route matched with those values",\n  "request_id":"${exchange?.requestId}"\n}`,
    );
    const anthropic = await post(`${proxy.url}/x`, {}, { 'anthropic-version': '2023-06-01' });
    expect([anthropic.status, anthropic.headers['content-type']]).toEqual([404, 'application/json']);
    expect(anthropic.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect((await proxy.finished(2))[1]?.result).toMatchObject({
      status: 404,
      outcome: 'rejected',
      error: new GatewayError('no_route'),
      latencies: { proxy: -1 },
    });
  });

  it('is sent to https where the route takes nothing else', async () => {
    const secure = { protocols: ['https'] };
    const proxy = await TestProxy.start({
      routes: [
        route('upgrade', { paths: ['/a'], ...secure }),
        route('redirect', { paths: ['/b'], ...secure, https_redirect_status_code: 308 }),
      ],
    });
    const upgrade = await get(`${proxy.url}/a`);
    expect([upgrade.status, upgrade.headers.upgrade, upgrade.headers.connection]).toEqual([
      426,
      'TLS/1.2, HTTP/1.1',
      'Upgrade',
    ]);
    expect(upgrade.text).toContain('Please use HTTPS protocol');
    const redirect = await get(`${proxy.url}/b/c?d=e`, { host: 'example.com:8000' });
    expect([redirect.status, redirect.headers.location]).toEqual([308, 'https://example.com/b/c?d=e']);
  });
});
