import { ROOT_CONTEXT, type ContextManager, type Logger } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  type Resource,
} from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { exchangeLog } from './exchange-log.js';
import type { ExportCounters } from './export/export-counters.js';
import type { ExportLog } from './export/export-log.js';
import { ExportQueue, type Exportable } from './export/export-queue.js';
import { CountingMetricExporter } from './export/metric-exporter.js';
import { logExporter, metricExporter, spanExporter } from './export/otlp-exporters.js';
import { RetryingExporter, type Exporter } from './export/retrying-exporter.js';
import type { FinishedExchange } from './finished-exchange.js';
import { GenAiMetrics } from './metrics/genai-metrics.js';
import { KongMetrics } from './metrics/kong-metrics.js';
import { MetricStore } from './metrics/metric-store.js';
import type { OpentelemetryConfig } from './opentelemetry.config.js';
import { exchangeFacts, exchangeSpans } from './spans/exchange-spans.js';
import { serverOf } from './spans/attempts.js';
import type { Destination, QueueSettings, Signal, TelemetrySettings } from './telemetry-settings.js';
import type { TraceContext } from './trace-context.js';

/** Who sends. */
export interface TelemetrySource {
  /** The node's id: the same over restarts, tells nothing of the machine. */
  readonly id: string;
  readonly version: string;
}

/** Milliseconds that closing waits for a collector. */
const CLOSE_WITHIN = 5000;
/** Milliseconds on top of all retries after which the SDK itself gives a batch up. */
const MARGIN = 120_000;

/**
 * Nothing here runs under an active span, and the SDK's own manager would turn on async hooks, which every promise of the gateway
 * would pay for.
 */
const NO_CONTEXT: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, fn, thisArg, ...args) => fn.call(thisArg as ThisParameterType<typeof fn>, ...args),
  bind: (_context, target) => target,
  enable: () => NO_CONTEXT,
  disable: () => NO_CONTEXT,
};

/** A way to one destination of log records. */
interface LogPipe {
  readonly logger: Logger;
  readonly queue: ExportQueue;
  readonly provider: LoggerProvider;
}

/** Spans, metrics and log records of one `opentelemetry` entry on their way to collectors. */
export class Telemetry {
  private readonly scope: { readonly name: string; readonly version: string };
  private readonly resource: Resource;
  private readonly stoppers: (() => void)[] = [];
  private readonly sdk: NodeSDK;
  private readonly spans: { readonly processor: BatchSpanProcessor; readonly queue: ExportQueue } | undefined;
  private readonly logPipes: readonly LogPipe[];
  private readonly genAi: GenAiMetrics | undefined;
  private readonly kong: KongMetrics | undefined;

  constructor(
    { metrics: switches }: Pick<OpentelemetryConfig, 'metrics'>,
    private readonly settings: TelemetrySettings,
    source: TelemetrySource,
    private readonly counters: ExportCounters,
    private readonly log: ExportLog,
  ) {
    this.scope = { name: 'tidegate', version: source.version };
    this.resource = resourceOf(settings, source);
    this.spans = settings.traces && this.spanPipe(settings.traces);
    this.logPipes = settings.logs.map((destination) => this.logPipe(destination));
    const store = new MetricStore(this.scope);
    if (settings.metrics) {
      this.genAi = switches.enable_ai_metrics ? new GenAiMetrics(store) : undefined;
      this.kong = new KongMetrics(store, switches);
    }
    this.sdk = silentSdk({
      autoDetectResources: false,
      resource: this.resource,
      spanProcessors: this.spans ? [this.spans.processor] : [],
      metricReaders: settings.metrics ? [this.metricReader(settings.metrics, store)] : [],
      logRecordProcessors: [],
      contextManager: NO_CONTEXT,
      textMapPropagator: null,
    });
    this.sdk.start();
  }

  /** Takes over what is to be told of an exchange. */
  record(event: FinishedExchange, context: TraceContext): void {
    const traced = this.spans !== undefined && context.sampled;
    if (traced || this.logPipes.length > 0 || this.genAi) {
      const facts = exchangeFacts(event);
      if (this.genAi && facts.call) for (const { result } of facts.attempts) this.genAi.count(facts.call, result);
      if (this.spans && traced) {
        const { processor, queue } = this.spans;
        const origin = { resource: this.resource, instrumentationScope: this.scope };
        for (const span of exchangeSpans(event, context, facts, origin)) if (queue.admit(span)) processor.onEnd(span);
      }
      if (this.logPipes.length > 0) {
        for (const record of exchangeLog(event, context, facts)) {
          for (const { logger, queue } of this.logPipes) {
            if (queue.admit({ attributes: record.attributes ?? {} })) logger.emit(record);
          }
        }
      }
    }
    this.kong?.count(event.record);
  }

  /** Sends what is in line, once and for a few seconds at most. */
  async close(): Promise<void> {
    for (const stop of this.stoppers) stop();
    const sent = Promise.allSettled([this.sdk.shutdown(), ...this.logPipes.map(({ provider }) => provider.shutdown())]);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_WITHIN);
    });
    await Promise.race([sent, late]);
    clearTimeout(timer);
  }

  private spanPipe(destination: Destination): NonNullable<Telemetry['spans']> {
    const { spanQueue } = this.settings;
    const queue = this.queue('traces', spanQueue, destination);
    const exporter = this.retrying('traces', spanExporter(destination, this.settings), queue, destination);
    return { queue, processor: new BatchSpanProcessor({ exporter, ...this.batching(spanQueue) }) };
  }

  private logPipe(destination: Destination): LogPipe {
    const { logQueue } = this.settings;
    const queue = this.queue('logs', logQueue, destination);
    const exporter = this.retrying('logs', logExporter(destination, this.settings), queue, destination);
    const processors = [new BatchLogRecordProcessor({ exporter, ...this.batching(logQueue) })];
    const provider = new LoggerProvider({ resource: this.resource, processors });
    return { queue, provider, logger: provider.getLogger(this.scope.name, this.scope.version) };
  }

  private metricReader(destination: Destination, store: MetricStore): PeriodicExportingMetricReader {
    const exporter = metricExporter(destination, this.settings);
    const interval = this.settings.metricInterval;
    return new PeriodicExportingMetricReader({
      exporter: new CountingMetricExporter(
        exporter,
        this.counters.signals.metrics,
        this.failed('metrics', destination),
      ),
      exportIntervalMillis: interval,
      exportTimeoutMillis: Math.min(interval, 30_000),
      metricProducers: [store],
    });
  }

  private queue(signal: Signal, settings: QueueSettings, destination: Destination): ExportQueue {
    const what = `${signal} are dropped, the line to ${nameOf(destination)} is full`;
    return new ExportQueue(settings, this.counters.signals[signal], () => this.log.warn(what, 'see queue.max_entries'));
  }

  private retrying<Item extends Exportable>(
    signal: Signal,
    exporter: Exporter<Item>,
    queue: ExportQueue,
    destination: Destination,
  ): RetryingExporter<Item> {
    const counters = this.counters.signals[signal];
    const retrying = new RetryingExporter(
      exporter,
      this.settings.retry,
      counters,
      this.failed(signal, destination),
      queue,
    );
    this.stoppers.push(() => retrying.stopRetrying());
    return retrying;
  }

  private failed(signal: Signal, destination: Destination): (error: Error) => void {
    const what = `${signal} could not be sent to ${nameOf(destination)}`;
    return (error) => this.log.warn(what, error.message);
  }

  private batching({ maxBatch, maxEntries, delay }: QueueSettings): object {
    const { retry, timeout = 0 } = this.settings;
    return {
      maxExportBatchSize: maxBatch,
      // The processor drops in silence; the queue before it does not let it come to that.
      maxQueueSize: maxEntries,
      scheduledDelayMillis: delay,
      exportTimeoutMillis: retry.maxTime + timeout + MARGIN,
    };
  }
}

/** `OTEL_LOG_LEVEL` would make the SDK write to standard output, which belongs to the ready line. */
function silentSdk(configuration: ConstructorParameters<typeof NodeSDK>[0]): NodeSDK {
  const { OTEL_LOG_LEVEL: level } = process.env;
  delete process.env.OTEL_LOG_LEVEL;
  try {
    return new NodeSDK(configuration);
  } finally {
    if (level !== undefined) process.env.OTEL_LOG_LEVEL = level;
  }
}

/** Host and port: an URL may hold a credential. */
function nameOf({ url }: Destination): string {
  if (url === undefined) return 'the endpoint of OTEL_EXPORTER_OTLP_…';
  const { address, port } = serverOf(new URL(url).origin);
  return `${address}:${port}`;
}

/** No process arguments, no ids of the machine: what is here is named, by the gateway or by the operator. */
function resourceOf({ resourceAttributes }: TelemetrySettings, { id, version }: TelemetrySource): Resource {
  const own = { 'service.name': 'tidegate', 'service.version': version, 'service.instance.id': id };
  return defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(resourceAttributes));
}
