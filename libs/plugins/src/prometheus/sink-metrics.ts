import { FamilySet } from './family-set.js';

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
  readonly deadLetters: number;
  readonly lagSeconds: number;
}

/** What is read of the log sinks when metrics are scraped. */
export interface SinkMetricsSource {
  status(): Iterable<SinkCounters>;
}

/** Per sink, read at each scrape. Sinks of the same name share their series: sums, and the longest lag. */
export class SinkMetrics {
  private readonly set = new FamilySet();
  private readonly lag = this.set.gauge('sink_lag_seconds', 'Age of the oldest record in line', ['sink']);
  private readonly summed = (
    [
      ['depth', this.set.gauge('sink_queue_entries', 'Records in line', ['sink'])],
      ['bytes', this.set.gauge('sink_queue_bytes', 'Bytes of the records in line', ['sink'])],
      ['delivered', this.set.counter('sink_delivered_total', 'Records that the far side has', ['sink'])],
      ['failed', this.set.counter('sink_failed_total', 'Writes that did not succeed', ['sink'])],
      ['retried', this.set.counter('sink_retried_total', 'Writes that repeated a failed one', ['sink'])],
      ['dropped', this.set.counter('sink_dropped_total', 'Records lost', ['sink'])],
      ['dead', this.set.counter('sink_dead_total', 'Records that the sink has refused for good', ['sink'])],
      ['deadLetters', this.set.gauge('sink_dead_letters', 'Refused records that wait on disk', ['sink'])],
    ] as const
  ).map(([field, family]) => ({ field, family }));

  get families() {
    return this.set.families;
  }

  read(source: SinkMetricsSource): void {
    for (const family of [this.lag, ...this.summed.map(({ family }) => family)]) family.clear();
    for (const status of source.status()) {
      const lag = this.lag.cell(status.name);
      lag.value = Math.max(lag.value, status.lagSeconds);
      for (const { field, family } of this.summed) family.cell(status.name).add(status[field]);
    }
  }
}
