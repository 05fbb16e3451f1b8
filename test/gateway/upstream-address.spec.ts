import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { http, RawConnection, ScriptedUpstream } from '../support/index.js';
import { CLAUDE_CODE, question, Stage, type Place } from './stage.js';

/** A server that nobody must reach. */
let inside: Server;
let reached = 0;
let upstream: ScriptedUpstream;
let stage: Stage;
beforeAll(async () => {
  inside = createServer((socket) => {
    reached += 1;
    socket.destroy();
  });
  inside.listen(0, '127.0.0.1');
  await once(inside, 'listening');
  upstream = await ScriptedUpstream.start();
  stage = await Stage.open({ config: (place) => config(place) });
});
afterAll(async () => {
  await stage.close();
  await upstream.close();
  inside.close();
});

const address = (): string => `127.0.0.1:${(inside.address() as AddressInfo).port}`;

function config({ logPath }: Place): object {
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
          model: { provider, options: { upstream_url: upstream.url + path } },
        },
      },
    ],
  });
  return {
    _format_version: '3.0',
    services: [{ name: 'up', url: `${upstream.url}/base`, retries: 0 }],
    routes: [
      route('translated', 'anthropic', 'openai', '/v1/chat/completions'),
      route('same', 'anthropic', 'anthropic', '/v1/messages'),
      route('openai', 'openai', 'openai', '/v1/chat/completions'),
      { name: 'plain', paths: ['/plain'], service: 'up' },
    ],
    plugins: [{ name: 'file-log', config: { path: logPath } }],
  };
}

const ROUTES = {
  translated: { below: '/v1/messages', upstream: '/v1/chat/completions' },
  same: { below: '/v1/messages', upstream: '/v1/messages' },
  openai: { below: '/v1/chat/completions', upstream: '/v1/chat/completions' },
  plain: { below: '/x', upstream: '/base/x' },
} as const;
type RouteName = keyof typeof ROUTES;

const completion = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
});

describe.each(Object.keys(ROUTES) as RouteName[])('the upstream of the route %s', (route) => {
  const path = `/${route}${ROUTES[route].below}`;

  it('is not for the client to choose by a header or a field', async () => {
    const host = address();
    const url = `http://${host}/`;
    for (const [headers, more] of [
      [{ host }, {}],
      [{ 'x-forwarded-host': host, 'x-forwarded-proto': 'https', 'x-forwarded-port': host.slice(10) }, {}],
      [{ forwarded: `host=${host};proto=http`, 'x-original-url': url, 'x-rewrite-url': url, 'x-host': host }, {}],
      [
        { 'x-upstream-url': url, destination: url, location: url },
        { base_url: url, api_base: url, upstream_url: url },
      ],
      [{}, { model: `../../../${host}` }],
      [{}, { model: url }],
      [{}, { model: `x\r\nHost: ${host}` }],
      [{}, { model: '\ud800 größe 😀 \u0000'.repeat(20) }],
    ] as const) {
      upstream.enqueue({ pieces: [completion] });
      const before = upstream.requests.length;
      const answer = await http(stage.gateway.proxy + path, {
        headers: { ...CLAUDE_CODE, ...headers },
        body: question(more),
      });
      expect(answer.status).toBe(200);
      expect(upstream.requests).toHaveLength(before + 1);
      expect(upstream.last.url).toBe(ROUTES[route].upstream);
    }
    expect(reached).toBe(0);
  });

  it('is not for the client to choose by an absolute URL', async () => {
    upstream.enqueue({ pieces: [completion] });
    const connection = await RawConnection.open(stage.gateway.proxy);
    const body = JSON.stringify(question());
    await connection.send(
      `POST http://${address()}${path} HTTP/1.1\r\nHost: ${address()}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect((await connection.readAll()).toString()).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.last.url).toBe(ROUTES[route].upstream);
    expect(reached).toBe(0);
  });

  it('does not lead the gateway on by a redirect', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      upstream.enqueue({
        status,
        headers: { location: `http://${address()}/`, refresh: `0; url=http://${address()}/` },
      });
      const answer = await http(stage.gateway.proxy + path, { headers: CLAUDE_CODE, body: question() });
      // A plain proxy leaves it to the client, as Kong does.
      expect(answer.status).toBe(route === 'plain' ? status : 502);
    }
    expect(reached).toBe(0);
  });
});
