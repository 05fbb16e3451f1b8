import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** A log sink's counters, as delivery keeps them. */
export interface SinkCounters {
  readonly name: string;
  readonly depth: number;
  readonly bytes: number;
  readonly delivered: number;
  readonly failed: number;
  readonly retried: number;
  readonly dropped: number;
  readonly dead: number;
  readonly lagSeconds: number;
}

/** What is read of the log sinks when metrics are scraped. */
export interface SinkMetricsSource {
  status(): Iterable<SinkCounters>;
}

const SINK_COUNTERS = [
  ['delivered', 'Records that the far side has'],
  ['failed', 'Writes that did not succeed'],
  ['retried', 'Writes that repeated a failed one'],
  ['dropped', 'Records lost'],
  ['dead', 'Records that the sink has refused for good'],
] as const;

const SINK_GAUGES = [
  ['depth', 'queue_entries', 'Records in line'],
  ['bytes', 'queue_bytes', 'Bytes of the records in line'],
  ['lagSeconds', 'lag_seconds', 'Age of the oldest record in line'],
] as const;

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 20;

/** The process's own families, `tidegate_process_…` and `tidegate_nodejs_…`, and the delay of the event loop. */
export function watchProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: 'tidegate_', eventLoopMonitoringPrecision: RESOLUTION });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const gauge = new Gauge({
    name: 'tidegate_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape',
    labelNames: ['quantile'],
    registers: [registry],
    collect: () => {
      for (const quantile of [50, 99]) gauge.set({ quantile: `0.${quantile}` }, delay.percentile(quantile) / 1e9 || 0);
      gauge.set({ quantile: '1' }, delay.max / 1e9);
      delay.reset();
    },
  });
}

/** Sinks of the same name share a series. */
export function watchSinks(registry: Registry, source: SinkMetricsSource): void {
  const registers = [registry];
  const labelNames = ['sink'];
  for (const [field, help] of SINK_COUNTERS) {
    const counter = new Counter({
      name: `tidegate_sink_${field}_total`,
      help,
      labelNames,
      registers,
      collect: () => {
        counter.reset();
        for (const status of source.status()) counter.inc({ sink: status.name }, status[field]);
      },
    });
  }
  for (const [field, name, help] of SINK_GAUGES) {
    const gauge = new Gauge({
      name: `tidegate_sink_${name}`,
      help,
      labelNames,
      registers,
      collect: () => {
        gauge.reset();
        for (const status of source.status()) gauge.inc({ sink: status.name }, status[field]);
      },
    });
  }
}
