import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, http, RawConnection, type HttpAnswer, type HttpOptions } from '../support/index.js';
import { MAIN } from './command.js';
import { CLAUDE_CODE, question, Stage, type Place } from './stage.js';

/** Answers `/meter` with what the process holds after a garbage collection. */
const METER = `
import { Plugin, z } from 'tidegate/plugin-api';
class Meter {
  handler() {
    return async (exchange) => {
      for (let i = 0; i < 4; i++) gc();
      const { heapUsed, external } = process.memoryUsage();
      const resources = process.getActiveResourcesInfo().length;
      await exchange.response.send(200, JSON.stringify({ heapUsed, external, resources }));
    };
  }
}
export default Plugin({ name: 'meter', priority: 2000, config: z.strictObject({}) })(Meter);
`;

interface Held {
  readonly heapUsed: number;
  readonly external: number;
  readonly resources: number;
}

const LIMIT = 200_000;

function config({ upstreamUrl, logPath }: Place, closed: string): object {
  const aiProxy = (format: string, upstream: string): object => ({
    name: 'ai-proxy',
    config: {
      llm_format: format,
      route_type: 'llm/v1/chat',
      auth: { header_name: 'Authorization', header_value: 'Bearer sk-upstream-key-of-the-gateway' },
      model: { provider: 'openai', name: 'gpt-5-mini', options: { upstream_url: `${upstream}/v1/chat/completions` } },
      max_request_body_size: LIMIT,
    },
  });
  const route = (name: string, service: string, ...plugins: object[]): object => ({
    name,
    paths: [`/${name}`],
    service,
    plugins,
  });
  return {
    _format_version: '3.0',
    services: [
      { name: 'up', url: `${upstreamUrl}/v1/models` },
      { name: 'down', url: closed, retries: 0 },
    ],
    routes: [
      route('anthropic', 'up', aiProxy('anthropic', upstreamUrl)),
      route('openai', 'up', aiProxy('openai', upstreamUrl)),
      route('plain', 'up'),
      route('anthropic-down', 'down', aiProxy('anthropic', closed)),
      route('openai-down', 'down', aiProxy('openai', closed)),
      route('plain-down', 'down'),
      route('meter', 'up', { name: 'meter', config: {} }),
    ],
    plugins: [{ name: 'file-log', config: { path: logPath } }],
  };
}

let stage: Stage;
beforeAll(async () => {
  const closed = await closedPort();
  stage = await Stage.open({
    config: (place) => config(place, closed),
    files: { 'meter.js': METER },
    env: { TIDEGATE_PLUGINS: './meter.js' },
    command: [process.execPath, '--expose-gc', MAIN],
  });
});
afterAll(() => stage.close());

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Sends text as it is. The connection is closed when the whole answer is there, or by the gateway. */
async function raw(text: string): Promise<Pick<HttpAnswer, 'status' | 'headers' | 'text'>> {
  const connection = await RawConnection.open(stage.gateway.proxy);
  const sent = connection.send(text).catch(() => {});
  const received = (await connection.readAll()).toString();
  await sent;
  const [head = '', body = ''] = received.split('\r\n\r\n', 2);
  const [line = '', ...fields] = head.split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)]),
  );
  return { status: Number(line.split(' ')[1]), headers, text: body };
}

type Sent = HttpOptions | ((path: string) => string);
const send = (path: string, sent: Sent) =>
  typeof sent === 'function' ? raw(sent(path)) : http(stage.gateway.proxy + path, sent);

const json = (text: string | Buffer, headers: Readonly<Record<string, string>> = {}): HttpOptions => ({
  method: 'POST',
  body: text,
  headers: { 'content-type': 'application/json', ...headers },
});
const head = (path: string, ...fields: string[]): string =>
  [
    'POST ' + path + ' HTTP/1.1',
    'Host: a',
    'Content-Type: application/json',
    'Connection: close',
    ...fields,
    '',
    '',
  ].join('\r\n');

type Case = readonly [what: string, sent: Sent, status: number, message?: RegExp];
const named = (cases: readonly Case[]) => cases.map((one) => [one[0], one] as const);

/** What no API of a model takes. */
const BODIES: readonly Case[] = [
  ['no body', { method: 'POST' }, 400],
  ['an empty body', json(''), 400],
  ['text', json('hello'), 400],
  ['half an object', json('{"model":"gpt-5-mini","messages":[{"ro'), 400],
  ['two objects', json('{}{}'), 400],
  ['a list', json('[]'), 400],
  ['null', json('null'), 400],
  ['a number', json('1e999'), 400],
  ['a string', json('"messages"'), 400],
  ['bytes that are no UTF-8', json(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), 400],
  ['another byte order', json(Buffer.from('{}', 'utf16le')), 400],
  ['too deep a structure', json('['.repeat(100_000)), 400],
  ['too long a body', json(`{"x":"${'a'.repeat(LIMIT)}"}`), 413],
  ['too long a body, packed', json(gzipSync(`{"x":"${'a'.repeat(LIMIT)}"}`), { 'content-encoding': 'gzip' }), 413],
  ['an encoding nobody knows', json('{}', { 'content-encoding': 'secret' }), 415],
  ['gzip that is none', json('{}', { 'content-encoding': 'gzip' }), 400],
  ['half of gzip', json(gzipSync('{"a":1}').subarray(0, 15), { 'content-encoding': 'gzip' }), 400],
  ['two lengths', (path) => `${head(path, 'Content-Length: 2', 'Content-Length: 3')}{}`, 400],
  ['length and chunks', (path) => `${head(path, 'Content-Length: 2', 'Transfer-Encoding: chunked')}{}`, 400],
  ['broken chunks', (path) => `${head(path, 'Transfer-Encoding: chunked')}5\r\n{"a":\r\nzz\r\n`, 400],
];

const MESSAGES: readonly Case[] = [
  ...BODIES,
  ['an object too deep', json(`{"messages":${'['.repeat(50_000)}${']'.repeat(50_000)}}`), 400],
  ['no messages', json('{"model":"m","max_tokens":1}'), 400, /messages/],
  ['messages that are none', json('{"model":"m","max_tokens":1,"messages":"hi"}'), 400, /messages/],
  ['a message that is none', json('{"model":"m","max_tokens":1,"messages":[1]}'), 400, /messages/],
  ['an unknown role', { body: question({ messages: [{ role: 'robot', content: 'hi' }] }) }, 400, /role/],
  ['content of the wrong type', { body: question({ messages: [{ role: 'user', content: 5 }] }) }, 400, /content/],
  ['a block without a type', { body: question({ messages: [{ role: 'user', content: [{}] }] }) }, 400, /type/],
  ['a limit that is no number', { body: question({ max_tokens: 'many' }) }, 400, /max_tokens/],
  ['a limit below one', { body: question({ max_tokens: -5 }) }, 400, /max_tokens/],
  ['a model that is no name', { body: question({ model: { name: 'x' } }) }, 400, /model/],
  ['tools that are none', { body: question({ tools: 'Bash' }) }, 400, /tools/],
  ['a tool without a name', { body: question({ tools: [{ input_schema: { type: 'object' } }] }) }, 400, /name/],
];

/** What is refused before there is a request line to tell the route by. */
const HEADS: readonly Case[] = [
  ['what is no HTTP', () => 'EHLO example.com\r\n\r\n', 400],
  ['a request without a host', () => 'GET /plain HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['headers of a megabyte', (path) => head(path, `X-Filler: ${'a'.repeat(1_000_000)}`), 431],
  ['a thousand headers', (path) => head(path, ...Array<string>(8_000).fill('X-Filler: aaaa')), 431],
];

interface Format {
  /** Where a good request would go. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly check: (answer: { status: number; headers: object; text: string }, message: RegExp) => void;
  /** Of the record. */
  readonly route: string;
}

const ANTHROPIC: Format = {
  path: '/anthropic/v1/messages',
  headers: CLAUDE_CODE,
  route: 'anthropic',
  check: ({ status, headers, text }, message) => {
    expect(JSON.parse(text)).toEqual({
      type: 'error',
      error: { type: ANTHROPIC_TYPES[status] ?? 'invalid_request_error', message: expect.stringMatching(message) },
      request_id: (headers as Record<string, string>)['request-id'],
    });
  },
};
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  404: 'not_found_error',
  413: 'request_too_large',
  502: 'api_error',
};

const OPENAI: Format = {
  path: '/openai/v1/chat/completions',
  headers: { authorization: 'Bearer x' },
  route: 'openai',
  check: ({ status, headers, text }, message) => {
    expect(JSON.parse(text)).toEqual({
      error: {
        message: expect.stringMatching(message),
        type: status < 500 ? 'invalid_request_error' : 'server_error',
        param: null,
        code: status === 413 ? 'request_too_large' : null,
      },
    });
    const { 'x-request-id': requestId, 'request-id': own } = headers as Record<string, string>;
    expect(requestId).toBe(own);
  },
};

const PLAIN: Format = {
  path: '/plain',
  headers: {},
  route: 'plain',
  check: ({ headers, text }, message) => {
    expect(JSON.parse(text)).toEqual({
      message: expect.stringMatching(message),
      request_id: (headers as Record<string, string>)['x-kong-request-id'],
    });
  },
};

const withHeaders = (sent: Sent, headers: Format['headers']): Sent =>
  typeof sent === 'function' ? sent : { ...sent, headers: { ...headers, ...sent.headers } };

/** One error in the format of the client with the request's id, and one record of it. */
async function refused(format: Format, sent: Sent, status: number, message = /\S/): Promise<void> {
  const answer = await send(format.path, withHeaders(sent, format.headers));
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
  format.check(answer, message);
  expect(answer.headers['request-id']).toBe(`req_${String(answer.headers['x-kong-request-id'])}`);
  const record = await stage.recordOf(answer);
  expect(record).toMatchObject({
    response: { status },
    exchange: { outcome: status === 502 ? 'upstream_failed' : 'rejected' },
    error: { code: expect.any(String), message: expect.stringMatching(/\S/) },
    source: 'kong',
    ...(format.route !== '' && { route: { name: format.route } }),
  });
}

describe("a client of Anthropic's API", () => {
  it.each(named(MESSAGES))('is refused %s', (_what, [, ...refusal]) => refused(ANTHROPIC, ...refusal));

  it.each([
    ['an unknown path', 'POST', '/v1/complete'],
    ['an unknown method', 'PUT', '/v1/messages'],
    ['a path that climbs', 'GET', '/v1/models/..%2f..%2fadmin'],
    ['a model nobody knows', 'GET', '/v1/models/gpt-9'],
  ])('is told of %s', (_what, method, path) => refused({ ...ANTHROPIC, path: `/anthropic${path}` }, { method }, 404));

  it('is told that the upstream cannot be reached', () =>
    refused(
      { ...ANTHROPIC, path: '/anthropic-down/v1/messages', route: 'anthropic-down' },
      { body: question() },
      502,
      /could not be reached/,
    ));

  it('gets its format without a route, too', () =>
    refused({ ...ANTHROPIC, path: '/nowhere/v1/messages', route: '' }, { body: question() }, 404, /no Route matched/));
});

describe("a client of OpenAI's API", () => {
  it.each(named(BODIES))('is refused %s', (_what, [, ...refusal]) => refused(OPENAI, ...refusal));

  it.each([
    ['an unknown path', 'POST', '/v1/answers'],
    ['an unknown method', 'DELETE', '/v1/chat/completions'],
  ])('is told of %s', (_what, method, path) => refused({ ...OPENAI, path: `/openai${path}` }, { method }, 404));

  it('is told that the upstream cannot be reached', () =>
    refused(
      { ...OPENAI, path: '/openai-down/v1/chat/completions', route: 'openai-down' },
      json('{"messages":[]}'),
      502,
      /could not be reached/,
    ));
});

describe('any client', () => {
  it('is told that there is no route', () => refused({ ...PLAIN, path: '/nowhere', route: '' }, {}, 404, /no Route/));

  it('is told that the upstream cannot be reached', () =>
    refused({ ...PLAIN, path: '/plain-down', route: 'plain-down' }, {}, 502, /invalid response.*upstream/));

  it.each(named(HEADS))('is refused %s', (_what, [, ...refusal]) =>
    refused({ ...PLAIN, path: '/anthropic/v1/messages', route: '' }, ...refusal),
  );
});

describe('a client that leaves in the middle of its request', () => {
  it.each([
    ['its body', '{"model":"gpt-5'],
    ['its body, before any of it', ''],
  ])('is recorded once: %s', async (_what, part) => {
    const before = (await stage.records(0)).length;
    const connection = await RawConnection.open(stage.gateway.proxy);
    await connection.send(head('/anthropic/v1/messages', 'Content-Length: 500') + part);
    connection.endSending();
    expect((await connection.readAll()).toString()).toBe('');
    const records = await stage.records(before + 1);
    expect(records.slice(before)).toMatchObject([
      { exchange: { outcome: 'client_aborted' }, route: { name: 'anthropic' }, response: { status: 499 } },
    ]);
  });
});

describe('the gateway', () => {
  it('lives on, and holds no more after 2,000 bad requests', async () => {
    const wave = async (count: number): Promise<void> => {
      const cases = [
        ...MESSAGES.map((one) => [ANTHROPIC, one] as const),
        ...BODIES.map((one) => [OPENAI, one] as const),
      ];
      let next = 0;
      const client = async (): Promise<void> => {
        while (next < count) {
          const [{ path, headers }, [, sent]] = cases[next++ % cases.length]!;
          await send(path, withHeaders(sent, headers));
        }
      };
      await Promise.all([client(), client(), client(), client()]);
    };
    const held = async (): Promise<Held> => JSON.parse((await get(`${stage.gateway.proxy}/meter`)).text) as Held;
    await wave(400);
    const before = await held();
    await wave(2_000);
    const after = await held();
    expect(after.heapUsed - before.heapUsed).toBeLessThan(3_000_000);
    expect(after.external - before.external).toBeLessThan(3_000_000);
    expect(after.resources).toBeLessThanOrEqual(before.resources + 5);
  });

  it('has recorded every exchange once, numbered without a hole', async () => {
    const status = (await get(`${stage.gateway.status}/status`)).json() as {
      state: string;
      server: { total_requests: number; exchanges_active: number };
      plugin_errors: object;
    };
    expect(status).toMatchObject({ state: 'ready', server: { exchanges_active: 0 }, plugin_errors: {} });
    const records = await stage.records(status.server.total_requests);
    expect(records).toHaveLength(status.server.total_requests);
    const numbers = records.map(({ exchange }) => exchange.seq).sort((a, b) => a - b);
    expect(numbers).toEqual(records.map((_, index) => index + 1));
    expect(new Set(records.map(({ exchange }) => exchange.id)).size).toBe(records.length);
    expect(stage.openai.requests).toHaveLength(0);
  });
});
