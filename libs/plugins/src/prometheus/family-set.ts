import { HistogramFamily, NumberFamily, type Family } from './families.js';

/** Makes the gateway's own families, `tidegate_…`, and keeps them in the order in which they are made. */
export class FamilySet {
  readonly families: Family[] = [];

  counter(name: string, help: string, labels: readonly string[] = []): NumberFamily {
    return this.added(new NumberFamily(`tidegate_${name}`, help, 'counter', labels));
  }

  gauge(name: string, help: string, labels: readonly string[] = []): NumberFamily {
    return this.added(new NumberFamily(`tidegate_${name}`, help, 'gauge', labels));
  }

  histogram(name: string, help: string, labels: readonly string[], bounds: readonly number[]): HistogramFamily {
    return this.added(new HistogramFamily(`tidegate_${name}`, help, labels, bounds));
  }

  private added<F extends Family>(family: F): F {
    this.families.push(family);
    return family;
  }
}
