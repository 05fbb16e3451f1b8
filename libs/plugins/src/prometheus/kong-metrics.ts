import { Injectable } from '@nestjs/common';
import type { AiRecord, LifecycleEvent, LogRecord } from '#libs/plugin-api';
import { BoundedLabel } from './bounded-label.js';
import { HistogramFamily, NumberFamily, type Cell, type Family, type HistogramCell } from './families.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { Grouped } from './grouped.js';
import type { PrometheusConfig } from './prometheus.config.js';

const KONG_LATENCY = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
const UPSTREAM_LATENCY = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const AI_LATENCY = [250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10_000, 30_000, 60_000];

const ROUTE = ['service', 'route', 'workspace'];
const AI = [
  'ai_provider',
  'ai_model',
  'cache_status',
  'vector_db',
  'embeddings_provider',
  'embeddings_model',
  'workspace',
  'consumer',
];
/** There is one, as in Kong without a database. */
const WORKSPACE = 'default';

/** What an exchange of one service, route and consumer touches. */
interface RouteCells {
  readonly kong: HistogramCell;
  readonly upstream: HistogramCell;
  readonly request: HistogramCell;
  readonly ingress: Cell;
  readonly egress: Cell;
  /** By status, once for each source. */
  readonly fromService: Map<number, Cell>;
  readonly fromKong: Map<number, Cell>;
}

interface AiCells {
  readonly promptTokens: Cell;
  readonly completionTokens: Cell;
  readonly totalTokens: Cell;
  readonly byMode: Map<string, { readonly requests: Cell; readonly latency: HistogramCell; cost: Cell | undefined }>;
}

/**
 * Kong's metric families with the names, labels and buckets of its prometheus plugin, those of the AI families as from 3.12 on, so
 * that dashboards made for it go on working.
 */
@Injectable()
export class KongMetrics {
  private readonly requests = new NumberFamily(
    'kong_http_requests_total',
    'HTTP status codes per consumer/service/route',
    'counter',
    ['service', 'route', 'code', 'source', 'workspace', 'consumer'],
  );
  private readonly kongLatency = new HistogramFamily(
    'kong_kong_latency_ms',
    'Latency added by the gateway in ms',
    ROUTE,
    KONG_LATENCY,
  );
  private readonly upstreamLatency = new HistogramFamily(
    'kong_upstream_latency_ms',
    'Latency of the response head of the upstream in ms',
    ROUTE,
    UPSTREAM_LATENCY,
  );
  private readonly requestLatency = new HistogramFamily(
    'kong_request_latency_ms',
    'Latency of the whole exchange in ms',
    ROUTE,
    UPSTREAM_LATENCY,
  );
  private readonly bandwidth = new NumberFamily('kong_bandwidth_bytes', 'Bytes of requests and responses', 'counter', [
    'service',
    'route',
    'direction',
    'workspace',
    'consumer',
  ]);
  private readonly aiRequests = new NumberFamily('kong_ai_llm_requests_total', 'Requests to models', 'counter', [
    ...AI,
    'request_mode',
  ]);
  private readonly aiCost = new NumberFamily('kong_ai_llm_cost_total', 'Cost of requests to models', 'counter', [
    ...AI,
    'request_mode',
  ]);
  private readonly aiTokens = new NumberFamily('kong_ai_llm_tokens_total', 'Tokens of requests to models', 'counter', [
    ...AI,
    'token_type',
  ]);
  private readonly aiLatency = new HistogramFamily(
    'kong_ai_llm_provider_latency_ms',
    'Latency of the whole answer of a model in ms',
    [...AI, 'request_mode'],
    AI_LATENCY,
  );
  /** Without samples, as Kong shows it when no `upstreams` are configured; there are none here. */
  private readonly upstreamHealth = new NumberFamily(
    'kong_upstream_target_health',
    'Health of the targets of upstreams',
    'gauge',
    ['upstream', 'target', 'address', 'state', 'subsystem'],
  );

  private readonly switched: readonly (readonly [keyof PrometheusConfig, readonly Family[]])[] = [
    ['status_code_metrics', [this.requests]],
    ['latency_metrics', [this.kongLatency, this.upstreamLatency, this.requestLatency]],
    ['bandwidth_metrics', [this.bandwidth]],
    ['ai_metrics', [this.aiRequests, this.aiCost, this.aiTokens, this.aiLatency]],
    ['upstream_health_metrics', [this.upstreamHealth]],
  ];

  private readonly models = new BoundedLabel();
  private readonly consumers = new BoundedLabel();
  private readonly byRoute = new Grouped((service, route, consumer) => this.routeCells(service, route, consumer));
  private readonly byModel = new Grouped((provider, model, consumer) => this.aiCells(provider, model, consumer));

  constructor(private readonly metrics: GatewayMetrics) {}

  /** Puts the families on the page that the plugin's switches ask for. */
  show(config: PrometheusConfig): void {
    const shown = this.switched.filter(([field]) => config[field]);
    for (const family of shown.flatMap(([, families]) => families)) this.metrics.show(family);
  }

  /** Puts all of them on the page. */
  showAll(): void {
    for (const family of this.switched.flatMap(([, families]) => families)) this.metrics.show(family);
  }

  /** Counts one finished exchange as far as the switches say. Requests without a route are not counted, as in Kong. */
  count(event: LifecycleEvent, config: PrometheusConfig): void {
    if (event.type !== 'exchange.finished' || !event.record.route) return;
    const { record } = event;
    const consumer =
      config.per_consumer && record.consumer
        ? this.consumers.value(record.consumer.username ?? record.consumer.custom_id ?? record.consumer.id)
        : '';
    if (config.status_code_metrics || config.latency_metrics || config.bandwidth_metrics) {
      this.countRequest(record, consumer, config);
    }
    if (config.ai_metrics && record.ai) this.countAi(record.ai, consumer);
  }

  private countRequest(record: LogRecord, consumer: string, config: PrometheusConfig): void {
    const { latencies, request, response } = record;
    const service = record.service?.name ?? record.service?.host ?? '';
    const route = record.route?.name ?? record.route?.id ?? '';
    const cells = this.byRoute.of(service, route, consumer);
    if (config.status_code_metrics) this.codeCell(cells, service, route, consumer, record).add(1);
    if (config.latency_metrics) {
      cells.kong.observe(latencies.kong);
      cells.request.observe(latencies.request);
      if (latencies.proxy >= 0) cells.upstream.observe(latencies.proxy);
    }
    if (config.bandwidth_metrics) {
      cells.ingress.add(request.size);
      cells.egress.add(response.size);
    }
  }

  private codeCell(
    cells: RouteCells,
    service: string,
    route: string,
    consumer: string,
    { source, response: { status } }: LogRecord,
  ): Cell {
    const codes = source === 'upstream' ? cells.fromService : cells.fromKong;
    let cell = codes.get(status);
    if (!cell) {
      const by = source === 'upstream' ? 'service' : 'kong';
      codes.set(status, (cell = this.requests.cell(service, route, String(status), by, WORKSPACE, consumer)));
    }
    return cell;
  }

  private countAi({ meta, usage }: AiRecord, consumer: string): void {
    const model = this.models.value(meta.request_model);
    const cells = this.byModel.of(meta.provider_name, model, consumer);
    cells.promptTokens.add(usage.prompt_tokens);
    cells.completionTokens.add(usage.completion_tokens);
    cells.totalTokens.add(usage.total_tokens);
    let ofMode = cells.byMode.get(meta.request_mode);
    const labels = () => [...aiLabels(meta.provider_name, model, consumer), meta.request_mode];
    if (!ofMode) {
      ofMode = {
        requests: this.aiRequests.cell(...labels()),
        latency: this.aiLatency.cell(...labels()),
        cost: undefined,
      };
      cells.byMode.set(meta.request_mode, ofMode);
    }
    ofMode.requests.add(1);
    ofMode.latency.observe(meta.llm_latency);
    if (usage.cost !== null && usage.cost > 0) (ofMode.cost ??= this.aiCost.cell(...labels())).add(usage.cost);
  }

  private routeCells(service: string, route: string, consumer: string): RouteCells {
    return {
      kong: this.kongLatency.cell(service, route, WORKSPACE),
      upstream: this.upstreamLatency.cell(service, route, WORKSPACE),
      request: this.requestLatency.cell(service, route, WORKSPACE),
      ingress: this.bandwidth.cell(service, route, 'ingress', WORKSPACE, consumer),
      egress: this.bandwidth.cell(service, route, 'egress', WORKSPACE, consumer),
      fromService: new Map(),
      fromKong: new Map(),
    };
  }

  private aiCells(provider: string, model: string, consumer: string): AiCells {
    const labels = aiLabels(provider, model, consumer);
    return {
      promptTokens: this.aiTokens.cell(...labels, 'prompt_tokens'),
      completionTokens: this.aiTokens.cell(...labels, 'completion_tokens'),
      totalTokens: this.aiTokens.cell(...labels, 'total_tokens'),
      byMode: new Map(),
    };
  }
}

/** Empty where Kong has a semantic cache. */
function aiLabels(provider: string, model: string, consumer: string): string[] {
  return [provider, model, '', '', '', '', WORKSPACE, consumer];
}
