import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayError, type Exchange } from '#libs/plugin-api';
import { get, RawConnection } from '../support/index.js';
import { answering, stopAll, TestProxy } from './proxy.js';

afterEach(stopAll);

const socketOf = (exchange: Exchange) => (exchange as unknown as { connection: { socket: Socket } }).connection.socket;

/** What was with the socket when the outcome was settled, and what the client got in the end. */
async function watched(answer: (exchange: Exchange) => Promise<void>) {
  let socket: Socket | undefined;
  let written = -1;
  const proxy = await TestProxy.start(
    answering((exchange) => {
      socket = socketOf(exchange);
      return answer(exchange);
    }),
  );
  proxy.recorder.onEnding = () => {
    written = socket?.bytesWritten ?? -1;
  };
  const connection = await RawConnection.open(proxy.url);
  await connection.send('GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  const received = await connection.readAll();
  const { result } = await proxy.only();
  return { written, received: received.toString(), result, told: proxy.recorder.told.map(({ type }) => type) };
}

describe('the record is made before the last byte leaves', () => {
  it('of an answer in one piece', async () => {
    const { written, received, result, told } = await watched(({ response }) => response.send(200, 'hello'));
    expect(written).toBe(0);
    expect(result).toMatchObject({ outcome: 'completed', responseSize: received.length });
    expect(told).toEqual(['started', 'ending', 'finished']);
  });

  it('of a chunked stream', async () => {
    const { written, received, result } = await watched(async ({ response }) => {
      const stream = response.stream(200);
      stream.write('one');
      await new Promise(setImmediate);
      stream.write(Buffer.alloc(40_000, 'x'));
      await new Promise(setImmediate);
      stream.write('two');
      await stream.end();
    });
    expect(received.endsWith('two\r\n0\r\n\r\n')).toBe(true);
    expect(written).toBeLessThanOrEqual(received.length - '0\r\n\r\n'.length);
    expect(result.responseSize).toBe(received.length);
  });

  it.each([
    ['text', 'hello'],
    ['bytes', Buffer.from('hello')],
    ['many bytes', Buffer.alloc(50_000, 'x')],
  ])('of a stream of %s that tells its length, and what exceeds it is dropped', async (_name, last) => {
    const { written, received, result } = await watched(async ({ response }) => {
      response.setHeader('content-length', String(last.length + 2));
      const stream = response.stream(200);
      stream.write('a ');
      await new Promise(setImmediate);
      stream.write(last);
      await new Promise(setImmediate);
      stream.write('more');
      await new Promise(setImmediate);
      await stream.end();
    });
    expect(received.endsWith(`a ${last.toString()}`)).toBe(true);
    expect(written).toBe(received.length - last.length);
    expect(result.responseSize).toBe(received.length);
  });

  it('of an answer without a body', async () => {
    const { written, received, result } = await watched(({ response }) => response.send(204));
    expect(written).toBe(0);
    expect(result.responseSize).toBe(received.length);
  });

  it('of an error, with its error', async () => {
    const { written, result } = await watched(() => Promise.reject(new GatewayError('forbidden', { detail: 'no' })));
    expect(written).toBe(0);
    expect(result).toMatchObject({ status: 403, outcome: 'rejected', error: { code: 'forbidden' } });
  });
});

describe('an exchange', () => {
  it('is refused when the events say so, before any plugin', async () => {
    const proxy = await TestProxy.start(answering(({ response }) => response.send(200, 'served')));
    proxy.recorder.refuse = new GatewayError('unavailable', { message: 'no room for its record' });
    const { status, text } = await get(proxy.url);
    expect(status).toBe(503);
    expect(text).toContain('no room for its record');
    expect((await proxy.only()).result.outcome).toBe('upstream_failed');
  });

  it('that fails after its last byte keeps the record that it has', async () => {
    const proxy = await TestProxy.start(
      answering(async ({ response }) => {
        await response.send(200, 'done');
        throw new Error('too late');
      }),
    );
    expect((await get(proxy.url)).text).toBe('done');
    const { result } = await proxy.only();
    expect(result).toMatchObject({ status: 200, outcome: 'completed', error: undefined });
    expect(proxy.recorder.told.filter(({ type }) => type === 'ending')).toHaveLength(1);
  });
});
