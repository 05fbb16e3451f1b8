import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { HistogramFamily, NumberFamily } from './families.js';
import { parseExposition, valueOf } from './testing/exposition.js';

describe('NumberFamily', () => {
  it('writes every label value so that it can be read again, one series per set of values', () => {
    const values = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string(), fc.integer()), { maxLength: 8 });
    fc.assert(
      fc.property(values, (rows) => {
        const family = new NumberFamily('kong_x_total', 'x', 'counter', ['a', 'b']);
        const expected = new Map<string, number>();
        for (const [a, b, amount] of rows) {
          family.cell(a, b).add(amount);
          const key = JSON.stringify({ a, b });
          expected.set(key, (expected.get(key) ?? 0) + amount);
        }
        const read = parseExposition(family.render());
        expect(new Map(read.map(({ labels, value }) => [JSON.stringify(labels), value]))).toEqual(expected);
      }),
    );
  });

  it('needs no labels, and stands on the page before it has counted anything', () => {
    const gauge = new NumberFamily('g', 'Things under way', 'gauge');
    expect(gauge.render()).toBe('# HELP g Things under way\n# TYPE g gauge\n');
    gauge.cell().add(2);
    gauge.cell().add(-0.5);
    expect(gauge.render()).toBe('# HELP g Things under way\n# TYPE g gauge\ng 1.5\n');
  });
});

describe('HistogramFamily', () => {
  it('counts every value in each bucket whose bound is not below it', () => {
    const bounds = [1, 2.5, 10];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...bounds), fc.integer({ min: 0, max: 20 }))), (values) => {
        const family = new HistogramFamily('h', 'h', ['l'], bounds);
        const cell = family.cell('"');
        for (const value of values) cell.observe(value);
        const text = family.render();
        for (const bound of bounds) {
          const expected = values.filter((value) => value <= bound).length;
          expect(valueOf(text, 'h_bucket', { le: String(bound), l: '"' })).toBe(expected);
        }
        expect(valueOf(text, 'h_bucket', { le: '+Inf', l: '"' })).toBe(values.length);
        expect(valueOf(text, 'h_count', { l: '"' })).toBe(values.length);
        expect(valueOf(text, 'h_sum', { l: '"' })).toBeCloseTo(values.reduce((sum, value) => sum + value, 0));
      }),
    );
  });

  it('needs no labels', () => {
    const family = new HistogramFamily('h', 'h', [], [1]);
    family.cell().observe(3);
    expect(family.render()).toBe(
      '# HELP h h\n# TYPE h histogram\nh_bucket{le="1"} 0\nh_bucket{le="+Inf"} 1\nh_sum 3\nh_count 1\n',
    );
  });
});
