import { beforeEach, describe, expect, it } from '@jest/globals';
import { pluginMetadata } from '#libs/plugin-api';
import { GatewayMetrics } from './gateway-metrics.js';
import { KongMetrics } from './kong-metrics.js';
import { prometheusConfig } from './prometheus.config.js';
import { PrometheusPlugin } from './prometheus.plugin.js';
import { aiFacts, finished } from './testing/events.js';
import { parseExposition, valueOf } from './testing/exposition.js';

const ALL = prometheusConfig.parse({
  per_consumer: true,
  status_code_metrics: true,
  latency_metrics: true,
  bandwidth_metrics: true,
  ai_metrics: true,
});
const ROUTE = { service: 'svc', route: 'claude', workspace: 'default' };
const MODEL = {
  ai_provider: 'openai',
  ai_model: 'gpt-5-mini',
  cache_status: '',
  vector_db: '',
  embeddings_provider: '',
  embeddings_model: '',
  workspace: 'default',
  consumer: 'ann',
};

describe('the prometheus plugin', () => {
  let gateway: GatewayMetrics;
  let plugin: PrometheusPlugin;
  beforeEach(() => {
    gateway = new GatewayMetrics();
    plugin = new PrometheusPlugin(new KongMetrics(gateway));
  });
  const kongSamples = async () =>
    parseExposition(await gateway.render()).filter(({ name }) => name.startsWith('kong_'));

  it('has Kong’s name and priority', () => {
    expect(pluginMetadata(PrometheusPlugin)).toMatchObject({ name: 'prometheus', priority: 13 });
  });

  it('has Kong’s names, labels and values', async () => {
    plugin.observer(ALL)(finished({ ai: aiFacts() }));
    const text = await gateway.render();
    const value = (name: string, labels: object) => valueOf(text, name, labels as Record<string, string>);
    const consumer = 'ann';
    expect(value('kong_http_requests_total', { ...ROUTE, code: '200', source: 'service', consumer })).toBe(1);
    expect(value('kong_kong_latency_ms_sum', ROUTE)).toBe(3);
    expect(value('kong_upstream_latency_ms_sum', ROUTE)).toBe(40);
    expect(value('kong_request_latency_ms_sum', ROUTE)).toBe(2100);
    expect(value('kong_bandwidth_bytes', { ...ROUTE, direction: 'ingress', consumer })).toBe(300);
    expect(value('kong_bandwidth_bytes', { ...ROUTE, direction: 'egress', consumer })).toBe(4000);
    expect(value('kong_ai_llm_requests_total', { ...MODEL, request_mode: 'stream' })).toBe(1);
    expect(value('kong_ai_llm_cost_total', { ...MODEL, request_mode: 'stream' })).toBe(0.5);
    expect(value('kong_ai_llm_tokens_total', { ...MODEL, token_type: 'prompt_tokens' })).toBe(100);
    expect(value('kong_ai_llm_tokens_total', { ...MODEL, token_type: 'completion_tokens' })).toBe(11);
    expect(value('kong_ai_llm_tokens_total', { ...MODEL, token_type: 'total_tokens' })).toBe(111);
    expect(value('kong_ai_llm_provider_latency_ms_sum', { ...MODEL, request_mode: 'stream' })).toBe(2000);
    expect(text).toContain('# TYPE kong_bandwidth_bytes counter\n');
    expect(text).toContain('# TYPE kong_ai_llm_provider_latency_ms histogram\n');
  });

  it('has Kong’s families, types and labels, and no other', () => {
    plugin.observer({ ...ALL, upstream_health_metrics: true });
    const kong = gateway.describe().filter(({ name }) => name.startsWith('kong_'));
    const route = 'service,route,workspace';
    const ai = 'ai_provider,ai_model,cache_status,vector_db,embeddings_provider,embeddings_model,workspace,consumer';
    expect(kong.map(({ name, type, labelNames }) => [name, type, labelNames.join(',')])).toEqual([
      ['kong_node_info', 'gauge', 'node_id,version'],
      ['kong_datastore_reachable', 'gauge', ''],
      ['kong_nginx_connections_total', 'gauge', 'node_id,subsystem,state'],
      ['kong_nginx_requests_total', 'gauge', 'node_id,subsystem'],
      ['kong_http_requests_total', 'counter', 'service,route,code,source,workspace,consumer'],
      ['kong_kong_latency_ms', 'histogram', route],
      ['kong_upstream_latency_ms', 'histogram', route],
      ['kong_request_latency_ms', 'histogram', route],
      ['kong_bandwidth_bytes', 'counter', 'service,route,direction,workspace,consumer'],
      ['kong_ai_llm_requests_total', 'counter', `${ai},request_mode`],
      ['kong_ai_llm_cost_total', 'counter', `${ai},request_mode`],
      ['kong_ai_llm_tokens_total', 'counter', `${ai},token_type`],
      ['kong_ai_llm_provider_latency_ms', 'histogram', `${ai},request_mode`],
      ['kong_upstream_target_health', 'gauge', 'upstream,target,address,state,subsystem'],
    ]);
  });

  it('has Kong’s buckets', async () => {
    plugin.observer(ALL)(finished({ ai: aiFacts() }));
    const samples = await kongSamples();
    const buckets = (name: string) =>
      samples.flatMap(({ name: found, labels }) => (found === `${name}_bucket` ? labels['le'] : [])).join(' ');
    expect(buckets('kong_kong_latency_ms')).toBe('1 2 5 7 10 15 20 30 50 75 100 200 500 750 1000 3000 6000 +Inf');
    const upstream = '25 50 80 100 250 400 700 1000 2000 5000 10000 30000 60000 +Inf';
    expect(buckets('kong_upstream_latency_ms')).toBe(upstream);
    expect(buckets('kong_request_latency_ms')).toBe(upstream);
    expect(buckets('kong_ai_llm_provider_latency_ms')).toBe(
      '250 500 1000 1500 2000 2500 3000 3500 4000 4500 5000 10000 30000 60000 +Inf',
    );
  });

  it('shows only what its switches ask for', async () => {
    plugin.observer(prometheusConfig.parse({}))(finished({ ai: aiFacts() }));
    expect(await kongSamples()).toEqual([]);
    plugin.observer(prometheusConfig.parse({ bandwidth_metrics: true }))(finished({ ai: aiFacts() }));
    expect(new Set((await kongSamples()).map(({ name }) => name))).toEqual(new Set(['kong_bandwidth_bytes']));
  });

  it('leaves the consumer empty without per_consumer, or without a consumer', async () => {
    const observe = plugin.observer({ ...ALL, per_consumer: false });
    observe(finished());
    plugin.observer(ALL)(finished({ record: { consumer: undefined } }));
    const of = (consumer: string) => ({ ...ROUTE, code: '200', source: 'service', consumer });
    expect(valueOf(await gateway.render(), 'kong_http_requests_total', of(''))).toBe(2);
  });

  it('counts no request without a route, no event but the last, no upstream latency where nothing was proxied', async () => {
    const observe = plugin.observer(ALL);
    const event = finished({ record: { route: undefined } });
    observe(event);
    observe({ type: 'exchange.started', exchange: event.exchange, at: 0 });
    expect(await kongSamples()).toEqual([]);
    observe(finished({ record: { source: 'kong', latencies: { kong: 2, proxy: -1, request: 2, receive: 0 } } }));
    const text = await gateway.render();
    expect(valueOf(text, 'kong_upstream_latency_ms_count', ROUTE)).toBe(0);
    expect(valueOf(text, 'kong_kong_latency_ms_count', ROUTE)).toBe(1);
    expect(valueOf(text, 'kong_http_requests_total', { ...ROUTE, code: '200', source: 'kong', consumer: 'ann' })).toBe(
      1,
    );
  });

  it('counts no cost where none is known', async () => {
    plugin.observer(ALL)(finished({ ai: aiFacts({ cost: null }) }));
    plugin.observer(ALL)(finished({ ai: aiFacts({ cost: 0 }) }));
    expect((await kongSamples()).map(({ name }) => name)).not.toContain('kong_ai_llm_cost_total');
  });

  it('bounds models and consumers', async () => {
    const observe = plugin.observer(ALL);
    for (let n = 0; n < 500; n++) {
      observe(finished({ ai: aiFacts({ requestModel: `m${n}` }), record: { consumer: { username: `c${n}` } } }));
    }
    const samples = await kongSamples();
    for (const label of ['ai_model', 'consumer']) {
      expect(new Set(samples.flatMap(({ labels }) => labels[label] ?? [])).size).toBe(200);
    }
  });

  it('declares the health of upstreams, of which there are none, and refuses Wasm', async () => {
    const config = prometheusConfig.parse({ upstream_health_metrics: true });
    plugin.observer(config);
    expect(await gateway.render()).toContain('# TYPE kong_upstream_target_health gauge\n');
    expect(await kongSamples()).toEqual([]);
    expect(plugin.check(config)).toEqual([]);
    expect(plugin.check({ ...config, wasm_metrics: true })).toMatchObject([{ path: ['wasm_metrics'] }]);
  });
});
