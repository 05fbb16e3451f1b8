import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  get,
  http,
  openStream,
  RawConnection,
  ScriptedUpstream,
  startGateway,
  type Gateway,
  type HttpAnswer,
  type ScriptedAnswer,
} from '../support/index.js';
import { tidegate } from './command.js';

/** Secrets of the client, by where they stand. Each can be told from all others. */
const CLIENT = {
  authorization: 'Canary0AuthorizationOfClient',
  'x-api-key': 'Canary1XApiKeyOfClient',
  'api-key': 'Canary2ApiKeyOfClient',
  'x-goog-api-key': 'Canary3GoogKeyOfClient',
  'proxy-authorization': 'Canary4ProxyAuthOfClient',
  cookie: 'Canary5CookieOfClient',
  'x-gate-pass': 'Canary6ConfiguredHeaderOfClient',
  referer: 'Canary7UserinfoOfReferer',
} as const;
const QUERY = {
  key: 'Canary10KeyInQuery',
  access_token: 'Canary11AccessTokenInQuery',
  gate_param: 'Canary12ConfiguredParameterOfClient',
  next: 'Canary13InsideAnotherUrl',
} as const;
/** Secrets of the gateway, and the variables that hold them. */
const GATEWAY = {
  DECK_HEADER_KEY: 'sk-Canary20OfTheGatewayInAHeader',
  DECK_PARAM_KEY: 'Canary21OfTheGateway/InTheQuery+',
  DECK_BODY_KEY: 'Canary22OfTheGateway"InTheBody',
  DECK_ANTHROPIC_KEY: 'sk-ant-Canary23OfTheGateway',
  DECK_URL_PASSWORD: 'Canary24PasswordOfAnUpstreamUrl',
} as const;
/** Of somebody else; the gateway can know them by their form and place alone. */
const UPSTREAM = {
  cookie: 'Canary30SetCookieOfUpstream',
  key: 'sk-proj-Canary31OfAColleague',
  bearer: 'Canary32BearerInAnError9',
  password: 'Canary33PasswordInAnUrl',
} as const;
const DECLARATIVE = 'sk-Canary40WrittenIntoTheFile';

const hidden = [...Object.values(GATEWAY), ...Object.values(UPSTREAM), DECLARATIVE];
const all = [...Object.values(CLIENT), ...Object.values(QUERY), ...hidden];

let upstream: ScriptedUpstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = await ScriptedUpstream.start();
  gateway = await startGateway({
    config: (directory) => declare(directory),
    env: { ...GATEWAY, TIDEGATE_LOG_LEVEL: 'trace' },
  });
});
afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const env = (name: keyof typeof GATEWAY): string => `\${{ env "${name}" }}`;

interface Route {
  readonly format: 'anthropic' | 'openai';
  readonly provider?: string;
  readonly auth: object;
  readonly upstreamUrl?: string;
}

function routes(): Readonly<Record<string, Route>> {
  const bearer = { header_name: 'Authorization', header_value: `Bearer ${env('DECK_HEADER_KEY')}` };
  const anthropic = { header_name: 'x-api-key', header_value: env('DECK_ANTHROPIC_KEY') };
  return {
    translated: { format: 'anthropic', auth: bearer },
    openai: { format: 'openai', auth: bearer },
    same: { format: 'anthropic', provider: 'anthropic', auth: anthropic },
    custom: {
      format: 'anthropic',
      auth: { header_name: 'X-Gate-Pass', header_value: env('DECK_HEADER_KEY'), allow_override: true },
    },
    query: {
      format: 'openai',
      auth: { param_name: 'gate_param', param_value: env('DECK_PARAM_KEY'), param_location: 'query' },
    },
    override: {
      format: 'openai',
      auth: {
        param_name: 'gate_param',
        param_value: env('DECK_PARAM_KEY'),
        param_location: 'query',
        allow_override: true,
      },
    },
    body: {
      format: 'anthropic',
      auth: { param_name: 'gate_body', param_value: env('DECK_BODY_KEY'), param_location: 'body' },
    },
    vault: { format: 'openai', auth: { header_name: 'Authorization', header_value: '{vault://env/deck-header-key}' } },
    unreachable: {
      format: 'anthropic',
      auth: bearer,
      upstreamUrl: `http://user:${GATEWAY.DECK_URL_PASSWORD}@127.0.0.1:1/v1/chat/completions?key=${GATEWAY.DECK_URL_PASSWORD}`,
    },
  };
}

function declare(directory: string, more: object = {}): object {
  const plugins = (name: string, { format, provider = 'openai', auth, upstreamUrl }: Route): object => ({
    name,
    paths: [`/${name}`],
    service: 'up',
    plugins: [
      {
        name: 'ai-proxy',
        config: {
          llm_format: format,
          route_type: 'llm/v1/chat',
          auth,
          logging: { log_payloads: true },
          model: {
            provider,
            options: {
              upstream_url:
                upstreamUrl ?? `${upstream.url}${provider === 'anthropic' ? '/v1/messages' : '/v1/chat/completions'}`,
            },
          },
          ...more,
        },
      },
    ],
  });
  return {
    _format_version: '3.0',
    services: [{ name: 'up', url: `${upstream.url}/plain` }],
    routes: [
      ...Object.entries(routes()).map(([name, route]) => plugins(name, route)),
      { name: 'plain', paths: ['/plain'], service: 'up' },
    ],
    plugins: [
      { name: 'file-log', config: { path: join(directory, 'exchanges.json') } },
      { name: 'file-log', instance_name: 'output', route: 'translated', config: { path: '/dev/stdout' } },
      { name: 'prometheus', config: {} },
    ],
  };
}

const { 'x-gate-pass': GATE_PASS, ...EVERYWHERE } = CLIENT;
const HEADERS: Readonly<Record<string, string>> = {
  ...EVERYWHERE,
  authorization: `Bearer ${CLIENT.authorization}`,
  'proxy-authorization': `Basic ${CLIENT['proxy-authorization']}`,
  cookie: `a=b; session=${CLIENT.cookie}`,
  referer: `https://user:${CLIENT.referer}@example.com/?token=${CLIENT.referer}`,
  'anthropic-version': '2023-06-01',
  'content-type': 'application/json',
};
const QUERIES = `beta=true&key=${QUERY.key}&access_token=${QUERY.access_token}&next=${encodeURIComponent(`https://x/?api_key=${QUERY.next}`)}`;

/** What is a credential only on the routes that say so. */
const headersFor = (route: string): Readonly<Record<string, string>> =>
  route === 'custom' ? { ...HEADERS, 'x-gate-pass': GATE_PASS } : HEADERS;
const queryFor = (route: string): string =>
  ['query', 'override'].includes(route) ? `${QUERIES}&gate_param=${QUERY.gate_param}` : QUERIES;

/** A client that tells the model its own keys, as people do. */
const question = (stream: boolean): object => ({
  model: 'gpt-4.1',
  max_tokens: 5000,
  stream,
  messages: [{ role: 'user', content: `my keys: ${CLIENT.authorization} and ${CLIENT['x-api-key']}` }],
});

const address = (route: string): string =>
  `${gateway.proxy}/${route}${routes()[route]?.format === 'openai' ? '/v1/chat/completions' : '/v1/messages'}?${queryFor(route)}`;

async function ask(route: string, answer: ScriptedAnswer, stream = false): Promise<HttpAnswer> {
  upstream.enqueue(answer);
  const got = await http(address(route), { headers: headersFor(route), body: question(stream) });
  // What an upstream of the client's own format streams goes through byte for byte.
  if (!stream || !PASSED.includes(route)) told.push([route, got.text + JSON.stringify(got.headers)]);
  return got;
}

/** Everything that a client has read. */
const told: (readonly [route: string, text: string])[] = [];
/** Routes whose upstream speaks the format of the client. */
const PASSED = ['openai', 'same', 'query', 'override', 'vault'];

const UPSTREAM_HEADERS = {
  'set-cookie': `session=${UPSTREAM.cookie}`,
  'openai-organization': 'org-of-the-gateway',
};
const words = (key: string): string =>
  `Incorrect API key provided: ${key}. Also ${UPSTREAM.key}, Authorization: Bearer ${UPSTREAM.bearer} at https://u:${UPSTREAM.password}@inner/?sig=${UPSTREAM.password}`;
const errorBody = (key: string): string =>
  JSON.stringify({ error: { message: words(key), type: 'invalid_request_error' } });
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] })}\n\n`;
const EVENT_STREAM = { 'content-type': 'text/event-stream', ...UPSTREAM_HEADERS };
const START = `event: message_start\ndata: {"type":"message_start","message":{"id":"m","role":"assistant","content":[],"usage":{"input_tokens":1}}}\n\n`;
const beginningOf = (route: string): string => (route === 'same' ? START : chunk('a'));

const completion = {
  id: 'msg_1',
  model: 'gpt-4.1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'ok' }],
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, input_tokens: 1, output_tokens: 1 },
};

/** What is sent to the upstream by this route, so that it may say it back. */
function keyAt(route: string): string {
  const { url, headers, body } = upstream.last;
  switch (route) {
    case 'query':
    case 'override':
      return new URL(url, 'http://x').searchParams.get('gate_param') ?? '';
    case 'body':
      return String((JSON.parse(body.toString()) as Record<string, unknown>)['gate_body']);
    case 'same':
      return String(headers['x-api-key']);
    case 'custom':
      return String(headers['x-gate-pass']);
    default:
      return String(headers.authorization).replace(/^Bearer /, '');
  }
}

const AI_ROUTES = ['translated', 'openai', 'same', 'custom', 'query', 'override', 'body', 'vault'];

describe('a secret in play', () => {
  it.each(AI_ROUTES)('reaches the upstream where it is meant to, and no other one does: %s', async (route) => {
    const answer = await ask(route, { pieces: [JSON.stringify(completion)], headers: UPSTREAM_HEADERS });
    expect(answer.status).toBe(200);
    const own = {
      translated: GATEWAY.DECK_HEADER_KEY,
      openai: GATEWAY.DECK_HEADER_KEY,
      same: GATEWAY.DECK_ANTHROPIC_KEY,
      custom: CLIENT['x-gate-pass'],
      query: GATEWAY.DECK_PARAM_KEY,
      override: QUERY.gate_param,
      body: GATEWAY.DECK_BODY_KEY,
      vault: GATEWAY.DECK_HEADER_KEY,
    }[route];
    expect(keyAt(route)).toBe(own);
    const { url, headers } = upstream.last;
    const sent = url + JSON.stringify(headers);
    const client = [...Object.values(CLIENT), ...Object.values(QUERY)].filter(
      // Where a client comes from is no credential of its own; only the log has to mask what stands in it.
      (value) => value !== own && value !== CLIENT.referer,
    );
    for (const value of client) expect(sent).not.toContain(value);
  });

  it.each(AI_ROUTES)('passes a stream, an error of every kind, a break and an abort: %s', async (route) => {
    await ask(route, { pieces: [beginningOf(route), chunk('b'), 'data: [DONE]\n\n'], headers: EVENT_STREAM }, true);
    const key = keyAt(route);
    for (const status of [400, 401, 403, 404, 429, 500, 503]) {
      await ask(route, { status, pieces: [errorBody(key)], headers: UPSTREAM_HEADERS });
      await ask(route, { status, pieces: [errorBody(key)], headers: UPSTREAM_HEADERS }, true);
    }
    const page = `<html><a href="/?key=${key}">${words(key)}</a></html>`;
    await ask(route, { status: 502, pieces: [page], headers: { ...UPSTREAM_HEADERS, 'content-type': 'text/html' } });
    await ask(route, { pieces: [page], headers: { ...UPSTREAM_HEADERS, 'content-type': 'text/html' } });
    await ask(route, { status: 302, headers: { ...UPSTREAM_HEADERS, location: `https://x/?key=${key}` } });
    await ask(route, { pieces: [beginningOf(route), `data: ${errorBody(key)}\n\n`], headers: EVENT_STREAM }, true);
    await ask(route, { pieces: [`data: ${errorBody(key)}\n\n`], headers: EVENT_STREAM }, true);
    await http(address(route), { headers: headersFor(route), body: `{"broken ${CLIENT['x-api-key']}` });

    upstream.enqueue({ pieces: [beginningOf(route)], headers: EVENT_STREAM, breaks: true });
    const broken = await openStream(address(route), { headers: headersFor(route), body: question(true) });
    await broken.rest().catch(() => {});
    told.push([route, broken.received.toString()]);

    upstream.enqueue({ pieces: [beginningOf(route)], headers: EVENT_STREAM, hangs: true });
    const left = await openStream(address(route), { headers: headersFor(route), body: question(true) });
    await left.next();
    left.leave();
  });

  it('passes an upstream that is not there, a route that is not, and what is no request', async () => {
    for (const path of ['/unreachable/v1/messages', '/nowhere', '/nowhere/v1/messages']) {
      const answer = await http(`${gateway.proxy}${path}?${QUERIES}`, { headers: HEADERS, body: question(false) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      told.push([path, answer.text + JSON.stringify(answer.headers)]);
    }
    const secret = `X-Api-Key: ${CLIENT['x-api-key']}\r\nCookie: a=${CLIENT.cookie}\r\n`;
    for (const head of [
      `GET /plain?${QUERIES} HTTP/1.1\r\n${secret}Connection: close\r\n\r\n`,
      `POST /plain?${QUERIES} HTTP/1.1\r\nHost: a\r\n${secret}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
      `GET /plain?${QUERIES} HTTP/1.1\r\nHost: a\r\n${secret}X: ${'a'.repeat(200_000)}\r\n\r\n`,
      `GET /plain?${QUERIES} HTTP/9.9 ${CLIENT.authorization}\r\n\r\n`,
    ]) {
      const connection = await RawConnection.open(gateway.proxy);
      await connection.send(head).catch(() => {});
      told.push(['plain', (await connection.readAll()).toString()]);
    }
  });

  it('passes a plain proxy', async () => {
    upstream.enqueue({ pieces: ['{}'], headers: UPSTREAM_HEADERS }, { pieces: [], breaks: true });
    for (const attempt of ['whole', 'broken']) {
      const address = `${gateway.proxy}/plain?${QUERIES}&n=${attempt}`;
      const answer = await http(address, { headers: HEADERS }).catch(() => undefined);
      expect(answer?.status).toBe(attempt === 'whole' ? 200 : undefined);
    }
  });

  it('passes a reload that is refused, and a check', async () => {
    const faulty = declare(gateway.directory, {
      auth: { header_value: DECLARATIVE, header_name: 5, api_key: DECLARATIVE },
      max_request_body_size: `Bearer ${DECLARATIVE}`,
      [`Bearer ${DECLARATIVE}`]: true,
      model: { provider: 'openai', options: { upstream_url: `ftp://u:${DECLARATIVE}@x/` } },
    });
    await gateway.writeConfig(faulty);
    await gateway.logLine((line) => line.includes('is refused'));
    const { stdout, stderr, code } = await tidegate(['check', gateway.path('tidegate.yaml')], { env: GATEWAY });
    expect(code).toBe(1);
    outputs.push(['check', stdout + stderr]);
    // A line of YAML that cannot be read at all.
    await gateway.writeConfig(`_format_version: "3.0"\nplugins:\n  - { name: x, key: "${DECLARATIVE}\n`);
    await eventually(async () => (await get(`${gateway.status}/status`)).text.includes('tidegate.yaml:'));
    outputs.push(['/status with a fault', (await get(`${gateway.status}/status`)).text]);
    await gateway.writeConfig(declare(gateway.directory));
    await eventually(async () => !(await get(`${gateway.status}/status`)).text.includes('refused'));
  });
});

const outputs: (readonly [name: string, text: string])[] = [];

describe('no secret', () => {
  it('is in what the gateway writes and shows', async () => {
    // All is recorded when nothing is under way.
    await eventually(async () => {
      const { server } = (await get(`${gateway.status}/status`)).json() as {
        server: { exchanges_active: number; total_requests: number };
      };
      const records = await gateway.logRecords(gateway.path('exchanges.json'), 1);
      // One route writes to standard output, behind the ready line.
      const written = records.length + gateway.stdout.length - 1;
      return server.exchanges_active === 0 && written === server.total_requests;
    });
    for (const path of ['/metrics', '/status']) outputs.push([path, (await get(gateway.status + path)).text]);
    for (const path of ['/', '/services', '/routes', '/plugins', '/consumers', '/upstreams', '/metrics', '/status']) {
      outputs.push([`admin ${path}`, (await get(gateway.admin + path)).text]);
    }
    for (const file of await filesBelow(gateway.directory)) {
      if (!file.endsWith('tidegate.yaml')) outputs.push([file, await readFile(file, 'latin1')]);
    }
    outputs.push(['standard output', gateway.stdout.join('\n')], ['standard error', gateway.stderr.join('\n')]);
    const log = outputs.find(([name]) => name.endsWith('exchanges.json'))?.[1] ?? '';
    expect(log.split('\n').length).toBeGreaterThan(8 * 20);
    expect(gateway.stdout.length).toBeGreaterThan(20);
    expect(log).toContain('REDACTED');
    const found = outputs.flatMap(([name, text]) =>
      all.flatMap((secret) => findings(text, secret).map((where) => `${name}: ${where}`)),
    );
    expect(found).toEqual([]);
  });

  it('of the gateway or its upstream is in what a client reads', () => {
    expect(told.length).toBeGreaterThan(120);
    const found = told.flatMap(([route, text]) => {
      // What an upstream says of others in an error of the client's own format is passed on as it is.
      const secrets = PASSED.includes(route) ? [...Object.values(GATEWAY), UPSTREAM.cookie] : hidden;
      return secrets.flatMap((secret) => findings(text, secret).map((where) => `${route}: ${where}`));
    });
    expect(found).toEqual([]);
  });
});

/** Where a secret stands in a text: as it is, in a URL, in a JSON string, in base64, or its distinctive part alone. */
function findings(text: string, secret: string): string[] {
  const core = /Canary\d+[A-Z][A-Za-z]*/.exec(secret)?.[0] ?? secret;
  const spellings = new Set([secret, encodeURIComponent(secret), core, Buffer.from(secret).toString('base64')]);
  return [...spellings].flatMap((spelling) => {
    const at = text.indexOf(spelling);
    return at === -1 ? [] : [text.slice(Math.max(0, at - 120), at + spelling.length + 40)];
  });
}

async function filesBelow(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true });
  const paths = names.map((name) => join(directory, name));
  const isFile = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()));
  return paths.filter((_, index) => isFile[index]);
}
