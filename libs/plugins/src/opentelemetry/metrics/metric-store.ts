import type { Attributes, HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { emptyResource } from '@opentelemetry/resources';

/** A number that only grows. */
export class SumCell {
  value = 0;

  constructor(readonly attributes: Attributes) {}

  add(amount: number): void {
    this.value += amount;
  }
}

export class HistogramCell {
  sum = 0;
  count = 0;
  min = Infinity;
  max = -Infinity;
  readonly counts: number[];

  constructor(
    readonly attributes: Attributes,
    private readonly bounds: readonly number[],
  ) {
    this.counts = [...bounds, Infinity].map(() => 0);
  }

  record(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++;
    (this.counts[bucket] as number)++;
    this.sum += value;
    this.count++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

interface Description {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

abstract class Metric<Cell> {
  protected readonly cells: Cell[] = [];

  constructor(protected readonly description: Description) {}

  abstract data(start: HrTime, end: HrTime): MetricData;

  get used(): boolean {
    return this.cells.length > 0;
  }

  protected describe(valueType: ValueType): { readonly aggregationTemporality: AggregationTemporality } & {
    readonly descriptor: Description & { readonly valueType: ValueType };
  } {
    return {
      descriptor: { ...this.description, valueType },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
  }
}

export class SumMetric extends Metric<SumCell> {
  /** A new series; the caller keeps it. */
  cell(attributes: Attributes): SumCell {
    const cell = new SumCell(attributes);
    this.cells.push(cell);
    return cell;
  }

  data(startTime: HrTime, endTime: HrTime): MetricData {
    return {
      ...this.describe(ValueType.DOUBLE),
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: this.cells.map(({ attributes, value }) => ({ startTime, endTime, attributes, value })),
    };
  }
}

export class HistogramMetric extends Metric<HistogramCell> {
  /** @param bounds upper bounds of the buckets, ascending */
  constructor(
    description: Description,
    private readonly bounds: readonly number[],
  ) {
    super(description);
  }

  /** A new series; the caller keeps it. */
  cell(attributes: Attributes): HistogramCell {
    const cell = new HistogramCell(attributes, this.bounds);
    this.cells.push(cell);
    return cell;
  }

  data(startTime: HrTime, endTime: HrTime): MetricData {
    const used = this.cells.filter(({ count }) => count > 0);
    return {
      ...this.describe(ValueType.DOUBLE),
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: used.map(({ attributes, counts, sum, count, min, max }) => ({
        startTime,
        endTime,
        attributes,
        value: { buckets: { boundaries: [...this.bounds], counts: [...counts] }, sum, count, min, max },
      })),
    };
  }
}

/**
 * Metrics as plain numbers, read when they are sent: an instrument of the SDK spends more on finding its series than all of
 * these additions cost together. Cumulative since `start`.
 */
export class MetricStore implements MetricProducer {
  private readonly metrics: (SumMetric | HistogramMetric)[] = [];
  private readonly start = now();

  constructor(private readonly scope: ScopeMetrics['scope']) {}

  sum(name: string, unit: string, description: string): SumMetric {
    const metric = new SumMetric({ name, unit, description });
    this.metrics.push(metric);
    return metric;
  }

  histogram(name: string, unit: string, description: string, bounds: readonly number[]): HistogramMetric {
    const metric = new HistogramMetric({ name, unit, description }, bounds);
    this.metrics.push(metric);
    return metric;
  }

  collect(): Promise<CollectionResult> {
    const end = now();
    const metrics = this.metrics.filter(({ used }) => used).map((metric) => metric.data(this.start, end));
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: this.scope, metrics }];
    // The reader puts its own resource in place of this one.
    return Promise.resolve({ resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] });
  }
}

function now(): HrTime {
  const milliseconds = Date.now();
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1e6];
}
