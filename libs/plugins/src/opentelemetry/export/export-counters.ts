import { Injectable } from '@nestjs/common';
import type { Signal } from '../telemetry-settings.js';

/** What became of spans, log records and metric points. */
export interface SignalCounters {
  /** Taken by a collector. */
  exported: number;
  /** Given up after a collector did not take them. */
  failed: number;
  /** Not put in line, because the line was full. */
  dropped: number;
}

const HELP = {
  exported: 'Spans, log records and metric points that a collector has',
  failed: 'Spans, log records and metric points given up because no collector took them',
  dropped: 'Spans and log records lost because the line to the collector was full',
} as const;

/** Counts what all `opentelemetry` entries send; a Nest injectable, written out on the page of the gateway's metrics. */
@Injectable()
export class ExportCounters {
  readonly signals: Readonly<Record<Signal, SignalCounters>> = {
    traces: { exported: 0, failed: 0, dropped: 0 },
    metrics: { exported: 0, failed: 0, dropped: 0 },
    logs: { exported: 0, failed: 0, dropped: 0 },
  };
  private used = false;

  /** There is an `opentelemetry` entry: from now on the families are on the page. */
  show(): void {
    this.used = true;
  }

  /** In Prometheus' text format. */
  render(): string {
    if (!this.used) return '';
    let text = '';
    for (const [what, help] of Object.entries(HELP)) {
      const name = `tidegate_otel_${what}_total`;
      text += `# HELP ${name} ${help}\n# TYPE ${name} counter\n`;
      for (const [signal, counters] of Object.entries(this.signals)) {
        text += `${name}{signal="${signal}"} ${counters[what as keyof SignalCounters]}\n`;
      }
    }
    return text;
  }
}
