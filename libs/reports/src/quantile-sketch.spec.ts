import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { QuantileSketch } from './quantile-sketch.js';

function sketch(values: readonly number[]): QuantileSketch {
  const result = new QuantileSketch();
  for (const value of values) result.add(value);
  return result;
}

const values = fc.array(fc.double({ min: 0.02, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 });

describe('QuantileSketch', () => {
  it('is at most 1 % beside the exact quantile', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (numbers, part) => {
        const sorted = [...numbers].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
        const found = sketch(numbers).quantile(part) ?? 0;
        expect(Math.abs(found - exact) / exact).toBeLessThan(0.01 + 1e-9);
      }),
    );
  });

  it('is the same for parts that are put together', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = sketch([...a, ...b]);
        const merged = sketch(a);
        merged.merge(sketch(b));
        expect([merged.count, merged.quantile(0.5), merged.quantile(0.95)]).toEqual([
          whole.count,
          whole.quantile(0.5),
          whole.quantile(0.95),
        ]);
      }),
    );
  });

  it('has no quantile without values, and takes no other than positive ones', () => {
    expect(sketch([]).quantile(0.5)).toBeUndefined();
    expect(sketch([0, -1, Number.NaN]).count).toBe(0);
    expect(sketch([Infinity, 1e300, 5e-324]).count).toBe(3);
  });
});
