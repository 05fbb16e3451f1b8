import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type ErrorEncoder } from '#libs/plugin-api';
import { RawConnection } from '../support/index.js';
import { answering, plugin, route, stopAll, TestProxy } from './proxy.js';

afterEach(stopAll);

const start = (options = {}) =>
  TestProxy.start(
    answering(async ({ request, response }) => response.send(200, `read ${(await request.readBody(0)).length}`)),
    options,
  );

async function talk(proxy: TestProxy, text: string): Promise<string> {
  const connection = await RawConnection.open(proxy.url);
  await connection.send(text);
  return (await connection.readAll()).toString();
}

describe('what is no HTTP', () => {
  it.each([
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello'],
    ['one length twice', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello'],
    ['a list of lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5, 5\r\n\r\nhello'],
    ['a length with a sign', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +5\r\n\r\nhello'],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'chunks and length',
      'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n',
    ],
    ['chunks that are not last', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding : chunked\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\r\n 2\r\n\r\n'],
    ['bare carriage returns', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\rx-b: 2\r\n\r\n'],
    ['a control character', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: \u0001\r\n\r\n'],
    ['no header name', 'GET / HTTP/1.1\r\nhost: x\r\n: 1\r\n\r\n'],
    ['a space in the path', 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['an unknown method', 'HELLO / HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['another protocol', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n'],
  ])('is refused and recorded once: %s', async (_what, text) => {
    const proxy = await start();
    const connection = await RawConnection.open(proxy.url);
    await connection.send(text);
    const answer = await connection.readUntil('"request_id"');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"message":"Bad request: ');
    expect(answer).toMatch(/\r\nX-Kong-Request-Id: [0-9a-f]{32}\r\n/);
    connection.close();
    const { exchange, result } = await proxy.only();
    expect(result).toMatchObject({ status: 400, outcome: 'rejected', error: { code: 'malformed_http' } });
    expect(result.responseHeaders['x-kong-request-id']).toBe(exchange.requestId);
    expect(proxy.recorder.told.map(({ type }) => type)).toEqual(['started', 'ending', 'finished']);
  });

  it('closes the connection', async () => {
    expect(
      await talk(await start(), 'GET / HTTP/1.1\r\nhost: x\r\nx y: 1\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    ).not.toContain('200 OK');
  });

  it('is answered in the format of the route that it names, and seen in its scope', async () => {
    const encoder: ErrorEncoder = ({ status, message }) => ({
      status,
      headers: { 'X-Mine': '1' },
      body: `mine: ${message}`,
    });
    const proxy = await TestProxy.start({
      routes: [route('a', { paths: ['/a'] })],
      entries: [plugin('ai', { route: 'a' })],
      plugins: [['ai', 1, { errorEncoder: () => encoder }]],
    });
    const answer = await talk(proxy, 'POST /a/v1/messages?x=1 HTTP/1.1\r\nhost: x\r\nbad header: 1\r\n\r\n');
    expect(answer).toContain('x-mine: 1');
    expect(answer).toContain('mine: Bad request: ');
    const { exchange } = await proxy.only();
    expect(exchange.route?.name).toBe('a');
    expect(exchange.chain.entities.map(({ id }) => id)).toEqual(['ai@a']);
    expect(exchange.request).toMatchObject({ method: 'POST', uri: '/a/v1/messages?x=1' });
  });

  it('is taken for no exchange when nothing was sent', async () => {
    const proxy = await start({ headersTimeout: 50, requestTimeout: 50, checkInterval: 10 });
    const connection = await RawConnection.open(proxy.url);
    expect(await connection.readAll()).toEqual(Buffer.from(''));
    expect(proxy.listener.statistics()).toMatchObject({ total: 0 });
  });

  it('does not hide the requests that came before it on the connection', async () => {
    const proxy = await start();
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await connection.readUntil('read 0');
    await connection.send('nonsense\r\n\r\n');
    expect((await connection.readAll()).toString()).toMatch(/^HTTP\/1\.1 400 /);
    const ended = await proxy.finished(2);
    expect(ended.map(({ result }) => result.status)).toEqual([200, 400]);
  });
});

describe('limits of the head', () => {
  const filler = (bytes: number): string => `x-filler: ${'a'.repeat(bytes)}\r\n`;

  it('are kept by headers of just under 64 KiB', async () => {
    const answer = await talk(await start(), `GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${filler(65_400)}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([66_000, 1_000_000])(
    'are passed by headers of %d bytes: 431, however much the client goes on sending',
    async (bytes) => {
      const proxy = await start();
      const connection = await RawConnection.open(proxy.url);
      const sent = connection.send(`GET / HTTP/1.1\r\nhost: x\r\n${filler(bytes)}\r\n`).catch(() => {});
      const answer = await connection.readUntil('"request_id"');
      expect(answer).toMatch(/^HTTP\/1\.1 431 /);
      expect(answer).toContain('Request header fields too large');
      connection.close();
      await sent;
      expect((await proxy.only()).result.error).toEqual(new GatewayError('headers_too_large'));
    },
  );

  it('hold for many small headers as well', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `x-${i}: 1\r\n`).join('');
    const connection = await RawConnection.open((await start()).url);
    const sent = connection.send(`GET / HTTP/1.1\r\nhost: x\r\n${many}\r\n`).catch(() => {});
    expect(await connection.readUntil('"request_id"')).toMatch(/^HTTP\/1\.1 431 /);
    connection.close();
    await sent;
  });
});

describe('a client that takes its time', () => {
  const impatient = { headersTimeout: 100, requestTimeout: 100, checkInterval: 20 };

  it('with the head is cut off', async () => {
    const proxy = await start(impatient);
    expect(await talk(proxy, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow')).toMatch(/^HTTP\/1\.1 408 /);
    expect((await proxy.only()).result).toMatchObject({ status: 408, outcome: 'rejected' });
  });

  it('with the body is cut off', async () => {
    const proxy = await start(impatient);
    const answer = await talk(proxy, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nslow');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect((await proxy.only()).result).toMatchObject({ status: 408, outcome: 'rejected' });
  });

  it('with reading a long answer is not', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        const stream = response.stream(200);
        for (let i = 0; i < 20; i += 1) {
          stream.write(`piece ${i}\n`);
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
        await stream.end();
      }),
      impatient,
    );
    const answer = await talk(proxy, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(answer).toContain('piece 19');
    expect(answer).toMatch(/0\r\n\r\n$/);
  });
});

describe('CONNECT', () => {
  it('is refused and recorded', async () => {
    const proxy = await start();
    expect(await talk(proxy, 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 501 /,
    );
    const { exchange, result } = await proxy.only();
    expect(exchange.request).toMatchObject({ method: 'CONNECT', uri: 'example.com:443' });
    expect(exchange.route).toBeUndefined();
    expect(result.outcome).toBe('rejected');
  });
});
