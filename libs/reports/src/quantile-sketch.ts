/** Neighbouring buckets differ by this factor: a quantile is at most 1 % off. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
/** Values outside count as these: bounds the number of buckets to about 1,200. */
const SMALLEST = 0.01;
const LARGEST = 1e8;

/**
 * Quantiles of a stream of positive numbers in bounded memory: counts in buckets of logarithmic width, as DDSketch has them
 * (Masson, Rim, Lee: "DDSketch", VLDB 2019).
 */
export class QuantileSketch {
  private readonly buckets = new Map<number, number>();
  count = 0;

  /** @param value above 0; others are not counted */
  add(value: number): void {
    if (!(value > 0)) return;
    const index = Math.ceil(Math.log(Math.min(Math.max(value, SMALLEST), LARGEST)) / LOG_GROWTH);
    this.buckets.set(index, (this.buckets.get(index) ?? 0) + 1);
    this.count += 1;
  }

  /** Takes over what another one has counted. */
  merge(other: QuantileSketch): void {
    for (const [index, count] of other.buckets) this.buckets.set(index, (this.buckets.get(index) ?? 0) + count);
    this.count += other.count;
  }

  /** @param part from 0 to 1. @returns undefined when nothing was counted */
  quantile(part: number): number | undefined {
    let rank = Math.ceil(part * this.count);
    for (const [index, count] of [...this.buckets].sort(([a], [b]) => a - b)) {
      rank -= count;
      // The middle of the bucket in the sense of relative error.
      if (rank <= 0) return (2 * GROWTH ** index) / (GROWTH + 1);
    }
    return undefined;
  }
}
