import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import { SimulatedOpenAI, text } from '../../apps/simulated-openai/src/index.js';
import { checkGrammar, eventually, http, parseAnthropicStream, post, UPSTREAM_KEY } from '../support/index.js';
import { CLAUDE_CODE, question, Stage, type Place } from './stage.js';

/** Kong's how-to for Claude Code as decK's users write it, but for the address of the provider and the path of the log. */
const deck = ({ upstreamUrl, logPath }: Place): string => `_format_version: "3.0"
services:
- name: example-service
  url: http://httpbin.konghq.com/anything
routes:
- name: example-route
  paths: ["/anything"]
  service: {name: example-service}
  protocols: [http, https]
plugins:
- name: ai-proxy
  config: ${aiProxy(upstreamUrl)}
- name: file-log
  config: {path: ${logPath}}
`;

const aiProxy = (upstreamUrl: string): string =>
  `{llm_format: anthropic, route_type: llm/v1/chat, auth: {header_name: Authorization, header_value: "Bearer \${{ env \\"DECK_OPENAI_API_KEY\\" }}", allow_override: false}, model: {provider: openai, name: gpt-5-mini, options: {upstream_url: ${upstreamUrl}/v1/chat/completions}}, max_request_body_size: 524288}`;

/** The same as a \`kong.yml\`: references are bare names, the plugins stand at the root. */
const dbLess = ({ upstreamUrl, logPath }: Place): string => `_format_version: "3.0"
_transform: true
services:
- {name: example-service, protocol: http, host: httpbin.konghq.com, port: 80, path: /anything}
routes:
- {name: db-less, paths: ["/anything"], service: example-service}
plugins:
- name: ai-proxy
  service: example-service
  config: ${aiProxy(upstreamUrl)}
- name: file-log
  route: db-less
  config: {path: ${logPath}}
`;

const nested = ({ upstreamUrl, logPath }: Place): string => `_format_version: "3.0"
services:
- name: example-service
  url: http://httpbin.konghq.com/anything
  routes:
  - name: nested
    paths: ["/anything"]
    plugins:
    - name: ai-proxy
      config: ${aiProxy(upstreamUrl)}
  plugins:
  - name: file-log
    config: {path: ${logPath}}
`;

const USAGE = { prompt: 120, completion: 40, cached: 100, reasoning: 8 };
/** USD per million: 0.25 input, 0.025 cached input, 2 output. */
const COST = (20 * 0.25 + 100 * 0.025 + 40 * 2) / 1e6;

let stage: Stage;
beforeAll(async () => {
  const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
  stage = await Stage.open({ openai, config: deck, env: { DECK_OPENAI_API_KEY: UPSTREAM_KEY } });
});
afterEach(() => stage.openai.reset());
afterAll(() => stage.close());

const ask = (more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  post(`${stage.gateway.proxy}/anything/v1/messages?beta=true`, question({ ...more }), { ...CLAUDE_CODE, ...headers });

describe("Kong's how-to", () => {
  it('answers a streamed request', async () => {
    stage.openai.enqueue(text('A scandalous history.', { usage: USAGE }));
    const answer = await ask({ stream: true });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const events = parseAnthropicStream(answer.body);
    checkGrammar(events);
    expect(events.map(({ delta }) => (delta as { text?: string } | undefined)?.text ?? '').join('')).toBe(
      'A scandalous history.',
    );
    expect(events.find(({ type }) => type === 'message_delta')?.usage).toMatchObject({
      input_tokens: 20,
      cache_read_input_tokens: 100,
      output_tokens: 40,
    });
    const [request] = stage.openai.requests;
    expect(request?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);
    expect(request?.body).toMatchObject({ model: 'gpt-5-mini', stream: true });
    expect(stage.openai.rejected).toEqual([]);
  });

  it('answers a request in one piece', async () => {
    stage.openai.enqueue(text('A scandalous history.', { usage: USAGE }));
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      role: 'assistant',
      model: 'gpt-5-mini',
      content: [{ type: 'text', text: 'A scandalous history.' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 40 },
    });
  });

  it.each([
    ['oneshot', {}],
    ['stream', { stream: true }],
  ])('writes the whole record of a %s exchange', async (mode, more) => {
    stage.openai.enqueue(text('A scandalous history.', { usage: USAGE }));
    const before = Date.now();
    const answer = await ask(more, { 'x-claude-code-session-id': 'session-1' });
    const record = await stage.recordOf(answer);
    expect(record).toEqual(expectedRecord(mode, answer.headers));

    expect(record.started_at).toBeGreaterThanOrEqual(before);
    expect(record.started_at).toBeLessThanOrEqual(Date.now());
    const { kong, proxy, request, receive } = record.latencies;
    for (const latency of [kong, proxy, receive]) {
      expect(latency).toBeGreaterThanOrEqual(0);
      expect(latency).toBeLessThanOrEqual(request);
    }
    const { meta, usage } = record.ai!;
    expect(meta.llm_latency).toBeLessThanOrEqual(request);
    expect(usage.time_to_first_token).toBeLessThanOrEqual(meta.llm_latency);
    expect(usage.time_per_token * usage.completion_tokens).toBeCloseTo(meta.llm_latency, 6);
    expect(usage.cost).toBeCloseTo(COST, 12);
    expect(record.ai!.price_source).toMatch(/genai-prices/);
  });

  it('puts every field where jq looks for it, one compact JSON object a line', async () => {
    stage.openai.enqueue(text('A scandalous history.', { usage: USAGE }));
    const record = await stage.recordOf(await ask());
    // .ai.usage | .ai.meta | .ai.proxy | .request.headers["user-agent"]
    expect(record.ai!.usage.total_tokens).toBe(160);
    expect(record.ai!.meta.response_model).toBe('gpt-5-mini-2025-08-07');
    expect(record.ai!.proxy).toEqual({ meta: record.ai!.meta, usage: record.ai!.usage });
    expect(record.request.headers['user-agent']).toBe('claude-cli/2.0.37 (external, cli)');
  });

  it('numbers the records without a hole', async () => {
    const seen = (await stage.records(1)).map(({ exchange }) => exchange.seq);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen.map((_, index) => index + 1));
  });

  it('answers the probes that Claude Code sends', async () => {
    const probe = await http(`${stage.gateway.proxy}/anything`, { method: 'HEAD' });
    expect([probe.status, probe.body.length]).toEqual([200, 0]);
    const count = await post(`${stage.gateway.proxy}/anything/v1/messages/count_tokens`, question(), CLAUDE_CODE);
    expect(count.json()).toEqual({ input_tokens: expect.any(Number) });
    const models = await http(`${stage.gateway.proxy}/anything/v1/models`, { headers: CLAUDE_CODE });
    expect(models.json()).toMatchObject({ data: [{ type: 'model', display_name: 'gpt-5-mini' }], has_more: false });
    expect(stage.openai.requests).toEqual([]);
  });

  it.each([
    ['a kong.yml without a database', dbLess, 'db-less'],
    ['the nested form', nested, 'nested'],
    ['decK again', deck, 'example-route'],
  ])('works the same as %s', async (_dialect, file, route) => {
    await stage.gateway.writeConfig(file(stage.place));
    const answer = await eventually(async () => {
      const routes = await http(`${stage.gateway.admin}/routes`);
      const [only] = (routes.json() as { data: { name: string }[] }).data;
      return only?.name === route && ask();
    });
    expect(answer.status).toBe(200);
    expect(await stage.recordOf(answer)).toMatchObject({
      route: { name: route, paths: ['/anything'] },
      service: { name: 'example-service', host: 'httpbin.konghq.com', port: 80, path: '/anything' },
      ai: { meta: { request_model: 'gpt-5-mini' } },
      exchange: { outcome: 'completed' },
    });
  });
});

const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
const number = expect.any(Number);
const WORKSPACE = '0dc6f45b-8f8d-40d2-a504-473544ee190b';

/** Each field of the record, and no other. */
function expectedRecord(mode: string, headers: Readonly<Record<string, unknown>>): Record<keyof LogRecord, unknown> {
  const id = String(headers['request-id']);
  const port = Number(new URL(stage.gateway.proxy).port);
  const uri = '/anything/v1/messages?beta=true';
  const stamps = { ws_id: WORKSPACE, created_at: number, updated_at: number };
  const meta = {
    plugin_id: UUID,
    provider_name: 'openai',
    request_mode: mode,
    request_model: 'gpt-5-mini',
    response_model: 'gpt-5-mini-2025-08-07',
    llm_latency: number,
  };
  const usage = {
    prompt_tokens: 120,
    completion_tokens: 40,
    total_tokens: 160,
    prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 8,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      audio_tokens: 0,
    },
    time_per_token: number,
    time_to_first_token: number,
    cost: number,
    estimated: false,
  };
  return {
    request: {
      id: id.slice('req_'.length),
      method: 'POST',
      uri,
      url: `http://127.0.0.1:${port}${uri}`,
      querystring: { beta: 'true' },
      headers: {
        host: `127.0.0.1:${port}`,
        connection: 'close',
        'content-length': expect.any(String),
        ...CLAUDE_CODE,
        'x-api-key': 'REDACTED',
        'x-claude-code-session-id': 'session-1',
      },
      size: number,
    },
    response: {
      status: 200,
      headers: {
        ...(mode === 'stream'
          ? {
              'content-type': 'text/event-stream; charset=utf-8',
              'cache-control': 'no-cache',
              'x-accel-buffering': 'no',
            }
          : { 'content-type': 'application/json', 'content-length': expect.stringMatching(/^\d+$/) }),
        'request-id': id,
        'x-gateway-upstream-request-id': expect.any(String),
        'x-kong-llm-model': 'openai/gpt-5-mini',
        'x-kong-request-id': id.slice('req_'.length),
        'x-kong-upstream-latency': expect.stringMatching(/^\d+$/),
        'x-kong-proxy-latency': expect.stringMatching(/^\d+$/),
        server: expect.stringMatching(/^tidegate\//),
        via: expect.stringMatching(/^1\.1 tidegate\//),
      },
      size: number,
    },
    latencies: { kong: number, proxy: number, request: number, receive: number },
    tries: [
      {
        ip: '127.0.0.1',
        port: Number(new URL(stage.openai.url).port),
        balancer_start: number,
        balancer_start_ns: number,
        balancer_latency: number,
        balancer_latency_ns: number,
      },
    ],
    service: {
      id: UUID,
      name: 'example-service',
      protocol: 'http',
      host: 'httpbin.konghq.com',
      port: 80,
      path: '/anything',
      retries: 5,
      connect_timeout: 60_000,
      read_timeout: 60_000,
      write_timeout: 60_000,
      enabled: true,
      ...stamps,
    },
    route: {
      id: UUID,
      name: 'example-route',
      paths: ['/anything'],
      protocols: ['http', 'https'],
      service: { id: UUID },
      regex_priority: 0,
      strip_path: true,
      path_handling: 'v0',
      preserve_host: false,
      request_buffering: true,
      response_buffering: true,
      https_redirect_status_code: 426,
      ...stamps,
    },
    client_ip: '127.0.0.1',
    started_at: number,
    upstream_uri: '/v1/chat/completions',
    upstream_status: '200',
    source: 'upstream',
    workspace: WORKSPACE,
    workspace_name: 'default',
    ai: {
      meta,
      usage,
      proxy: { meta, usage },
      translation: { from: 'anthropic', to: 'openai-chat', lossy: [] },
      stop_reason: 'end_turn',
      price_source: expect.any(String),
    },
    agent: { session_id: 'session-1', client: 'claude-cli', client_version: '2.0.37', request_class: 'auxiliary' },
    exchange: { id, node: UUID, seq: number, outcome: 'completed' },
  } as Record<keyof LogRecord, unknown>;
}
