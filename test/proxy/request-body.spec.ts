import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Handler } from '#libs/plugin-api';
import { post, RawConnection } from '../support/index.js';
import { answering, stopAll, TestProxy } from './proxy.js';

afterEach(stopAll);

const LIMIT = 100_000;
const sha = (body: Buffer | string): string => createHash('sha256').update(body).digest('hex');

/** Answers with the digest of what it has read. */
const digest: Handler = async ({ request, response }) => {
  const body = await request.readBody(LIMIT);
  expect(await request.readBody(1)).toBe(body);
  await response.send(200, sha(body));
};
const start = () => TestProxy.start(answering(digest));

describe('a request body', () => {
  it.each([0, 1, 65_535, LIMIT])('of %d bytes is read', async (size) => {
    const body = Buffer.alloc(size, 'body');
    expect((await post((await start()).url, body)).text).toBe(sha(body));
  });

  it('may come in chunks of any size', async () => {
    const connection = await RawConnection.open((await start()).url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    for (const byte of 'hello') await connection.send(`1\r\n${byte}\r\n`);
    await connection.send('6\r\n world\r\n0\r\nx-trailer: 1\r\n\r\n');
    expect(await connection.readUntil(sha('hello world'))).toContain('200 OK');
    connection.close();
  });

  it.each([
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['br', zlib.brotliCompressSync],
  ] as const)('is decompressed: %s', async (coding, compress) => {
    const body = Buffer.alloc(LIMIT, 'compressible ');
    const answer = await post((await start()).url, compress(body), { 'content-encoding': coding });
    expect(answer.text).toBe(sha(body));
  });

  it('that is compressed is limited by what it decodes to', async () => {
    const proxy = await start();
    const bomb = zlib.gzipSync(Buffer.alloc(50_000_000));
    const answer = await post(proxy.url, bomb, { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(413);
    const { result } = await proxy.only();
    expect(result).toMatchObject({ outcome: 'rejected', error: { code: 'body_too_large' }, status: 413 });
  });

  it.each([
    ['broken', 'gzip', Buffer.from('not gzip at all'), 400, 'the body is not valid gzip data'],
    ['cut off', 'br', zlib.brotliCompressSync('hello').subarray(0, 5), 400, 'the body is not valid br data'],
    ['unknown', 'compress', Buffer.from('x'), 415, 'Unsupported content-encoding: \\"compress\\"'],
  ])('with %s compression is refused', async (_what, coding, body, status, message) => {
    const answer = await post((await start()).url, body, { 'content-encoding': coding });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(message);
  });
});

describe('a body over the limit', () => {
  it('that tells its length is refused before it is sent', async () => {
    const proxy = await start();
    const connection = await RawConnection.open(proxy.url);
    await connection.send(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${LIMIT + 1}\r\nexpect: 100-continue\r\n\r\n`);
    const answer = (await connection.readAll()).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer).toContain(`at most ${LIMIT} bytes are accepted`);
    expect((await proxy.only()).result.requestSize).toBeLessThan(200);
  });

  it('gets its answer while it is still being sent, and is not read on', async () => {
    const proxy = await start();
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    for (let i = 0; i < 7; i += 1) await connection.send(chunk);
    const answer = await connection.readUntil('"request_id"');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    // The exchange is over; a client that has not noticed yet may go on for a while without losing the answer.
    const { result } = await proxy.only();
    expect(result).toMatchObject({ status: 413, outcome: 'rejected' });
    expect(result.requestSize).toBeLessThan(LIMIT + 2 * 0x10000);
    await connection.send(chunk);
    await connection.send('0\r\n\r\n');
    expect(await connection.readAll()).toEqual(Buffer.from(''));
  });

  it('is answered to a client that sends it all before it listens', async () => {
    const proxy = await start();
    const answer = await post(proxy.url, Buffer.alloc(2_000_000));
    expect(answer.status).toBe(413);
  });
});

describe('Expect: 100-continue', () => {
  it('is answered when the body is wanted', async () => {
    const connection = await RawConnection.open((await start()).url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n');
    expect(await connection.readUntil('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await connection.send('hello');
    expect(await connection.readUntil(sha('hello'))).toContain('200 OK');
    connection.close();
  });

  it('is not answered when it is not', async () => {
    const proxy = await TestProxy.start(answering(async ({ response }) => response.send(403, 'no')));
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n');
    expect((await connection.readAll()).toString()).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('of another kind is passed over', async () => {
    const connection = await RawConnection.open((await start()).url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: something\r\n\r\nhello');
    expect(await connection.readUntil(sha('hello'))).toContain('200 OK');
    connection.close();
  });
});

describe('a body that does not come to its end', () => {
  it.each([
    ['the client closes its side', (connection: RawConnection) => connection.endSending()],
    ['the client goes away', (connection: RawConnection) => connection.close()],
    ['the connection is reset', (connection: RawConnection) => connection.reset()],
  ])('because %s makes a client that has left', async (_what, leave) => {
    let failure: unknown;
    let reading = (): void => {};
    const read = new Promise<void>((resolve) => (reading = resolve));
    const proxy = await TestProxy.start(
      answering(async ({ request }) => {
        const body = request.readBody(0);
        reading();
        await body.catch((error: unknown) => {
          failure = error;
          throw error;
        });
      }),
    );
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhello');
    await read;
    leave(connection);
    const { result } = await proxy.only();
    expect(result).toMatchObject({ outcome: 'client_aborted', status: 499, error: undefined });
    expect(String(failure)).toBe('ClientGoneError: the client closed the connection');
    expect(proxy.log.lines).toEqual([]);
  });

  it('because its chunks are broken is answered with 400', async () => {
    const proxy = await start();
    const connection = await RawConnection.open(proxy.url);
    await connection.send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await connection.send('zz\r\nwrong');
    const answer = (await connection.readAll()).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('Invalid character in chunk size');
    expect((await proxy.only()).result).toMatchObject({ outcome: 'rejected', error: { code: 'malformed_http' } });
  });
});
