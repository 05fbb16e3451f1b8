import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { amount, bytes, count, duration, money, percent } from './units.js';

describe('units', () => {
  it('shows amounts with three digits', () => {
    expect([0, 7, 999, 1000, 1234, 12_345, 123_456, 999_499, 999_960, 1e6, 4.56e9, 2e15].map(amount)).toEqual([
      '0', '7', '999', '1.00k', '1.23k', '12.3k', '123k', '999k', '1.00M', '1.00M', '4.56G', '2000T',
    ]); // prettier-ignore
  });

  it('never shows an amount that is more than one percent off', () => {
    const scale: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const [, number = '', unit = ''] = /^([\d.]+)([kMGT]?)$/.exec(amount(value)) ?? [];
        expect(Math.abs(Number(number) * (scale[unit] ?? 1) - value)).toBeLessThanOrEqual(value * 0.01);
      }),
    );
  });

  it('shows money as exactly as it matters', () => {
    expect([0, 0.000_01, 0.000_078, 0.25, 0.999, 12.345, 1234.5].map(money)).toEqual([
      '$0',
      '<$0.0001',
      '$0.0001',
      '$0.2500',
      '$1.00',
      '$12.35',
      '$1,234.50',
    ]);
  });

  it('shows parts, times, sizes and counts', () => {
    expect([0, 0.0001, 0.004, 0.0999, 0.82, 1].map(percent)).toEqual(['0%', '<0.1%', '0.4%', '10%', '82%', '100%']);
    expect([0.4, 85, 999, 999.6, 2310, 45_600, 99_600, 200_000].map(duration)).toEqual([
      '0 ms',
      '85 ms',
      '999 ms',
      '1.00 s',
      '2.31 s',
      '45.6 s',
      '1 min 40 s',
      '3 min 20 s',
    ]);
    expect([0, 512, 1_500_000].map(bytes)).toEqual(['0 B', '512 B', '1.50 MB']);
    expect(count(1_234_567)).toBe('1,234,567');
  });
});
