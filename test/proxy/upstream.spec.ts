import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:tls';
import { Readable } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { UpstreamFailure, type UpstreamHandler, type UpstreamPeer, type UpstreamRequest } from '#libs/plugin-api';
import { UpstreamPools } from '#libs/proxy';
import { selfSigned } from '../client/harness/certificate.js';
import { eventually } from '../support/index.js';
import { Backend, stopAll } from './proxy.js';

const pools = new Set<UpstreamPools>();
const client = (): UpstreamPools => {
  const made = new UpstreamPools();
  pools.add(made);
  return made;
};

afterEach(async () => {
  for (const one of pools) one.close();
  pools.clear();
  await stopAll();
});

const request = (port: number, fields: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  origin: `http://127.0.0.1:${port}`,
  path: '/',
  method: 'POST',
  headers: [],
  body: Buffer.from('hello'),
  connectTimeout: 5000,
  headersTimeout: 5000,
  bodyTimeout: 5000,
  ...fields,
});

/** Collects what it is told. */
class Collector implements UpstreamHandler {
  status = 0;
  headers: Readonly<Record<string, string | string[] | undefined>> = {};
  peer: UpstreamPeer | undefined;
  resume = (): void => {};
  readonly chunks: Buffer[] = [];
  readonly calls: string[] = [];
  accept: (chunk: Buffer) => boolean = () => true;
  readonly ended: Promise<Error | undefined>;
  private end!: (error: Error | undefined) => void;

  constructor() {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
  onHeaders(...[status, headers, resume, peer]: Parameters<UpstreamHandler['onHeaders']>): void {
    this.calls.push('headers');
    Object.assign(this, { status, headers, resume, peer });
  }
  onData(chunk: Buffer): boolean {
    this.calls.push('data');
    // A chunk belongs to undici only until the callback returns; what is kept is a copy.
    this.chunks.push(Buffer.from(chunk));
    return this.accept(chunk);
  }
  onComplete(): void {
    this.calls.push('complete');
    this.end(undefined);
  }
  onError(error: Error): void {
    this.calls.push('error');
    this.end(error);
  }
}

async function ask(upstreams: UpstreamPools, asked: UpstreamRequest): Promise<Collector> {
  const collector = new Collector();
  upstreams.dispatch(asked, collector);
  const error = await collector.ended;
  if (error) throw error;
  return collector;
}

const echo = () =>
  Backend.http((asked, answer) => {
    void (async () => {
      let body = '';
      for await (const chunk of asked) body += String(chunk);
      answer.setHeader('x-two', ['1', '2']);
      answer.end(JSON.stringify({ method: asked.method, url: asked.url, headers: asked.headers, body }));
    })();
  });

describe('UpstreamPools', () => {
  it('sends a request and tells head, body and end in this order', async () => {
    const backend = await echo();
    const answer = await ask(client(), request(backend.port, { path: '/v1/x?y', headers: ['x-a', '1', 'X-B', '2'] }));
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'x-two': ['1', '2'] });
    expect(answer.peer).toEqual({ ip: '127.0.0.1', port: backend.port });
    expect(JSON.parse(answer.text)).toEqual({
      method: 'POST',
      url: '/v1/x?y',
      headers: {
        host: `127.0.0.1:${backend.port}`,
        connection: 'keep-alive',
        'x-a': '1',
        'x-b': '2',
        'content-length': '5',
      },
      body: 'hello',
    });
    expect(answer.calls).toEqual(['headers', 'data', 'complete']);
  });

  it('sends a stream as it comes, and a request without a body', async () => {
    const backend = await echo();
    const upstreams = client();
    const streamed = await ask(
      upstreams,
      request(backend.port, { body: Readable.from([Buffer.from('a'), Buffer.from('b')]) }),
    );
    expect(JSON.parse(streamed.text)).toMatchObject({ body: 'ab', headers: { 'transfer-encoding': 'chunked' } });
    const none = await ask(upstreams, request(backend.port, { method: 'GET', body: null }));
    expect(JSON.parse(none.text)).toMatchObject({ method: 'GET', body: '' });
  });

  it('uses a connection again, and as many as there are requests at a time', async () => {
    const backend = await echo();
    const upstreams = client();
    for (let i = 0; i < 3; i += 1) await ask(upstreams, request(backend.port));
    expect(backend.connections).toBe(1);
    const held: (() => void)[] = [];
    const slow = await Backend.http((_asked, answer) => held.push(() => answer.end('x')));
    const answers = Array.from({ length: 50 }, () => ask(upstreams, request(slow.port)));
    await eventually(() => held.length === 50);
    expect(slow.connections).toBe(50);
    for (const release of held.splice(0)) release();
    await Promise.all(answers);
    const more = Array.from({ length: 50 }, () => ask(upstreams, request(slow.port)));
    await eventually(() => held.length === 50);
    for (const release of held) release();
    await Promise.all(more);
    expect(slow.connections).toBe(50);
  });

  it('goes on when the upstream has closed what was idle', async () => {
    const backend = await echo();
    const upstreams = client();
    await Promise.all([ask(upstreams, request(backend.port)), ask(upstreams, request(backend.port))]);
    backend.cut();
    await eventually(async () => (await ask(upstreams, request(backend.port))).status === 200);
    await ask(upstreams, request(backend.port));
    expect(backend.connections).toBe(3);
  });

  it('keeps connections to a bounded number of targets, the newest ones', async () => {
    const backend = await echo();
    const upstreams = client();
    // Requests that differ in the timeout do not share connections.
    for (let i = 1; i <= 300; i += 1) await ask(upstreams, request(backend.port, { connectTimeout: 5000 + i }));
    await eventually(() => backend.open <= 256);
    await ask(upstreams, request(backend.port, { connectTimeout: 5300 }));
    expect(backend.connections).toBe(300);
    await ask(upstreams, request(backend.port, { connectTimeout: 5001 }));
    expect(backend.connections).toBe(301);
  });

  it('pauses the body until it is resumed', async () => {
    const total = 32 * 1024 * 1024;
    let sent = 0;
    const backend = await Backend.http((_asked, answer) => {
      const piece = Buffer.alloc(256 * 1024);
      const more = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (!answer.write(piece)) {
            answer.once('drain', more);
            return;
          }
        }
        answer.end();
      };
      more();
    });
    const collector = new Collector();
    let received = 0;
    let accepting = false;
    collector.onData = ({ length }) => {
      received += length;
      return accepting;
    };
    client().dispatch(request(backend.port), collector);
    let before = -1;
    await eventually(() => {
      const still = before > 0 && sent === before;
      before = sent;
      return still;
    });
    expect(received).toBeLessThan(1024 * 1024);
    expect(sent).toBeLessThan(total);
    accepting = true;
    collector.resume();
    collector.resume();
    expect(await collector.ended).toBeUndefined();
    expect(received).toBe(total);
  });
});

describe('an upstream request that is given up', () => {
  const aborted = expect.objectContaining({ name: 'UpstreamFailure', reason: 'aborted' });

  it('closes its connection and is told of once', async () => {
    let gone: Promise<unknown> | undefined;
    const backend = await Backend.http((asked, answer) => {
      gone = once(asked.socket, 'close');
      answer.write('begun');
    });
    const collector = new Collector();
    const running = client().dispatch(request(backend.port), collector);
    await eventually(() => collector.chunks.length > 0);
    const at = performance.now();
    running.abort();
    running.abort();
    expect(await collector.ended).toEqual(aborted);
    await gone;
    expect(performance.now() - at).toBeLessThan(100);
    expect(collector.calls).toEqual(['headers', 'data', 'error']);
  });

  it('before it is connected never reaches the upstream', async () => {
    let asked = 0;
    const backend = await Backend.http(() => (asked += 1));
    const collector = new Collector();
    const upstreams = client();
    upstreams.dispatch(request(backend.port), collector).abort();
    expect(collector.calls).toEqual([]);
    expect(await collector.ended).toEqual(aborted);
    const held = await echo();
    await ask(upstreams, request(held.port));
    expect(asked).toBe(0);
  });

  it('after its end is not told of', async () => {
    const backend = await echo();
    const collector = new Collector();
    const running = client().dispatch(request(backend.port), collector);
    await collector.ended;
    running.abort();
    await new Promise(setImmediate);
    expect(collector.calls.at(-1)).toBe('complete');
  });
});

describe('an upstream that fails', () => {
  const failure = async (asked: UpstreamRequest): Promise<UpstreamFailure> => {
    const error: unknown = await ask(client(), asked).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UpstreamFailure);
    return error as UpstreamFailure;
  };

  it('to be there is a failure to connect', async () => {
    expect((await failure(request(await Backend.closedPort()))).reason).toBe('connect');
  });

  it('to be found by name is a failure of DNS', async () => {
    expect((await failure(request(80, { origin: 'http://nowhere.invalid' }))).reason).toBe('dns');
  });

  it('to send a head or to go on with the body runs into its own timeout each', async () => {
    const silent = await Backend.http(() => {});
    expect((await failure(request(silent.port, { headersTimeout: 50 }))).reason).toBe('headers_timeout');
    const stalling = await Backend.http((_asked, answer) => answer.write('begun'));
    expect((await failure(request(stalling.port, { bodyTimeout: 50 }))).reason).toBe('body_timeout');
  });

  it('by closing too early is a reset, by nonsense a fault of the protocol', async () => {
    const closing = await Backend.raw((socket) => socket.once('data', () => socket.destroy()));
    expect((await failure(request(closing.port))).reason).toBe('reset');
    const short = await Backend.raw((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort')),
    );
    expect((await failure(request(short.port))).reason).toBe('reset');
    const nonsense = await Backend.raw((socket) => socket.once('data', () => socket.end('nonsense\r\n\r\n')));
    expect((await failure(request(nonsense.port))).reason).toBe('protocol');
  });

  it('because the request cannot be sent is told of like any other, after dispatch has returned', async () => {
    const collector = new Collector();
    client().dispatch(request(1, { headers: ['bad header', '1'] }), collector);
    expect(collector.calls).toEqual([]);
    expect(await collector.ended).toMatchObject({ reason: 'protocol' });
    expect((await failure(request(1, { origin: 'not an origin' }))).reason).toBe('protocol');
  });
});

describe('TLS', () => {
  it('is verified unless it is turned off', async () => {
    const server = createTlsServer(selfSigned('localhost'), (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret'));
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const origin = `https://localhost:${port}`;
    const upstreams = client();
    await expect(ask(upstreams, request(port, { origin }))).rejects.toMatchObject({ reason: 'tls' });
    const answer = await ask(upstreams, request(port, { origin, tlsVerify: false }));
    expect(answer.text).toBe('secret');
    await expect(ask(upstreams, request(port, { origin, tlsVerify: true }))).rejects.toMatchObject({ reason: 'tls' });
    server.close();
  });
});
