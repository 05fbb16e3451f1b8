import { expect, it } from '@jest/globals';
import { newRequestId } from './exchange-ids.js';

it('gives 32 hex digits, never the same twice', () => {
  const ids = Array.from({ length: 10_000 }, newRequestId);
  expect(new Set(ids).size).toBe(10_000);
  expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
});

it('uses every digit at every place', () => {
  const seen = Array.from({ length: 32 }, () => new Set<string>());
  for (let i = 0; i < 2000; i += 1) Array.from(newRequestId()).forEach((digit, place) => seen[place]?.add(digit));
  expect(seen.map((digits) => digits.size)).toEqual(Array.from({ length: 32 }, () => 16));
});
