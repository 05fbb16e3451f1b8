import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { platform } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chunk, DONE, fin, gate, never, silence, sse, use } from '../../apps/simulated-openai/src/index.js';
import {
  checkGrammar,
  eventually,
  parseAnthropicStream,
  RawConnection,
  transcript,
  type StreamedAnswer,
} from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base } from './support/requests.js';
import { C4, CLIENT_HEADERS, errorOf, eventsOf, Stage } from './support/stage.js';

/** Milliseconds, in place of the 10 s of the default. */
const PING = 30;
/** Milliseconds, in place of five minutes; long enough for a heartbeat, which is every 20th ping. */
const IDLE = 2000;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    c4: C4,
    pinged: { ...C4, config: { streaming: { ping_interval: PING } } },
    idle: { ...C4, config: { streaming: { ping_interval: PING, idle_timeout: IDLE, first_byte_timeout: 300 } } },
    quiet: { ...C4, config: { streaming: { idle_timeout: 300 } } },
  });
});
afterAll(() => stage.close());

const STREAM = base({ stream: true });
const END = [fin('stop'), use(5, 2), DONE];

/** Reads until so many frames of a kind have come. @returns when each was seen, in ms */
async function arrivals(answer: StreamedAnswer, frame: string, count: number): Promise<number[]> {
  const seen: number[] = [];
  while (seen.length < count) {
    if (!(await answer.next()))
      throw new Error(`ended after ${seen.length} of ${count}: ${answer.received.toString()}`);
    const there = answer.received.toString().split(frame).length - 1;
    while (seen.length < there) seen.push(performance.now());
  }
  return seen;
}

describe('T33 a silent upstream', () => {
  it.each([
    ['before anything', []],
    ['in the middle of the text', [chunk({ content: 'a' })]],
  ])('T33 %s: the client gets pings, then what is left', async (_, first) => {
    const held = gate();
    stage.openai.enqueue(sse([...first, held, chunk({ content: 'b' }), ...END]));
    const answer = await stage.open('pinged', STREAM);
    const seen = await arrivals(answer, 'event: ping\n', 4);
    const gaps = seen.slice(1).map((at, index) => at - (seen[index] ?? 0));
    // A busy machine delays, it does not leave out: 10 s of the default leave room for as much.
    expect(Math.max(...gaps)).toBeLessThan(30 * PING);
    held.open();
    const events = parseAnthropicStream(await answer.rest());
    checkGrammar(events);
    const text = first.length > 0 ? 'D0"a" · D0"b"' : 'D0"b"';
    expect(transcript(events.filter(({ type }) => type !== 'ping'))).toBe(
      `MS · S0:text · ${text} · P0 · MD(end_turn) · ME`,
    );
  });
});

describe('T34 an upstream that stays silent', () => {
  it('T34 in the middle of a stream: pings with heartbeats, then an error and the end', async () => {
    const answer = await stage.ask('idle', STREAM, { upstream: sse([chunk({ content: 'a' }), silence]) });
    const events = eventsOf(answer);
    checkGrammar(events.filter(({ type, delta }) => !(type === 'content_block_delta' && delta?.['text'] === '')));
    const sketch = transcript(events);
    expect(sketch).toMatch(/^MS · S0:text · D0"a" · (PING · |D0"" · )+ERR\(timeout_error\)$/);
    const runs = sketch.split(/ · (?!PING)/).map((run) => run.split('PING').length - 1);
    expect(Math.max(...runs)).toBeLessThan(20);
    expect(sketch).toContain('D0""');
    const [request] = answer.sent;
    await request?.closed;
    expect(request?.aborted).toBe(true);
    expect(await stage.recordOf(answer)).toMatchObject({ exchange: { outcome: 'upstream_failed' } });
  });

  it('T34 before the first word: the heartbeat is a thought', async () => {
    const answer = await stage.ask('idle', STREAM, { upstream: sse([silence]) });
    const events = eventsOf(answer);
    checkGrammar(events);
    expect(transcript(events)).toMatch(/^MS · (PING · )+S0:thinking · D0"" · (PING · |D0"" · )*ERR\(timeout_error\)$/);
  });

  it('T34 before anything is written: 504', async () => {
    const answer = await stage.ask('quiet', STREAM, { upstream: sse([silence]) });
    expect([answer.status, errorOf(answer).error.type]).toEqual([504, 'timeout_error']);
    await answer.sent[0]?.closed;
    expect(answer.sent[0]?.aborted).toBe(true);
  });

  it('T34 without even a head: 504, streamed or not', async () => {
    for (const stream of [true, false]) {
      const answer = await stage.ask('idle', base({ stream }), { upstream: never() });
      expect([answer.status, errorOf(answer).error.type]).toEqual([504, 'timeout_error']);
      await answer.sent[0]?.closed;
      expect(answer.sent[0]?.aborted).toBe(true);
    }
  });
});

describe('T35 a client that leaves', () => {
  it('T35 takes the upstream with it at once, and leaves a record of what it got', async () => {
    const delays: number[] = [];
    // The fastest of five: what the machine does besides is not the gateway's.
    for (let round = 0; round < 5; round += 1) {
      stage.openai.enqueue(sse([chunk({ content: 'partial' }), silence]));
      const answer = await stage.open('c4', STREAM);
      await answer.until('partial');
      const [request] = stage.sentFor(answer);
      const left = performance.now();
      answer.leave();
      await request?.closed;
      delays.push(performance.now() - left);
      expect(request?.aborted).toBe(true);
      const record = await stage.recordOf(answer);
      expect(record.exchange.outcome).toBe('client_aborted');
      expect(record.ai?.payload?.response).toContain('"text":"partial"');
      expect(record.ai?.usage).toMatchObject({ estimated: true });
    }
    expect(Math.min(...delays)).toBeLessThan(100);
    expect(Math.max(...delays)).toBeLessThan(2000);
  });

  it('T35 before the upstream has answered', async () => {
    const connection = await RawConnection.open(stage.gateway.proxy);
    const arrived = stage.openai.requests.length;
    stage.openai.enqueue(never());
    const body = JSON.stringify(STREAM);
    const head = Object.entries({ host: 'gateway', ...CLIENT_HEADERS, 'content-length': String(body.length) });
    await connection.send(
      `POST /c4/v1/messages HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    );
    const request = await eventually(() => stage.openai.requests[arrived]);
    connection.close();
    await request.closed;
    expect(request.aborted).toBe(true);
  });
});

describe('T38 a slow reader of a long answer', () => {
  const DELTAS = 200_000;
  const piece = (n: number): string => `${String(n).padStart(6, '0')} ${'x'.repeat(93)}`;

  function* longAnswer(): Generator<string> {
    for (let n = 0; n < DELTAS; n += 1) yield chunk({ content: piece(n) });
    yield* END;
  }

  it('T38 the gateway holds back the upstream, not all that it says; nothing is lost', async () => {
    const before = await residentBytes(stage.gateway.pid);
    stage.openai.enqueue(sse(longAnswer()));
    const answer = await unreadAnswer(stage.url('c4', '/v1/messages'), STREAM);
    const reply = stage.sentFor(answer)[0]!.reply;
    // Nobody reads: the upstream comes to a halt when the buffers of the kernel are full.
    let seen = 0;
    await eventually(() => reply.bytes === seen || void (seen = reply.bytes), { every: 300, within: 20_000 });
    expect(reply.end).toBeUndefined();
    let grown = (await residentBytes(stage.gateway.pid)) - before;
    let next = 0;
    for await (const text of deltas(answer)) {
      if (text !== piece(next)) throw new Error(`delta ${next} is ${text}`);
      next += 1;
      if (next % 20_000 === 0) grown = Math.max(grown, (await residentBytes(stage.gateway.pid)) - before);
    }
    expect(next).toBe(DELTAS);
    expect(grown).toBeLessThan(MOST_MEMORY);
  }, 60_000);
});

/** What a process may grow by in a long stream; the answer itself, in events, is 37 MB, and is never there as a whole. */
const MOST_MEMORY = 64 * 1024 * 1024;

async function unreadAnswer(url: string, body: object): Promise<IncomingMessage> {
  const outgoing = request(url, { method: 'POST', headers: CLIENT_HEADERS });
  outgoing.end(JSON.stringify(body));
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

async function* deltas(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const part of answer as AsyncIterable<Buffer>) {
    rest += part.toString('latin1');
    const end = rest.lastIndexOf('\n\n') + 2;
    for (const [, delta = ''] of rest.slice(0, end).matchAll(/"text_delta","text":"([^"]+)"/g)) yield delta;
    rest = rest.slice(end);
  }
}

/** Bytes of memory that a process has. */
async function residentBytes(pid: number): Promise<number> {
  if (platform() === 'linux') {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes) * 1024;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1024;
}

recordsEveryExchange(() => stage);
