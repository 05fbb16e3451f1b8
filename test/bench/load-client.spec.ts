import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MarkCounter, forwardedFault, replyCheck, strictFault } from './checks.mjs';
import { LoadClient } from './load-client.mjs';
import { LOADS } from './loads.mjs';
import { jsonReply, streamPackets } from './replies.mjs';
import { httpRequest, smallBody } from './request-bodies.mjs';

const CHUNKS = 20;
const servers: Server[] = [];

/** A server that does `reply` on every connection's first bytes. */
async function listen(reply: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.once('data', () => reply(socket));
    socket.on('error', () => socket.destroy());
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Sends one request and returns what the load client says about the reply. */
async function exchange(
  chunks: number,
  reply: (socket: Socket) => void,
): Promise<{ replies: number; faults: readonly string[] }> {
  const target = await listen(reply);
  const request = httpRequest(smallBody({ stream: chunks > 0 }), { host: 'bench', path: '/' });
  const client = new LoadClient(target, request, () => replyCheck('openai', chunks));
  await client.hold(1, 1000);
  client.close();
  return { replies: client.replies, faults: client.faults };
}

function stream(): Buffer {
  return Buffer.concat(streamPackets(CHUNKS));
}

/** The stream without its first event that holds `mark`, correctly framed. */
function without(mark: string): Buffer {
  const text = stream().toString('latin1');
  const at = text.indexOf(mark);
  const start = text.lastIndexOf('\r\n', text.lastIndexOf('data: ', at) - 3) + 2;
  const end = text.indexOf('\n\n\r\n', at) + 4;
  return Buffer.from(text.slice(0, start) + text.slice(end), 'latin1');
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('LoadClient', () => {
  it.each([
    ['a JSON reply', 0, jsonReply],
    ['a stream', CHUNKS, stream],
  ])('takes %s that is complete', async (_, chunks, reply) => {
    const result = await exchange(chunks, (socket) => socket.write(reply()));
    expect(result).toEqual({ replies: 1, faults: [] });
  });

  it('takes a stream that arrives byte by byte', async () => {
    const result = await exchange(CHUNKS, (socket) => {
      for (const byte of stream()) socket.write(Buffer.of(byte));
    });
    expect(result).toEqual({ replies: 1, faults: [] });
  });

  it.each([
    ['a JSON reply cut before its end', 0, () => jsonReply().subarray(0, -1), /closed before the reply was complete/],
    ['a stream cut in a chunk', CHUNKS, () => stream().subarray(0, -40), /closed before the reply was complete/],
    ['a stream without its last HTTP chunk', CHUNKS, () => stream().subarray(0, -5), /closed before/],
    ['a stream that lacks a delta', CHUNKS, () => without('" then"'), /^19 content deltas instead of 20$/],
    ['a stream that lacks its terminal event', CHUNKS, () => without('[DONE]'), /^no terminal event$/],
    ['an error', 0, () => 'HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\n{}', /^status 502$/],
    ['another text', 0, () => 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}', /^not the upstream's text/],
    ['something that is not HTTP', 0, () => 'hello\r\n\r\n', /^neither content-length nor/],
  ])('reports %s', async (_, chunks, reply, fault) => {
    const result = await exchange(chunks, (socket) => socket.end(reply()));
    expect(result).toEqual({ replies: 0, faults: [expect.stringMatching(fault)] });
  });

  it('keeps the asked number of exchanges in flight and counts every delta', async () => {
    let open = 0;
    let most = 0;
    const target = await listen((socket) => {
      most = Math.max(most, ++open);
      socket.on('close', () => open--);
      socket.on('data', () => socket.write(stream()));
      socket.write(stream());
    });
    const request = httpRequest(smallBody({ stream: true }), { host: 'bench', path: '/' });
    const client = new LoadClient(target, request, () => replyCheck('openai', CHUNKS));
    await client.closed(4, 50);
    client.close();
    expect(client.faults).toEqual([]);
    expect(client.replies).toBeGreaterThan(4);
    expect(client.deltas).toBe(client.replies * CHUNKS);
    expect(most).toBe(4);
  });
});

describe('MarkCounter', () => {
  it('counts the same wherever the bytes are cut', () => {
    const text = fc
      .array(fc.constantFrom('"text_delta"', '"text_', 'delta"', '\n', 'x', '"'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat()), (whole, positions) => {
        const bytes = Buffer.from(whole);
        const edges = [0, ...positions.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const counter = new MarkCounter('"text_delta"');
        edges.slice(1).forEach((end, index) => counter.push(bytes.subarray(edges[index], end)));
        expect(counter.count).toBe(whole.split('"text_delta"').length - 1);
      }),
    );
  });
});

describe('strictFault', () => {
  const events = [
    { type: 'message_start', message: { content: [] } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Let' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];

  function encode(list: readonly { type: string }[]): string {
    return list.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
  }

  it('takes a complete Messages stream, pings included', () => {
    expect(strictFault('anthropic', 1, encode(events.toSpliced(2, 0, { type: 'ping' } as never)))).toBeUndefined();
  });

  it.each(events.map((event, index) => [event.type, index] as const))('misses %s', (_, index) => {
    expect(strictFault('anthropic', 1, encode(events.toSpliced(index, 1)))).toEqual(expect.any(String));
  });

  it('compares the text', () => {
    expect(strictFault('anthropic', 1, encode(events).replace('Let', 'Lot'))).toMatch(/^not the upstream's text/);
  });
});

describe('forwardedFault', () => {
  const sent = LOADS['json-112k'].body;
  const client = JSON.parse(sent.toString()) as { system: { text: string }[]; messages: object[]; tools: object[] };
  const forwarded = { messages: [...client.system, ...client.messages], tools: client.tools, stream: false };

  it('takes a request whose texts, tools and messages all arrived', () => {
    expect(forwardedFault('anthropic', sent, Buffer.from(JSON.stringify(forwarded)))).toBeUndefined();
  });

  it.each([
    ['a tool', { ...forwarded, tools: client.tools.slice(1) }],
    ['a passage', { ...forwarded, messages: [...client.messages, {}, {}] }],
    ['the mode', { ...forwarded, stream: true }],
  ])('reports the loss of %s', (_, request) => {
    expect(forwardedFault('anthropic', sent, Buffer.from(JSON.stringify(request)))).toEqual(expect.any(String));
  });

  it('wants a pass-through to change nothing', () => {
    expect(forwardedFault('openai', sent, sent)).toBeUndefined();
    expect(forwardedFault('openai', sent, sent.subarray(1))).toMatch(/changed/);
  });
});
