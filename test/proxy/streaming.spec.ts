import { afterEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { GatewayError, type Handler, type ResponseStream } from '#libs/plugin-api';
import { eventually, get, openStream, RawConnection } from '../support/index.js';
import { answering, stopAll, TestProxy, times } from './proxy.js';

afterEach(stopAll);

/** A handler that leaves the writing to the test, and the stream it has opened. */
function streaming(): { handler: Handler; opened: Promise<ResponseStream>; left: Promise<number> } {
  let open: (stream: ResponseStream) => void;
  let leave: (at: number) => void;
  const opened = new Promise<ResponseStream>((resolve) => (open = resolve));
  const left = new Promise<number>((resolve) => (leave = resolve));
  return {
    opened,
    left,
    handler: async (exchange) => {
      exchange.onClientGone(() => leave(performance.now()));
      await exchange.request.readBody(0);
      const stream = exchange.response.stream(200);
      open(stream);
      // The test ends the stream, or its client leaves.
      await new Promise<void>((resolve) => exchange.onClientGone(resolve));
    },
  };
}

describe('a streamed response', () => {
  it('sends every piece at once, strings byte by char', async () => {
    const { handler, opened } = streaming();
    const proxy = await TestProxy.start(answering(handler));
    const answer = await openStream(proxy.url);
    expect(answer.headers['transfer-encoding']).toBe('chunked');
    const stream = await opened;
    stream.write('one ');
    expect((await answer.next())?.toString()).toBe('one ');
    stream.write(Buffer.from('zwölf '));
    stream.write('');
    stream.write(Buffer.alloc(0));
    stream.write('\u00ff\u0000');
    stream.write(Buffer.alloc(100_000, 'large '));
    void stream.end();
    const body = await answer.rest();
    expect(
      body.equals(Buffer.concat([Buffer.from('one zwölf '), Buffer.from([255, 0]), Buffer.alloc(100_000, 'large ')])),
    ).toBe(true);
    expect(stream.bytesWritten).toBe(body.length);
  });

  it('sends its head without waiting for a piece', async () => {
    const { handler, opened } = streaming();
    const proxy = await TestProxy.start(answering(handler));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await connection.readUntil('\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Transfer-Encoding: chunked\r\n/s);
    const stream = await opened;
    stream.write('late');
    expect(await connection.readUntil('late')).toBe('4\r\nlate\r\n');
    void stream.end();
    expect(await connection.readUntil('0\r\n\r\n')).toBe('0\r\n\r\n');
    connection.close();
  });

  it('keeps the order of what is written before its head is out and behind it, texts and bytes, short and long', async () => {
    let pieces: readonly (Buffer | string | null)[] = [];
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        const length = pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0);
        if (pieces.length % 2 === 1 && length > 0) response.setHeader('content-length', String(length));
        const stream = response.stream(200);
        for (const piece of pieces) {
          if (piece === null) await new Promise((resolve) => setImmediate(resolve));
          else stream.write(piece);
        }
        await stream.end();
      }),
    );
    const text = fc.string({ unit: 'grapheme-ascii', maxLength: 20 });
    const long = text.map((unit) => `${unit}.`.repeat(2000));
    const bytes = fc.oneof(text, long).map((content) => Buffer.from(content));
    const tick = fc.constant(null);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(text, long, bytes, tick), { maxLength: 6 }), async (list) => {
        pieces = list;
        const answer = await openStream(proxy.url);
        expect((await answer.rest()).toString()).toBe(list.map((piece) => piece?.toString() ?? '').join(''));
      }),
    );
  });

  it('tells of room again when there was none at once', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        const stream = response.stream(200);
        const drained = new Promise<void>((resolve) => stream.onDrain(resolve));
        expect(stream.write('x'.repeat(100_000))).toBe(false);
        await drained;
        await stream.end();
      }),
    );
    const answer = await openStream(proxy.url);
    expect(await answer.rest()).toHaveLength(100_000);
  });

  it('leaves the connection ready for the next request', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        const stream = response.stream(200);
        stream.write('piece');
        await stream.end();
        await stream.end();
        expect(stream.write('after the end')).toBe(true);
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    for (let i = 0; i < 3; i += 1) {
      await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
      expect(await connection.readUntil('0\r\n\r\n')).toMatch(/\r\n\r\n5\r\npiece\r\n0\r\n\r\n$/);
    }
    connection.close();
    expect((await proxy.finished(3)).map(({ result }) => result.outcome)).toEqual(Array(3).fill('completed'));
  });

  it('uses a length that is known, and no chunks for HTTP/1.0', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ request: { path }, response }) => {
        if (path === '/length') response.setHeader('content-length', '5');
        const stream = response.stream(200);
        stream.write('pie');
        stream.write(Buffer.from('ce'));
        await stream.end();
      }),
    );
    const known = await get(`${proxy.url}/length`);
    expect([known.headers['transfer-encoding'], known.headers['content-length'], known.text]).toEqual([
      undefined,
      '5',
      'piece',
    ]);
    const old = await RawConnection.open(proxy.url);
    await old.send('GET / HTTP/1.0\r\n\r\n');
    expect((await old.readAll()).toString()).toMatch(/\r\n\r\npiece$/);
  });

  it('stops for a client that does not read, and goes on when it does', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const total = 64 * 1024 * 1024;
    let stream: ResponseStream | undefined;
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        stream = response.stream(200);
        let goOn = (): void => {};
        stream.onDrain(() => goOn());
        while (stream.bytesWritten < total) {
          if (!stream.write(piece)) await new Promise<void>((resolve) => (goOn = resolve));
        }
        await stream.end();
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    // The kernel takes some megabytes; then nothing moves any more.
    let before = -1;
    await eventually(() => {
      const still = before > 0 && stream?.bytesWritten === before;
      before = stream?.bytesWritten ?? 0;
      return still;
    });
    expect(before).toBeLessThan(total / 2);
    let received = 0;
    for (let next = await connection.read(); next; next = await connection.read()) received += next.length;
    expect(stream?.bytesWritten).toBe(total);
    expect(received).toBeGreaterThan(total);
    expect((await proxy.only()).result.responseSize).toBe(received);
  });

  it('that is destroyed is seen as broken by the client', async () => {
    const { handler, opened } = streaming();
    const proxy = await TestProxy.start(answering(handler));
    const answer = await openStream(proxy.url);
    const stream = await opened;
    stream.write('begun');
    await answer.until('begun');
    stream.destroy();
    await expect(answer.rest()).rejects.toThrow('aborted');
    stream.write('more');
    await proxy.listener.drained(0);
    expect((await proxy.only()).result).toMatchObject({ outcome: 'upstream_failed', status: 200 });
  });

  it.each([
    ['a gateway error of the upstream', new GatewayError('upstream_timeout'), 'upstream_failed'],
    ['any other error', new Error('boom'), 'upstream_failed'],
  ])('is broken off by %s', async (_what, error, outcome) => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        response.stream(200).write('begun');
        await new Promise(setImmediate);
        throw error;
      }),
    );
    const answer = await openStream(proxy.url);
    await expect(answer.rest()).rejects.toThrow('aborted');
    expect((await proxy.only()).result).toMatchObject({ outcome, status: 200 });
  });

  it('keeps the outcome that its plugin names', async () => {
    const proxy = await TestProxy.start(
      answering(async (exchange) => {
        exchange.outcome = 'upstream_failed';
        const stream = exchange.response.stream(200);
        stream.write('event: error');
        await stream.end();
      }),
    );
    await get(proxy.url);
    expect((await proxy.only()).result.outcome).toBe('upstream_failed');
  });
});

describe('a client that leaves', () => {
  it.each([
    ['closes', (connection: RawConnection) => connection.close()],
    ['resets', (connection: RawConnection) => connection.reset()],
    ['ends its side of', (connection: RawConnection) => connection.endSending()],
  ])('and %s the connection is noticed within 100 ms, while nothing is written', async (_how, leave) => {
    const { handler, opened, left } = streaming();
    const proxy = await TestProxy.start(answering(handler));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    const stream = await opened;
    stream.write('begun');
    await connection.readUntil('begun');
    const at = performance.now();
    leave(connection);
    expect((await left) - at).toBeLessThan(100);
    expect(stream.write('nobody reads this')).toBe(true);
    await stream.end();
    expect((await proxy.only()).result).toMatchObject({ outcome: 'client_aborted', status: 200 });
    connection.close();
  });

  it('is noticed on every exchange of a connection', async () => {
    let gone = 0;
    const proxy = await TestProxy.start(
      answering(async (exchange) => {
        await new Promise<void>((resolve) => exchange.onClientGone(resolve));
        gone += 1;
        expect(exchange.clientGone).toBe(true);
        let late = false;
        exchange.onClientGone(() => (late = true))();
        expect(late).toBe(true);
        await exchange.response.send(200, 'dropped');
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET /1 HTTP/1.1\r\nhost: x\r\n\r\nGET /2 HTTP/1.1\r\nhost: x\r\n\r\n');
    while (proxy.listener.statistics().active < 2) await new Promise(setImmediate);
    connection.close();
    const ended = await proxy.finished(2);
    expect(ended.map(({ result }) => [result.outcome, result.status])).toEqual(times(2, () => ['client_aborted', 499]));
    expect(gone).toBe(2);
  });

  it('is not told to who has unsubscribed, and one that stays is not told of', async () => {
    let told = 0;
    const { handler, opened } = streaming();
    const proxy = await TestProxy.start(
      answering(async (exchange, next) => {
        exchange.onClientGone(() => (told += 1))();
        await handler(exchange, next);
      }),
    );
    const answer = await openStream(proxy.url);
    (await opened).write('x');
    await answer.next();
    answer.leave();
    await proxy.finished(1);
    const other = await TestProxy.start(
      answering(async (exchange) => {
        exchange.onClientGone(() => (told += 1));
        await exchange.response.send(200, 'all of it');
      }),
    );
    await get(other.url);
    await other.finished(1);
    await other.stop();
    expect(told).toBe(0);
  });

  it('does not disturb anybody by a callback that throws', async () => {
    let second = false;
    const proxy = await TestProxy.start(
      answering(async (exchange) => {
        exchange.onClientGone(() => {
          throw new Error('broken callback');
        });
        await new Promise<void>((resolve) =>
          exchange.onClientGone(() => {
            second = true;
            resolve();
          }),
        );
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    while (proxy.listener.statistics().active === 0) await new Promise(setImmediate);
    connection.close();
    await proxy.only();
    expect(second).toBe(true);
  });
});
