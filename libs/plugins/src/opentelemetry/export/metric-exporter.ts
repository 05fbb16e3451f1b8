import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { AggregationTemporality, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { SignalCounters } from './export-counters.js';

/** Counts what is sent. Nothing is tried again: the next sending has the same sums and more. */
export class CountingMetricExporter implements PushMetricExporter {
  constructor(
    private readonly exporter: PushMetricExporter,
    private readonly counters: SignalCounters,
    private readonly onFailure: (error: Error) => void,
  ) {}

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    const points = metrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
    this.exporter.export(metrics, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.counters.exported += points;
      else {
        this.counters.failed += points;
        this.onFailure(result.error ?? new Error('no reason given'));
      }
      done(result);
    });
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
