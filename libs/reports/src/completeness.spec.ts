import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Completeness, isComplete, MOST_NAMED } from './completeness.js';
import { record } from './testing/records.js';

function nodesOf(records: Parameters<typeof record>[0][], fromFirst = false): ReturnType<Completeness['report']> {
  const completeness = new Completeness();
  for (const numbers of records) completeness.add(record(numbers));
  return completeness.report({ fromFirst });
}

const seqs = (...numbers: number[]): { seq: number }[] => numbers.map((seq) => ({ seq }));

describe('Completeness', () => {
  it('is given when each number of each node is there, in any order, some twice', () => {
    const all = [...seqs(3, 1, 2, 2), { seq: 1, node: 'b' }, { seq: 2, node: 'b', outcome: 'interrupted' as const }];
    const nodes = nodesOf(all);
    expect(nodes).toMatchObject([
      { node: 'b', first: 1, last: 2, records: 2, missing: 0, repeated: 0, interrupted: 1 },
      { node: 'node-1', first: 1, last: 3, records: 3, missing: 0, repeated: 1, interrupted: 0 },
    ]);
    expect(isComplete(nodes)).toBe(true);
  });

  it('names what is missing as ranges', () => {
    const nodes = nodesOf(seqs(2, 5, 9, 10));
    expect(nodes).toMatchObject([
      {
        missing: 6,
        missing_ranges: [
          [1, 1],
          [3, 4],
          [6, 8],
        ],
      },
    ]);
    expect(isComplete(nodes)).toBe(false);
  });

  it('may begin where the log begins', () => {
    expect(nodesOf(seqs(5, 7), true)).toMatchObject([{ missing: 1, missing_ranges: [[6, 6]] }]);
    expect(isComplete(nodesOf(seqs(5, 6), true))).toBe(true);
  });

  it('is not given when two exchanges have one number', () => {
    const nodes = nodesOf([{ seq: 1 }, { seq: 1, id: 'another' }]);
    expect(nodes).toMatchObject([{ records: 1, missing: 0, repeated: 0, conflicting: 1, conflicting_seqs: [1] }]);
    expect(isComplete(nodes)).toBe(false);
  });

  it('finds exactly the records that were taken out', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 3000 }), { maxLength: 50 }), (lost) => {
        const kept = Array.from({ length: 3001 }, (_, index) => index + 1).filter((seq) => !lost.includes(seq));
        const [node] = nodesOf(seqs(...kept));
        const found = (node?.missing_ranges ?? []).flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, index) => from + index),
        );
        expect(found).toEqual([...lost].sort((a, b) => a - b));
        expect(node?.missing).toBe(lost.length);
      }),
      { numRuns: 30 },
    );
  });

  it('counts all gaps but lists no more than a bounded number', () => {
    const odd = Array.from({ length: 3 * MOST_NAMED }, (_, index) => 2 * index + 1);
    const [node] = nodesOf(seqs(...odd));
    expect(node?.missing).toBe(odd.length - 1);
    expect(node?.missing_ranges).toHaveLength(MOST_NAMED);
  });
});
