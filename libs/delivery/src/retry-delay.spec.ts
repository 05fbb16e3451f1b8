import { describe, expect, it } from '@jest/globals';
import { retryDelay } from './retry-delay.js';

describe('retryDelay', () => {
  const delays = { first: 200, longest: 30_000 };

  it('doubles its ceiling with each failure, up to the longest', () => {
    const ceilings = [1, 2, 3, 8, 9, 50, 5000].map((failures) => retryDelay(failures, delays, 1));
    expect(ceilings).toEqual([200, 400, 800, 25_600, 30_000, 30_000, 30_000]);
  });

  it('takes any wait below the ceiling, but never none', () => {
    expect(retryDelay(3, delays, 0.25)).toBe(200);
    expect(retryDelay(3, delays, 0)).toBe(1);
  });
});
