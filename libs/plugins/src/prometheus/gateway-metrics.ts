import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AiRecord, ExchangeView, LifecycleEvent, LogRecord } from '#libs/plugin-api';
import { BoundedLabel } from './bounded-label.js';
import { errorClass } from './error-class.js';
import { CounterSeries, HistogramSeries } from './series.js';

/** What is read of the log sinks when metrics are scraped. */
export interface SinkMetricsSource {
  status(): Iterable<{
    readonly name: string;
    readonly depth: number;
    readonly bytes: number;
    readonly delivered: number;
    readonly failed: number;
    readonly retried: number;
    readonly dropped: number;
    readonly dead: number;
    readonly lagSeconds: number;
  }>;
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Seconds; agents wait for minutes. */
const DURATION = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900];
const FIRST_TOKEN = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 600, 900];
const PER_TOKEN = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5];

const MODEL = ['provider', 'model', 'route'] as const;
const SINK_COUNTERS = ['delivered', 'failed', 'retried', 'dropped', 'dead'] as const;

/** The gateway’s own families, `tidegate_…`: always there, whatever the configuration says. */
@Injectable()
export class GatewayMetrics {
  readonly registry = new Registry();
  private readonly exchanges = this.counter('exchanges_total', 'Exchanges by how they ended', ['route', 'outcome']);
  private readonly clients = this.counter('client_exchanges_total', 'Exchanges by client program and request class', [
    'client',
    'request_class',
  ]);
  private readonly duration = this.histogram(
    'exchange_duration_seconds',
    'From the first byte read to the last byte sent',
    ['route'],
    DURATION,
  );
  private readonly tokens = this.counter(
    'tokens_total',
    'Tokens; input includes cached and cache_write, output includes reasoning',
    [...MODEL, 'type'],
  );
  private readonly cost = this.counter('cost_usd_total', 'Cost in USD of exchanges with a known price', MODEL);
  private readonly priceMissing = this.counter('price_missing_total', 'Exchanges whose model has no known price', [
    'provider',
    'model',
  ]);
  private readonly usageEstimated = this.counter(
    'usage_estimated_total',
    'Exchanges whose tokens the gateway had to count itself',
    ['provider', 'model'],
  );
  private readonly firstToken = this.histogram(
    'time_to_first_token_seconds',
    'Until the first content went to the client',
    MODEL,
    FIRST_TOKEN,
  );
  private readonly perToken = this.histogram(
    'time_per_output_token_seconds',
    'Between output tokens after the first, streams only',
    MODEL,
    PER_TOKEN,
  );
  private readonly toolCalls = this.counter('tool_calls_total', 'Tool calls of models by name of the tool', ['tool']);
  private readonly stops = this.counter('stop_reasons_total', 'Why models stopped', ['provider', 'model', 'reason']);
  private readonly losses = this.counter(
    'translation_losses_total',
    'What could not be carried from one format to the other',
    ['what'],
  );
  private readonly errors = this.counter('upstream_errors_total', 'Failed exchanges by class of the fault', ['class']);
  private readonly activeStreams = new Gauge({
    name: 'tidegate_active_streams',
    help: 'Streamed answers under way',
    registers: [this.registry],
  });
  private readonly active = new Gauge({
    name: 'tidegate_active_exchanges',
    help: 'Exchanges under way',
    registers: [this.registry],
  });
  private readonly models = new BoundedLabel();
  private readonly tools = new BoundedLabel();
  private readonly reasons = new BoundedLabel(20);
  private readonly whats = new BoundedLabel();
  private readonly clientNames = new BoundedLabel();
  private readonly requestClasses = new BoundedLabel(20);
  private streams = 0;
  private running = 0;

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'tidegate_' });
    this.watchEventLoop();
  }

  private readonly nodeListeners: ((id: string, version: string) => void)[] = [];

  /** Names the node on families that tell about it. */
  setNode(id: string, version: string): void {
    for (const listener of this.nodeListeners) listener(id, version);
  }

  onNode(listener: (id: string, version: string) => void): void {
    this.nodeListeners.push(listener);
  }

  /** Reads the sinks’ counters at every scrape. */
  watchSinks(source: SinkMetricsSource): void {
    const labelNames = ['sink'];
    const registers = [this.registry];
    for (const what of SINK_COUNTERS) {
      const counter = new Counter({
        name: `tidegate_sink_${what}_total`,
        help: SINK_HELP[what],
        labelNames,
        registers,
        collect: () => {
          counter.reset();
          for (const { name, ...status } of source.status()) counter.inc({ sink: name }, status[what]);
        },
      });
    }
    for (const [what, { name: metric, help }] of Object.entries(SINK_GAUGES)) {
      const gauge = new Gauge({
        name: metric,
        help,
        labelNames,
        registers,
        collect: () => {
          gauge.reset();
          for (const { name, ...status } of source.status())
            gauge.inc({ sink: name }, status[what as keyof typeof SINK_GAUGES]);
        },
      });
    }
  }

  /** To be called with every event of the bus. */
  observe(event: LifecycleEvent): void {
    switch (event.type) {
      case 'exchange.started':
        this.active.set((this.running += 1));
        break;
      case 'request.decoded':
        if (event.exchange.ai?.mode === 'stream') this.activeStreams.set((this.streams += 1));
        break;
      case 'exchange.finished':
        this.active.set((this.running -= 1));
        if (event.exchange.ai?.mode === 'stream') this.activeStreams.set((this.streams -= 1));
        this.finished(event.record, event.exchange);
        if (event.error) this.errors.add(1, errorClass(event.error, event.exchange.tries.length > 0));
        else if (event.record.exchange.outcome === 'client_aborted') this.errors.add(1, 'caller_gone');
    }
  }

  /** The whole exposition in Prometheus’ text format. */
  render(): Promise<string> {
    return this.registry.metrics();
  }

  private finished(record: LogRecord, { ai: facts }: ExchangeView): void {
    const route = record.route?.name ?? record.route?.id ?? '';
    this.exchanges.add(1, route, record.exchange.outcome);
    this.duration.observe(record.latencies.request / 1000, route);
    if (record.agent) {
      const { client = '', request_class: requestClass = '' } = record.agent;
      this.clients.add(1, this.clientNames.value(client), this.requestClasses.value(requestClass));
    }
    if (record.ai && facts) this.countAi(record.ai, route, facts.usage !== undefined);
  }

  private countAi(ai: AiRecord, route: string, hasUsage: boolean): void {
    const { meta, usage } = ai;
    const provider = meta.provider_name;
    const model = this.models.value(meta.request_model);
    for (const tool of ai.tool_calls ?? []) this.toolCalls.add(1, this.tools.value(tool));
    for (const what of ai.translation.lossy) this.losses.add(1, this.whats.value(what));
    if (ai.stop_reason !== undefined) this.stops.add(1, provider, model, this.reasons.value(ai.stop_reason));
    if (!hasUsage) return;
    this.tokens.add(usage.prompt_tokens, provider, model, route, 'input');
    this.tokens.add(usage.completion_tokens, provider, model, route, 'output');
    this.addSome(usage.prompt_tokens_details.cached_tokens, provider, model, route, 'cached');
    this.addSome(usage.prompt_tokens_details.cache_write_tokens, provider, model, route, 'cache_write');
    this.addSome(usage.completion_tokens_details.reasoning_tokens, provider, model, route, 'reasoning');
    if (usage.estimated) this.usageEstimated.add(1, provider, model);
    if (usage.cost === null) this.priceMissing.add(1, provider, model);
    else this.cost.add(usage.cost, provider, model, route);
    if (meta.request_mode !== 'stream' || usage.time_to_first_token <= 0) return;
    this.firstToken.observe(usage.time_to_first_token / 1000, provider, model, route);
    if (usage.completion_tokens < 2) return;
    const perToken = (meta.llm_latency - usage.time_to_first_token) / (usage.completion_tokens - 1);
    this.perToken.observe(Math.max(0, perToken) / 1000, provider, model, route);
  }

  private addSome(tokens: number, ...labels: string[]): void {
    if (tokens > 0) this.tokens.add(tokens, ...labels);
  }

  private watchEventLoop(): void {
    const delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    const gauge = new Gauge({
      name: 'tidegate_event_loop_delay_seconds',
      help: 'Delay of the event loop since the last scrape',
      labelNames: ['quantile'],
      registers: [this.registry],
      collect: () => {
        for (const quantile of [50, 99])
          gauge.set({ quantile: `0.${quantile}` }, delay.percentile(quantile) / 1e9 || 0);
        gauge.set({ quantile: '1' }, delay.max / 1e9);
        delay.reset();
      },
    });
  }

  private counter(name: string, help: string, labelNames: readonly string[]): CounterSeries {
    return new CounterSeries(new Counter({ name: `tidegate_${name}`, help, labelNames, registers: [this.registry] }));
  }

  private histogram(name: string, help: string, labelNames: readonly string[], buckets: number[]): HistogramSeries {
    return new HistogramSeries(
      new Histogram({ name: `tidegate_${name}`, help, labelNames, buckets, registers: [this.registry] }),
    );
  }
}

const SINK_HELP: Readonly<Record<(typeof SINK_COUNTERS)[number], string>> = {
  delivered: 'Records that the far side has',
  failed: 'Writes that did not succeed',
  retried: 'Writes that repeated a failed one',
  dropped: 'Records lost',
  dead: 'Records that the sink has refused for good',
};

const SINK_GAUGES = {
  depth: { name: 'tidegate_sink_queue_entries', help: 'Records in line' },
  bytes: { name: 'tidegate_sink_queue_bytes', help: 'Bytes of the records in line' },
  lagSeconds: { name: 'tidegate_sink_lag_seconds', help: 'Age of the oldest record in line' },
} as const;
