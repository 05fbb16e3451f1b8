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

/** Counts what all `opentelemetry` entries send; a Nest injectable, read by the gateway's metrics. */
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

  /** By signal; undefined without an `opentelemetry` entry. */
  counted(): Readonly<Record<Signal, SignalCounters>> | undefined {
    return this.used ? this.signals : undefined;
  }
}
