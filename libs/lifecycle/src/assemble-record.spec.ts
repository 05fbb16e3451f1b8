import { describe, expect, it } from '@jest/globals';
import { GatewayError, type UpstreamTry } from '#libs/plugin-api';
import { assembleRecord } from './assemble-record.js';
import { aiFacts, exchangeFacts, exchangeResult, NODE, route, service } from './testing/exchanges.js';

const assembled = (...[exchange, result]: [ReturnType<typeof exchangeFacts>?, ReturnType<typeof exchangeResult>?]) =>
  assembleRecord(exchange ?? exchangeFacts(), result ?? exchangeResult(), NODE);
/** As a sink sees it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('assembleRecord', () => {
  it('writes what Kong’s serializer writes', () => {
    const tries: UpstreamTry[] = [
      {
        ip: '104.18.7.192',
        port: 443,
        balancer_start: 1_726_783_839_539,
        balancer_start_ns: 1_726_783_839_539_500_000,
        balancer_latency: 0,
        balancer_latency_ns: 12_032,
      },
    ];
    const { ai: _, ...record } = plain(assembled(exchangeFacts({ tries }))) as Record<string, unknown>;
    expect(record).toEqual({
      request: {
        id: '2f69aa0d2f69aa0d2f69aa0d2f69aa0d',
        method: 'POST',
        uri: '/anything/v1/messages?beta=true',
        url: 'http://localhost:8000/anything/v1/messages?beta=true',
        querystring: { beta: 'true' },
        headers: { 'user-agent': 'claude-cli/2.0.37 (external, cli)', 'content-type': 'application/json' },
        size: 11_534,
      },
      response: {
        status: 200,
        headers: { 'content-type': 'text/event-stream', 'x-kong-llm-model': 'openai/gpt-5-mini' },
        size: 9982,
      },
      latencies: { kong: 1, proxy: 171, request: 173, receive: 1 },
      tries,
      service,
      route,
      client_ip: '192.168.65.1',
      started_at: 1_726_783_839_538,
      upstream_uri: '/v1/chat/completions',
      upstream_status: '200',
      source: 'upstream',
      workspace: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
      workspace_name: 'default',
      exchange: { id: 'req_2f69aa0d2f69aa0d2f69aa0d2f69aa0d', node: NODE, seq: 7, outcome: 'completed' },
    });
  });

  it('leaves out what an exchange without a route does not have', () => {
    const record = assembled(
      exchangeFacts({ route: undefined, service: undefined, ai: undefined, upstreamUri: undefined, source: 'kong' }),
      exchangeResult({
        status: 404,
        outcome: 'rejected',
        error: new GatewayError('no_route'),
        latencies: { kong: 2, proxy: -1, request: 2, receive: 0 },
        upstreamStatus: '',
      }),
    );
    expect(Object.keys(record)).toEqual(
      expect.not.arrayContaining(['service', 'route', 'consumer', 'ai', 'agent', 'authenticated_entity']),
    );
    expect(record).toMatchObject({
      upstream_uri: '',
      upstream_status: '',
      workspace: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
      latencies: { proxy: -1 },
      error: { code: 'no_route', message: 'no Route matched with those values' },
    });
  });

  it('has the consumer and the agent when they are known', () => {
    const consumer = { id: 'c1', username: 'ada', created_at: 1, updated_at: 1 };
    const agent = { session_id: 's1', request_class: 'main' };
    expect(assembled(exchangeFacts({ consumer, agent }))).toMatchObject({ consumer, agent });
  });

  it('keeps header values that JSON has to escape, repeated ones as arrays', () => {
    const headers = { etag: 'W/"1"', via: ['1.1 a', '1.1 "b"'], 'x-tab': 'a\tb', 'x-latin': 'ä', 'content-length': 5 };
    for (let time = 0; time < 2; time++) {
      expect(assembled(undefined, exchangeResult({ responseHeaders: headers })).response.headers).toEqual({
        ...headers,
        'content-length': '5',
      });
    }
  });

  it('takes the URI of an absolute-form request for the url', () => {
    const { request } = assembled(
      exchangeFacts({ request: { uri: 'http://u:p@h.example/a', query: '', host: 'h.example' } }),
    );
    expect(request.url).toBe('http://REDACTED@h.example/a');
  });
});

describe('the ai object', () => {
  it('has Kong’s keys and units, in both places', () => {
    const { ai } = assembled();
    expect(plain(ai?.meta)).toEqual({
      request_model: 'gpt-5-mini',
      response_model: 'gpt-5-mini-2025-08-07',
      provider_name: 'openai',
      request_mode: 'stream',
      llm_latency: 6786,
      plugin_id: '5a1c2d3e-0000-5000-8000-000000000003',
    });
    // The numbers of Kong's own sample: 6786 ms for 456 tokens.
    expect(ai?.usage).toMatchObject({
      prompt_tokens: 11_145,
      completion_tokens: 456,
      total_tokens: 11_601,
      prompt_tokens_details: { cached_tokens: 1024, cache_write_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 64 },
      time_per_token: 6786 / 456,
      time_to_first_token: 2583,
      cost: 0.0031,
      estimated: false,
    });
    expect(ai?.proxy).toEqual({ meta: ai?.meta, usage: ai?.usage });
    expect(ai?.translation).toEqual({ from: 'anthropic', to: 'openai-chat', lossy: [] });
  });

  it('has no token to divide by and no price: 0 and null', () => {
    const ai = aiFacts({ usage: undefined, cost: null, responseModel: undefined, firstContentMono: undefined });
    const record = assembled(exchangeFacts({ ai }));
    expect(record.ai?.usage).toMatchObject({
      prompt_tokens: 0,
      completion_tokens: 0,
      time_per_token: 0,
      time_to_first_token: 0,
      cost: null,
    });
    expect(record.ai?.meta.response_model).toBe('gpt-5-mini');
  });

  it('takes the whole latency for the first token of an answer in one piece', () => {
    const record = assembled(exchangeFacts({ ai: aiFacts({ mode: 'oneshot', firstContentMono: 7800 }) }));
    expect(record.ai?.usage.time_to_first_token).toBe(6786);
  });

  it('measures an exchange that was cut until its end', () => {
    const record = assembled(exchangeFacts({ ai: aiFacts({ finishedMono: undefined }) }), exchangeResult({ at: 2000 }));
    expect(record.ai?.meta.llm_latency).toBe(999);
  });

  it('is absent with log_statistics off', () => {
    expect(assembled(exchangeFacts({ ai: aiFacts({ logStatistics: false }) }))).not.toHaveProperty('ai');
  });

  it('has payloads as raw strings, with size and digest of what was cut', () => {
    const ai = aiFacts({
      payload: {
        request: { text: '{"messages":[', truncated: { bytes: 2_000_000, sha256: 'ab' } },
        response: { text: 'hello "you"' },
      },
    });
    expect(plain(assembled(exchangeFacts({ ai })).ai?.payload)).toEqual({
      request: '{"messages":[',
      request_truncated: { bytes: 2_000_000, sha256: 'ab' },
      response: 'hello "you"',
    });
  });

  it('tells tools, stop reason, losses and where the price is from', () => {
    const ai = aiFacts({ toolCalls: ['Bash', 'Read'], lossy: ['thinking'], priceSource: 'config' });
    expect(assembled(exchangeFacts({ ai })).ai).toMatchObject({
      tool_calls: ['Bash', 'Read'],
      stop_reason: 'tool_use',
      price_source: 'config',
      translation: { lossy: ['thinking'] },
    });
  });
});

describe('the error of a record', () => {
  it('has the words of the gateway, the upstream and the cause, each once, scrubbed', () => {
    const upstreamError = { status: 429, type: 'rate_limit', message: 'slow down, sk-canary123456' };
    const error = new GatewayError('upstream_refused', {
      detail: 'too many requests',
      cause: new Error('too many requests'),
    });
    const record = assembled(
      exchangeFacts({ ai: aiFacts({ upstreamError }) }),
      exchangeResult({ outcome: 'upstream_failed', error }),
    );
    expect(record.error).toEqual({
      code: 'upstream_refused',
      message: 'too many requests: upstream 429 rate_limit: slow down, REDACTED',
    });
  });

  it('exists without an error of the gateway when the upstream answered with one', () => {
    const upstreamError = { status: undefined, type: undefined, message: 'overloaded' };
    expect(assembled(exchangeFacts({ ai: aiFacts({ upstreamError }) })).error).toEqual({
      code: 'upstream_error',
      message: 'upstream: overloaded',
    });
  });

  it('tells the cause of an internal error, which the client does not see', () => {
    const error = new GatewayError('internal', { cause: new Error('cannot read x of undefined') });
    expect(assembled(undefined, exchangeResult({ error })).error?.message).toBe(
      'An unexpected error occurred: cannot read x of undefined',
    );
  });
});
