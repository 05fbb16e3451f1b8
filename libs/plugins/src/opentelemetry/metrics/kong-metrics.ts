import type { LogRecord } from '#libs/plugin-api';
import type { OpentelemetryConfig } from '../opentelemetry.config.js';
import { BoundedNames } from './bounded-names.js';
import type { HistogramCell, HistogramMetric, MetricStore, SumCell, SumMetric } from './metric-store.js';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900];
const BYTES = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

type Switches = OpentelemetryConfig['metrics'];

/** Per service, route, consumer, source and status. */
interface Series {
  readonly requests: SumCell | undefined;
  readonly requestSize: HistogramCell | undefined;
  readonly responseSize: HistogramCell | undefined;
  readonly total: HistogramCell | undefined;
  readonly internal: HistogramCell | undefined;
  readonly upstream: HistogramCell | undefined;
}

/** Kong's OTLP metrics of requests, as far as the switches ask for them. Requests without a route are not counted, as in Kong. */
export class KongMetrics {
  private readonly requests: SumMetric | undefined;
  private readonly requestSize: HistogramMetric | undefined;
  private readonly responseSize: HistogramMetric | undefined;
  private readonly total: HistogramMetric | undefined;
  private readonly internal: HistogramMetric | undefined;
  private readonly upstream: HistogramMetric | undefined;
  private readonly series = new Map<string, Series>();
  private readonly consumers = new BoundedNames();

  constructor(
    store: MetricStore,
    private readonly switches: Switches,
  ) {
    if (switches.enable_request_metrics) {
      this.requests = store.sum('http.server.request.count', '{request}', 'Requests');
    }
    if (switches.enable_bandwidth_metrics) {
      this.requestSize = store.histogram('http.server.request.size', 'By', 'Size of requests', BYTES);
      this.responseSize = store.histogram('http.server.response.size', 'By', 'Size of responses', BYTES);
    }
    if (switches.enable_latency_metrics) {
      this.total = store.histogram('kong.latency.total', 's', 'From the request to the end of the response', SECONDS);
      this.internal = store.histogram('kong.latency.internal', 's', 'What the gateway itself took', SECONDS);
      this.upstream = store.histogram('kong.latency.upstream', 's', 'Until the upstream’s response head', SECONDS);
    }
  }

  count(record: LogRecord): void {
    if (!record.route) return;
    const { requests, requestSize, responseSize, total, internal, upstream } = this.seriesOf(record);
    const { request, response, latencies } = record;
    requests?.add(1);
    requestSize?.record(request.size);
    responseSize?.record(response.size);
    total?.record(latencies.request / 1000);
    internal?.record(latencies.kong / 1000);
    if (latencies.proxy >= 0) upstream?.record(latencies.proxy / 1000);
  }

  private seriesOf({ service, route, consumer, source, response, workspace_name: workspace }: LogRecord): Series {
    const serviceName = service?.name ?? service?.host ?? '';
    const routeName = route?.name ?? route?.id ?? '';
    const consumerName =
      consumer && this.switches.enable_consumer_attribute
        ? this.consumers.name(consumer.username ?? consumer.custom_id ?? consumer.id)
        : '';
    const key = `${response.status}\n${source}\n${routeName}\n${serviceName}\n${consumerName}`;
    const known = this.series.get(key);
    if (known) return known;
    const names = {
      'kong.service.name': serviceName,
      'kong.route.name': routeName,
      'kong.workspace.name': workspace,
    };
    const ofConsumer = { ...names, ...(consumerName !== '' && { 'kong.auth.consumer.name': consumerName }) };
    const answer = { 'http.response.status_code': response.status, 'kong.response.source': source };
    const series: Series = {
      requests: this.requests?.cell({ ...ofConsumer, ...answer }),
      requestSize: this.requestSize?.cell({ ...ofConsumer, ...answer }),
      responseSize: this.responseSize?.cell({ ...ofConsumer, ...answer }),
      total: this.total?.cell({ ...names, ...answer }),
      internal: this.internal?.cell({ ...names, ...answer }),
      upstream: this.upstream?.cell({ ...names, ...answer }),
    };
    this.series.set(key, series);
    return series;
  }
}
