import type { AiFacts, RouteEntity, ServiceEntity, TokenUsage } from '#libs/plugin-api';
import type { ExchangeFacts, ExchangeResult } from '../exchange-result.js';

export const NODE = 'c0ffee00-0000-4000-8000-000000000000';
const WORKSPACE = '0dc6f45b-8f8d-40d2-a504-473544ee190b';

export const service: ServiceEntity = Object.freeze({
  id: '5a1c2d3e-0000-5000-8000-000000000001',
  name: 'example-service',
  protocol: 'http',
  host: 'httpbin.konghq.com',
  port: 80,
  path: '/anything',
  retries: 5,
  connect_timeout: 60_000,
  write_timeout: 60_000,
  read_timeout: 60_000,
  enabled: true,
  ws_id: WORKSPACE,
  created_at: 1_700_000_000,
  updated_at: 1_700_000_000,
});

export const route: RouteEntity = Object.freeze({
  id: '5a1c2d3e-0000-5000-8000-000000000002',
  name: 'example-route',
  protocols: ['http', 'https'],
  paths: ['/anything'],
  regex_priority: 0,
  strip_path: true,
  path_handling: 'v0',
  preserve_host: false,
  request_buffering: true,
  response_buffering: true,
  https_redirect_status_code: 426,
  tags: [],
  service: { id: service.id },
  ws_id: WORKSPACE,
  created_at: 1_700_000_000,
  updated_at: 1_700_000_000,
});

export const usage: TokenUsage = {
  prompt_tokens: 11_145,
  completion_tokens: 456,
  total_tokens: 11_601,
  prompt_tokens_details: { cached_tokens: 1024, cache_write_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 64,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
    audio_tokens: 0,
  },
};

export function aiFacts(changes: Partial<AiFacts> = {}): AiFacts {
  return {
    pluginId: '5a1c2d3e-0000-5000-8000-000000000003',
    provider: 'openai',
    requestModel: 'gpt-5-mini',
    clientModel: 'claude-haiku',
    responseModel: 'gpt-5-mini-2025-08-07',
    mode: 'stream',
    from: 'anthropic',
    to: 'openai-chat',
    lossy: [],
    startedMono: 1001,
    firstContentMono: 3584.5,
    finishedMono: 7787.9,
    usage,
    estimated: false,
    cost: 0.0031,
    priceSource: undefined,
    stopReason: 'tool_use',
    toolCalls: [],
    upstreamError: undefined,
    payload: undefined,
    logStatistics: true,
    ...changes,
  };
}

/** An exchange as Claude Code makes it, with a client key and the gateway's own; parts of the request may be replaced. */
export function exchangeFacts(
  changes: Partial<Omit<ExchangeFacts, 'request'>> & { request?: Partial<ExchangeFacts['request']> } = {},
): ExchangeFacts {
  const { request, ...others } = changes;
  return {
    id: 'req_2f69aa0d2f69aa0d2f69aa0d2f69aa0d',
    requestId: '2f69aa0d2f69aa0d2f69aa0d2f69aa0d',
    seq: 7,
    startedAt: 1_726_783_839_538,
    route,
    service,
    consumer: undefined,
    ai: aiFacts(),
    agent: undefined,
    upstreamUri: '/v1/chat/completions',
    tries: [],
    source: 'upstream',
    secretNames: new Set(),
    secretValues: new Set(),
    ...others,
    request: {
      method: 'POST',
      uri: '/anything/v1/messages?beta=true',
      query: 'beta=true',
      scheme: 'http',
      host: 'localhost',
      port: 8000,
      headers: { 'user-agent': 'claude-cli/2.0.37 (external, cli)', 'content-type': 'application/json' },
      clientIp: '192.168.65.1',
      ...request,
    },
  };
}

export function exchangeResult(changes: Partial<ExchangeResult> = {}): ExchangeResult {
  return {
    at: 7790,
    status: 200,
    responseHeaders: { 'content-type': 'text/event-stream', 'x-kong-llm-model': 'openai/gpt-5-mini' },
    requestSize: 11_534,
    responseSize: 9982,
    outcome: 'completed',
    error: undefined,
    latencies: { kong: 1, proxy: 171, request: 173, receive: 1 },
    upstreamStatus: '200',
    ...changes,
  };
}
