import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SequenceSet, type Range } from './sequence-set.js';

describe('SequenceSet', () => {
  it('knows every number that it was given and every gap, in any order', () => {
    const numbers = fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 1000, max: 1050 }), fc.nat(5000), fc.maxSafeNat()));
    fc.assert(
      fc.property(numbers, (seqs) => {
        const set = new SequenceSet();
        const model = new Set<number>();
        for (const seq of seqs) {
          expect(set.add(seq, `id-${seq}`)).toBe(model.has(seq) ? 'repeated' : 'new');
          model.add(seq);
        }
        expect(set.size).toBe(model.size);
        expect([...set.gaps(0)]).toEqual(gapsOf([...model].sort((a, b) => a - b)));
      }),
    );
  });

  it('tells a repeated record from another one with the same number', () => {
    const set = new SequenceSet();
    expect(set.add(7, 'a')).toBe('new');
    expect(set.add(7, 'a')).toBe('repeated');
    expect(set.add(7, 'b')).toBe('conflicting');
    expect(set.size).toBe(1);
  });

  it('tells ids apart, also long ones that differ in one place', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const set = new SequenceSet();
        set.add(1, a);
        expect(set.add(1, b)).toBe(a === b ? 'repeated' : 'conflicting');
      }),
    );
  });

  it('counts gaps from where it is told', () => {
    const set = new SequenceSet();
    for (const seq of [5, 6, 9]) set.add(seq, 'x');
    expect([...set.gaps(1)]).toEqual([
      [1, 4],
      [7, 8],
    ]);
    expect([...set.gaps(set.first)]).toEqual([[7, 8]]);
  });
});

function gapsOf(sorted: readonly number[]): Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const seq of sorted) {
    if (seq > next) gaps.push([next, seq - 1]);
    next = seq + 1;
  }
  return gaps;
}
