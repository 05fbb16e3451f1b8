import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { get, http, openStream, post, RawConnection } from './http.js';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('whole answers', () => {
  it('carry what was sent', async () => {
    answer = (request, response) => {
      response.writeHead(201, { 'x-method': request.method, 'x-type': request.headers['content-type'] ?? 'none' });
      request.pipe(response);
    };
    const sent = await post(`${url}/a`, { b: 1 }, { 'x-own': '1' });
    expect([sent.status, sent.headers['x-method'], sent.headers['x-type'], sent.json()]).toEqual([
      201,
      'POST',
      'application/json',
      { b: 1 },
    ]);
    const got = await get(url);
    expect([got.headers['x-method'], got.headers['x-type'], got.text]).toEqual(['GET', 'none', '']);
    const put = await http(url, { method: 'PUT', body: Buffer.from('ü') });
    expect([put.headers['x-method'], put.body.length]).toEqual(['PUT', 2]);
  });
});

describe('streamed answers', () => {
  it('are read piece by piece while they are written', async () => {
    let response!: ServerResponse;
    answer = (_request, given) => {
      response = given;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    };
    const stream = await openStream(url, { body: {} });
    expect([stream.status, stream.headers['content-type'], stream.received.length]).toEqual([
      200,
      'text/event-stream',
      0,
    ]);
    response.write('one');
    expect(String(await stream.next())).toBe('one');
    response.write(' two');
    expect(await stream.until('two')).toBe('one two');
    response.end(' three');
    expect(String(await stream.rest())).toBe('one two three');
    expect(await stream.next()).toBeUndefined();
  });

  it('fail when the connection breaks, or ends without what was waited for', async () => {
    answer = (_request, response) => {
      response.write('half');
      setImmediate(() => response.socket?.destroySoon());
    };
    const broken = await openStream(url);
    await expect(broken.rest()).rejects.toThrow('aborted');
    answer = (_request, response) => response.end('all');
    await expect((await openStream(url)).until('more')).rejects.toThrow('the body ended without "more": all');
  });

  it('can be left', async () => {
    const gone = new Promise<boolean>((resolve) => {
      answer = (_request, response) => {
        response.write('x');
        response.once('close', () => resolve(response.writableFinished));
      };
    });
    const stream = await openStream(url);
    await stream.next();
    stream.leave();
    expect(await gone).toBe(false);
  });
});

describe('raw connections', () => {
  it('send bytes as they stand and read as much as asked for', async () => {
    answer = (_request, response) => response.end('0123456789');
    const connection = await RawConnection.open(url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\n');
    await connection.send('connection: close\r\n\r\n');
    const head = await connection.readUntil('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    const tail = Buffer.concat([Buffer.from(head), await connection.readAll()]).toString();
    expect(tail.endsWith('0123456789')).toBe(true);
    expect(await connection.read()).toBeUndefined();
  });

  it('hold the other side back while nobody reads', async () => {
    const size = 64 * 1024 * 1024;
    let drained = false;
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': size });
      expect(response.write(Buffer.alloc(size / 2))).toBe(false);
      response.once('drain', () => {
        drained = true;
        response.end(Buffer.alloc(size / 2));
      });
    };
    const connection = await RawConnection.open(url);
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    const first = await connection.read(100);
    expect(first?.length).toBe(100);
    expect(drained).toBe(false);
    const rest = await connection.readAll();
    expect(drained).toBe(true);
    expect(100 + rest.length).toBeGreaterThan(size);
  });

  it('can be reset', async () => {
    const failure = new Promise<string | undefined>((resolve) => {
      answer = (request) => request.socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    const connection = await RawConnection.open(url);
    const arrived = once(server, 'request');
    await connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await arrived;
    connection.reset();
    expect(await failure).toBe('ECONNRESET');
  });
});
