import { describe, expect, it } from '@jest/globals';
import type { AiRecord, LifecycleEvent, LogRecord } from '#libs/plugin-api';
import { BoundedLabel, OTHER } from './bounded-label.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { KongMetrics } from './kong-metrics.js';
import { prometheusConfig } from './prometheus.config.js';
import { PrometheusPlugin } from './prometheus.plugin.js';

const ALL = prometheusConfig.parse({
  per_consumer: true,
  status_code_metrics: true,
  latency_metrics: true,
  bandwidth_metrics: true,
  ai_metrics: true,
});

function ai(overrides: Partial<AiRecord['usage']> = {}, model = 'gpt-5-mini'): AiRecord {
  const meta = {
    request_model: model,
    response_model: `${model}-2025-08-07`,
    provider_name: 'openai',
    request_mode: 'stream',
    llm_latency: 2000,
    plugin_id: 'p',
  } as const;
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 11,
    total_tokens: 111,
    prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 4,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      audio_tokens: 0,
    },
    time_per_token: 180,
    time_to_first_token: 1000,
    cost: 0.5,
    estimated: false,
    ...overrides,
  };
  const translation = { from: 'anthropic', to: 'openai-chat', lossy: ['lossy:top_k'] } as const;
  return { meta, usage, proxy: { meta, usage }, translation, stop_reason: 'tool_use', tool_calls: ['Read', 'Read'] };
}

function finished(aiRecord: AiRecord | undefined = ai()): LifecycleEvent {
  const record = {
    request: { size: 300 },
    response: { status: 200, size: 4000 },
    latencies: { kong: 3, proxy: 40, request: 2100, receive: 2000 },
    service: { name: 'svc' },
    route: { name: 'claude' },
    consumer: { username: 'ann' },
    source: 'upstream',
    workspace_name: 'default',
    ...(aiRecord && { ai: aiRecord }),
    exchange: { id: 'x', node: 'n', seq: 1, outcome: 'completed' },
  } as unknown as LogRecord;
  const exchange = { ai: { usage: {}, mode: 'stream' }, tries: [] };
  return { type: 'exchange.finished', exchange, at: 0, record, error: undefined } as unknown as LifecycleEvent;
}

/** The samples of an exposition: series → value. A line that is no sample and no comment fails the test. */
function samples(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const sample = /^([a-z_:][\w:]*(?:\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/i.exec(line);
    if (!sample) throw new Error(`not a sample: ${line}`);
    found.set(sample[1] ?? '', Number(sample[2]));
  }
  return found;
}

describe('GatewayMetrics', () => {
  it('counts tokens, cost, time, tools, stops and losses of an exchange', async () => {
    const metrics = new GatewayMetrics();
    metrics.observe(finished());
    const found = samples(await metrics.render());
    const model = 'provider="openai",model="gpt-5-mini",route="claude"';
    expect(found.get(`tidegate_tokens_total{${model},type="input"}`)).toBe(100);
    expect(found.get(`tidegate_tokens_total{${model},type="cached"}`)).toBe(60);
    expect(found.get(`tidegate_tokens_total{${model},type="output"}`)).toBe(11);
    expect(found.get(`tidegate_tokens_total{${model},type="reasoning"}`)).toBe(4);
    expect(found.get(`tidegate_cost_usd_total{${model}}`)).toBe(0.5);
    expect(found.get(`tidegate_time_to_first_token_seconds_sum{${model}}`)).toBe(1);
    expect(found.get(`tidegate_time_per_output_token_seconds_sum{${model}}`)).toBeCloseTo(0.1);
    expect(found.get('tidegate_tool_calls_total{tool="Read"}')).toBe(2);
    expect(found.get('tidegate_stop_reasons_total{provider="openai",model="gpt-5-mini",reason="tool_use"}')).toBe(1);
    expect(found.get('tidegate_translation_losses_total{what="lossy:top_k"}')).toBe(1);
    expect(found.get('tidegate_exchanges_total{route="claude",outcome="completed"}')).toBe(1);
  });

  it('an unknown price is counted, not taken for 0', async () => {
    const metrics = new GatewayMetrics();
    metrics.observe(finished(ai({ cost: null })));
    const found = samples(await metrics.render());
    expect(found.get('tidegate_price_missing_total{provider="openai",model="gpt-5-mini"}')).toBe(1);
    expect([...found.keys()].filter((series) => series.startsWith('tidegate_cost_usd_total'))).toEqual([]);
  });

  it('10,000 model and tool names leave 200 values and other', async () => {
    const metrics = new GatewayMetrics();
    for (let i = 0; i < 10_000; i++) metrics.observe(finished({ ...ai({}, `m${i}`), tool_calls: [`t${i}`] }));
    const series = [...samples(await metrics.render()).keys()];
    const models = series.filter((s) => s.startsWith('tidegate_tokens_total') && s.endsWith('type="input"}'));
    expect(models).toHaveLength(201);
    expect(series.filter((s) => s.startsWith('tidegate_tool_calls_total'))).toHaveLength(201);
  });

  it('follows exchanges and streams under way', async () => {
    const metrics = new GatewayMetrics();
    const { exchange } = finished();
    metrics.observe({ type: 'exchange.started', exchange, at: 0 });
    metrics.observe({ type: 'request.decoded', exchange, at: 0 });
    expect(samples(await metrics.render()).get('tidegate_active_streams')).toBe(1);
    metrics.observe(finished());
    const found = samples(await metrics.render());
    expect(found.get('tidegate_active_streams')).toBe(0);
    expect(found.get('tidegate_active_exchanges')).toBe(0);
  });

  it('reads the sinks at every scrape', async () => {
    const metrics = new GatewayMetrics();
    let delivered = 1;
    metrics.watchSinks({
      status: () => [
        {
          name: 'file-log',
          depth: 2,
          bytes: 30,
          delivered,
          failed: 0,
          retried: 0,
          dropped: 0,
          dead: 0,
          lagSeconds: 1.5,
        },
      ],
    });
    await metrics.render();
    delivered = 5;
    const found = samples(await metrics.render());
    expect(found.get('tidegate_sink_delivered_total{sink="file-log"}')).toBe(5);
    expect(found.get('tidegate_sink_queue_entries{sink="file-log"}')).toBe(2);
    expect(found.get('tidegate_sink_lag_seconds{sink="file-log"}')).toBe(1.5);
  });
});

describe('KongMetrics', () => {
  it('has Kong’s names, labels and buckets', async () => {
    const gateway = new GatewayMetrics();
    const plugin = new PrometheusPlugin(new KongMetrics(gateway));
    gateway.setNode('node-1', '0.1.0');
    plugin.observer(ALL)(finished());
    const text = await gateway.render();
    const found = samples(text);
    const route = 'service="svc",route="claude"';
    const model =
      'ai_provider="openai",ai_model="gpt-5-mini",cache_status="",vector_db="",embeddings_provider="",embeddings_model="",workspace="default"';
    expect(
      found.get(`kong_http_requests_total{${route},code="200",source="service",workspace="default",consumer="ann"}`),
    ).toBe(1);
    expect(found.get(`kong_kong_latency_ms_bucket{le="3000",${route},workspace="default"}`)).toBe(1);
    expect(found.get(`kong_upstream_latency_ms_bucket{le="50",${route},workspace="default"}`)).toBe(1);
    expect(found.get(`kong_request_latency_ms_bucket{le="5000",${route},workspace="default"}`)).toBe(1);
    expect(found.get(`kong_bandwidth_bytes{${route},direction="ingress",workspace="default",consumer="ann"}`)).toBe(
      300,
    );
    expect(found.get(`kong_ai_llm_requests_total{${model}}`)).toBe(1);
    expect(found.get(`kong_ai_llm_cost_total{${model}}`)).toBe(0.5);
    expect(found.get(`kong_ai_llm_tokens_total{${model},token_type="total_tokens"}`)).toBe(111);
    expect(found.get(`kong_ai_llm_provider_latency_ms_bucket{le="2000",${model}}`)).toBe(1);
    expect(found.get('kong_node_info{node_id="node-1",version="0.1.0"}')).toBe(1);
    expect(text).toContain('# TYPE kong_bandwidth_bytes counter');
  });

  it('counts only what the switches ask for, and nothing without a route', async () => {
    const gateway = new GatewayMetrics();
    const plugin = new PrometheusPlugin(new KongMetrics(gateway));
    plugin.observer(prometheusConfig.parse({}))(finished());
    const withoutRoute = finished() as unknown as { record: { route?: object } };
    delete withoutRoute.record.route;
    plugin.observer(ALL)(withoutRoute as unknown as LifecycleEvent);
    const series = [...samples(await gateway.render()).keys()].filter((name) => /^kong_(?!node)/.test(name));
    expect(series).toEqual([]);
  });

  it('refuses what it cannot measure', () => {
    const plugin = new PrometheusPlugin(new KongMetrics(new GatewayMetrics()));
    expect(plugin.check(prometheusConfig.parse({ wasm_metrics: true }))).toEqual([
      { path: ['wasm_metrics'], message: expect.stringContaining('not available') },
    ]);
  });
});

describe('BoundedLabel', () => {
  it('cuts long values and keeps the ones it knows', () => {
    const label = new BoundedLabel(1);
    expect(label.value('x'.repeat(1000))).toHaveLength(128);
    expect(label.value('y')).toBe(OTHER);
    expect(label.value('x'.repeat(1000))).toHaveLength(128);
  });
});
