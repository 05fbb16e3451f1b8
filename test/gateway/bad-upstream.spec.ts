import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkGrammar, eventually, get, http, parseAnthropicStream, type HttpAnswer } from '../support/index.js';
import { CLAUDE_CODE, question, Stage, type Place } from './stage.js';

/** Says what it is told to every request, byte by byte as it stands, and hangs up. */
class RudeServer {
  says: string | Buffer = '';
  private constructor(private readonly server: Server) {}

  static async start(): Promise<RudeServer> {
    const server = createServer();
    const rude = new RudeServer(server);
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.resume();
        socket.end(rude.says);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return rude;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }
}

let rude: RudeServer;
let stage: Stage;
beforeAll(async () => {
  rude = await RudeServer.start();
  stage = await Stage.open({ config: (place) => config(place, rude.url) });
});
afterAll(async () => {
  await stage.close();
  await rude.close();
});

function config({ logPath }: Place, upstream: string): object {
  const route = (name: string, llm_format: string, provider: string, path: string): object => ({
    name,
    paths: [`/${name}`],
    service: 'up',
    plugins: [
      {
        name: 'ai-proxy',
        config: {
          llm_format,
          route_type: 'llm/v1/chat',
          auth: { header_name: 'Authorization', header_value: 'Bearer sk-key-of-the-gateway' },
          logging: { log_payloads: true },
          model: { provider, name: 'gpt-4.1', options: { upstream_url: upstream + path } },
        },
      },
    ],
  });
  return {
    _format_version: '3.0',
    services: [{ name: 'up', url: upstream }],
    routes: [
      route('translated', 'anthropic', 'openai', '/v1/chat/completions'),
      route('same', 'anthropic', 'anthropic', '/v1/messages'),
      route('openai', 'openai', 'openai', '/v1/chat/completions'),
      { name: 'plain', paths: ['/plain'], service: 'up' },
    ],
    plugins: [{ name: 'file-log', config: { path: logPath } }],
  };
}

const ask = (route: string, stream: boolean): Promise<HttpAnswer> =>
  http(`${stage.gateway.proxy}/${route}${route === 'openai' ? '/v1/chat/completions' : '/v1/messages'}`, {
    headers: CLAUDE_CODE,
    body: question({ stream }),
  });

const answer = (body: string | Buffer, ...headers: string[]): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\n${headers.map((line) => `${line}\r\n`).join('')}Connection: close\r\n\r\n`),
    Buffer.from(body),
  ]);
const json = (body: string | Buffer): Buffer => answer(body, 'Content-Type: application/json');
const sse = (body: string | Buffer): Buffer => answer(body, 'Content-Type: text/event-stream');

/** What is no answer of HTTP, or one that does not come to its end. */
const WIRE: readonly (readonly [what: string, bytes: string | Buffer])[] = [
  ['nothing', ''],
  ['another protocol', '220 mail.example.com ESMTP\r\n'],
  ['random bytes', Buffer.from(Array.from({ length: 2000 }, (_, n) => (n * 7919) % 256))],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Ty'],
  ['a head of a megabyte', `HTTP/1.1 200 OK\r\nX-Filler: ${'a'.repeat(1_000_000)}\r\n\r\n{}`],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n{}'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}'],
  ['less than it promised', answer('{"a":', 'Content-Type: application/json', 'Content-Length: 500')],
  ['chunks that are none', answer('xyz\r\n{}', 'Content-Type: application/json', 'Transfer-Encoding: chunked')],
  ['half a chunk', answer('ff\r\n{"a"', 'Content-Type: application/json', 'Transfer-Encoding: chunked')],
  ['gzip that is none', answer('{}', 'Content-Type: application/json', 'Content-Encoding: gzip')],
  [
    'half of gzip',
    answer(gzipSync('{"choices":[]}').subarray(0, 14), 'Content-Type: application/json', 'Content-Encoding: gzip'),
  ],
  ['an encoding nobody knows', answer('{}', 'Content-Type: application/json', 'Content-Encoding: secret')],
  ['a page', answer('<html>It works!</html>', 'Content-Type: text/html')],
];

const choice = (more: object): string =>
  JSON.stringify({ choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', ...more } }] });
/** JSON that is no completion, whole. */
const COMPLETIONS: readonly (readonly [what: string, body: string | Buffer])[] = [
  ['no body', ''],
  ['no JSON', '{"choices":[{"index":0,'],
  ['no object', '[1,2]'],
  ['null', 'null'],
  ['text', '"hello"'],
  ['an empty object', '{}'],
  ['choices that are none', '{"choices":{"0":{}}}'],
  ['choices of null', '{"choices":[null]}'],
  ['a message that is none', '{"choices":[{"index":0,"message":"hi","finish_reason":"stop"}]}'],
  ['calls without a name', choice({ tool_calls: [{ id: 'c', type: 'function', function: { arguments: '{}' } }] })],
  [
    'calls whose arguments are a list',
    choice({ tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '[1]' } }] }),
  ],
  ['a structure too deep', `{"choices":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22])],
];

/** Frames that are no chunks. What has been understood before stays. */
const STREAMS: readonly (readonly [what: string, body: string | Buffer])[] = [
  ['no event at all', ''],
  ['a text', 'Hello, how are you?\n\n'],
  ['half an object', 'data: {"choices":[{"in\n\n'],
  ['a list', 'data: [1]\n\n'],
  ['an event without data', 'event: x\n\n'],
  ['only the end', 'data: [DONE]\n\n'],
  ['binary', Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 31) % 256))],
  ['an event without end', `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(17 * 1024 * 1024)}`],
  ['an end in the middle', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'],
  ['a structure too deep', `data: {"choices":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n\n`],
];

/** An error in the format of the client, with the id of the request, and one record of a failed upstream. */
async function failed(route: string, got: HttpAnswer): Promise<void> {
  const failure = { exchange: { outcome: 'upstream_failed' }, route: { name: route } };
  if (got.headers['content-type']?.startsWith('text/event-stream')) {
    const events = parseAnthropicStream(got.body);
    checkGrammar(events);
    expect(events.at(-1)).toMatchObject({ type: 'error', request_id: got.headers['request-id'] });
    expect(await stage.recordOf(got)).toMatchObject({ ...failure, response: { status: 200 } });
    return;
  }
  expect(got.status).toBe(502);
  const body = got.json() as object;
  if (route === 'openai')
    expect(body).toEqual({
      error: { message: expect.stringMatching(/\w/), type: 'server_error', param: null, code: null },
    });
  else {
    expect(body).toEqual({
      type: 'error',
      error: { type: 'api_error', message: expect.stringMatching(/\w/) },
      request_id: got.headers['request-id'],
    });
  }
  expect(got.text).not.toContain('<html');
  const record = await stage.recordOf(got);
  expect(record).toMatchObject({
    ...failure,
    error: { code: expect.any(String), message: expect.stringMatching(/\w/) },
    source: 'kong',
  });
}

const MODES = [true, false];
const cases = (list: readonly (readonly [string, string | Buffer])[]) =>
  list.map(([what, bytes]) => [what, { bytes }] as const);

describe.each(['translated', 'same', 'openai'])('an upstream of the route %s that sends', (route) => {
  it.each(cases(WIRE))('%s', async (_, { bytes }) => {
    rude.says = bytes;
    for (const stream of MODES) await failed(route, await ask(route, stream));
  });
});

describe('a translated upstream that answers', () => {
  it.each(cases(COMPLETIONS))('%s', async (_, { bytes }) => {
    rude.says = json(bytes);
    for (const stream of MODES) await failed('translated', await ask('translated', stream));
  });
});

describe('a translated upstream that streams', () => {
  it.each(cases(STREAMS))('%s', async (_, { bytes }) => {
    rude.says = sse(bytes);
    await failed('translated', await ask('translated', true));
  });
});

describe('an upstream of the same format that sends what it likes', () => {
  it.each(['same', 'openai'])(
    'is let through, and recorded: %s',
    async (route) => {
      for (const [, body] of [...COMPLETIONS, ...STREAMS]) {
        rude.says = json(body);
        const whole = await ask(route, false);
        expect(whole.body.equals(Buffer.from(body))).toBe(true);
        rude.says = sse(body);
        const streamed = await ask(route, true);
        expect(streamed.body.equals(Buffer.from(body))).toBe(true);
        for (const got of [whole, streamed]) expect((await stage.recordOf(got)).exchange.outcome).toBe('completed');
      }
    },
    60_000,
  );
});

describe('a service without AI that sends', () => {
  it.each(cases(WIRE.filter(([what]) => !/gzip|encoding|page|promised|chunk/.test(what))))(
    '%s',
    async (_, { bytes }) => {
      rude.says = bytes;
      const got = await get(`${stage.gateway.proxy}/plain`);
      expect(got.status).toBe(502);
      expect(got.json()).toEqual({
        message: expect.stringMatching(/\w/),
        request_id: got.headers['x-kong-request-id'],
      });
      expect((await stage.recordOf(got)).exchange.outcome).toBe('upstream_failed');
    },
  );
});

it('nothing of it was a surprise to the gateway, and nothing is left of it', async () => {
  const status = await eventually(async () => {
    const now = (await get(`${stage.gateway.status}/status`)).json() as {
      server: { exchanges_active: number; connections_active: number; total_requests: number };
      plugin_errors: object;
    };
    return now.server.exchanges_active === 0 ? now : undefined;
  });
  expect(status.plugin_errors).toEqual({});
  const records = await stage.records(status.server.total_requests);
  expect(records).toHaveLength(status.server.total_requests);
  expect(new Set(records.map(({ exchange }) => exchange.seq)).size).toBe(records.length);
  expect(stage.gateway.stderr.filter((line) => /"level":[56]0/.test(line))).toEqual([]);
});
