import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AiRecord, LifecycleEvent, LogRecord } from '#libs/plugin-api';
import { BoundedLabel } from './bounded-label.js';
import { GatewayMetrics } from './gateway-metrics.js';
import type { PrometheusConfig } from './prometheus.config.js';
import { CounterSeries, HistogramSeries } from './series.js';

const KONG_LATENCY = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
const UPSTREAM_LATENCY = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const AI_LATENCY = [250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10_000, 30_000, 60_000];

const ROUTE = ['service', 'route'] as const;
const AI = [
  'ai_provider',
  'ai_model',
  'cache_status',
  'vector_db',
  'embeddings_provider',
  'embeddings_model',
  'workspace',
] as const;

/** Kong’s metric families, with Kong’s names, labels and buckets, so that dashboards made for it go on working. */
@Injectable()
export class KongMetrics {
  private readonly requests: CounterSeries;
  private readonly kongLatency: HistogramSeries;
  private readonly upstreamLatency: HistogramSeries;
  private readonly requestLatency: HistogramSeries;
  private readonly bandwidth: CounterSeries;
  private readonly aiRequests: CounterSeries;
  private readonly aiCost: CounterSeries;
  private readonly aiTokens: CounterSeries;
  private readonly aiLatency: HistogramSeries;
  private readonly node: Gauge;
  private readonly models = new BoundedLabel();
  private readonly consumers = new BoundedLabel();

  constructor(gateway: GatewayMetrics) {
    const registers: Registry[] = [gateway.registry];
    const counter = (name: string, help: string, labelNames: readonly string[]) =>
      new CounterSeries(new Counter({ name, help, labelNames, registers }));
    const histogram = (name: string, help: string, labelNames: readonly string[], buckets: number[]) =>
      new HistogramSeries(new Histogram({ name, help, labelNames, buckets, registers }));
    this.requests = counter('kong_http_requests_total', 'HTTP status codes per consumer/service/route', [
      ...ROUTE,
      'code',
      'source',
      'workspace',
      'consumer',
    ]);
    this.kongLatency = histogram(
      'kong_kong_latency_ms',
      'Latency added by the gateway, in ms',
      [...ROUTE, 'workspace'],
      KONG_LATENCY,
    );
    this.upstreamLatency = histogram(
      'kong_upstream_latency_ms',
      'Latency of the upstream’s response head, in ms',
      [...ROUTE, 'workspace'],
      UPSTREAM_LATENCY,
    );
    this.requestLatency = histogram(
      'kong_request_latency_ms',
      'Latency from the first byte read to the last byte sent, in ms',
      [...ROUTE, 'workspace'],
      UPSTREAM_LATENCY,
    );
    this.bandwidth = counter('kong_bandwidth_bytes', 'Bytes in requests and responses', [
      ...ROUTE,
      'direction',
      'workspace',
      'consumer',
    ]);
    this.aiRequests = counter('kong_ai_llm_requests_total', 'Requests to models', AI);
    this.aiCost = counter('kong_ai_llm_cost_total', 'Cost of requests to models, in USD', AI);
    this.aiTokens = counter('kong_ai_llm_tokens_total', 'Tokens of requests to models', [...AI, 'token_type']);
    this.aiLatency = histogram(
      'kong_ai_llm_provider_latency_ms',
      'Latency of the model’s whole answer, in ms',
      AI,
      AI_LATENCY,
    );
    this.node = new Gauge({
      name: 'kong_node_info',
      help: 'Node id and version',
      labelNames: ['node_id', 'version'],
      registers,
    });
    gateway.onNode((id, version) => this.node.set({ node_id: id, version }, 1));
  }

  /** Counts one finished exchange as far as the plugin’s switches say. Requests without a route are not counted, as in Kong. */
  count(event: LifecycleEvent, config: PrometheusConfig): void {
    if (event.type !== 'exchange.finished' || !event.record.route) return;
    const { record } = event;
    const service = record.service?.name ?? record.service?.host ?? '';
    const route = record.route?.name ?? record.route?.id ?? '';
    const workspace = record.workspace_name;
    const consumer = config.per_consumer ? this.consumers.value(record.consumer?.username ?? '') : '';
    if (config.status_code_metrics) {
      const source = record.source === 'upstream' ? 'service' : 'kong';
      this.requests.add(1, service, route, String(record.response.status), source, workspace, consumer);
    }
    if (config.latency_metrics) this.countLatencies(record, service, route, workspace);
    if (config.bandwidth_metrics) {
      this.bandwidth.add(record.request.size, service, route, 'ingress', workspace, consumer);
      this.bandwidth.add(record.response.size, service, route, 'egress', workspace, consumer);
    }
    if (config.ai_metrics && record.ai) this.countAi(record.ai, workspace);
  }

  private countLatencies({ latencies }: LogRecord, service: string, route: string, workspace: string): void {
    this.kongLatency.observe(latencies.kong, service, route, workspace);
    this.requestLatency.observe(latencies.request, service, route, workspace);
    if (latencies.proxy >= 0) this.upstreamLatency.observe(latencies.proxy, service, route, workspace);
  }

  private countAi({ meta, usage }: AiRecord, workspace: string): void {
    const labels = [meta.provider_name, this.models.value(meta.request_model), '', '', '', '', workspace];
    this.aiRequests.add(1, ...labels);
    if (usage.cost !== null && usage.cost > 0) this.aiCost.add(usage.cost, ...labels);
    this.aiTokens.add(usage.prompt_tokens, ...labels, 'prompt_tokens');
    this.aiTokens.add(usage.completion_tokens, ...labels, 'completion_tokens');
    this.aiTokens.add(usage.total_tokens, ...labels, 'total_tokens');
    this.aiLatency.observe(meta.llm_latency, ...labels);
  }
}
