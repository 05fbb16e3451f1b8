import { FamilySet } from './family-set.js';

/** What became of spans, log records and metric points that were to go to a collector. */
export interface ExportCounts {
  readonly exported: number;
  readonly failed: number;
  readonly dropped: number;
}

/** What is read of the exports by OTLP when metrics are scraped. */
export interface ExportMetricsSource {
  /** By signal; undefined when nothing is to be exported. */
  counted(): Readonly<Record<string, ExportCounts>> | undefined;
}

/** Exports by OTLP, read at each scrape. */
export class ExportMetrics {
  private readonly set = new FamilySet();
  private readonly counters = (
    [
      ['exported', 'Spans, log records and metric points that a collector has'],
      ['failed', 'Spans, log records and metric points given up because no collector took them'],
      ['dropped', 'Spans and log records lost because the line to the collector was full'],
    ] as const
  ).map(([what, help]) => ({ what, family: this.set.counter(`otel_${what}_total`, help, ['signal']) }));

  get families() {
    return this.set.families;
  }

  read(source: ExportMetricsSource): void {
    for (const [signal, counts] of Object.entries(source.counted() ?? {})) {
      for (const { what, family } of this.counters) family.cell(signal).value = counts[what];
    }
  }
}
