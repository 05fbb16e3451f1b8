import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { MemoryJournal, type JournalLimits } from './memory-journal.js';
import { record, seqs } from './testing/records.js';

const limits: JournalLimits = { maxEntries: 5, maxBytes: 10_000, maxDeadLetters: 2, maxDeadBytes: 10_000 };
const json = (seq: number, extra?: string) => Buffer.from(JSON.stringify(record(seq, extra)));
const opened = (journal: MemoryJournal, id: string) => {
  const onEntry = jest.fn();
  const cursor = journal.open(id, {}, onEntry);
  return { cursor, onEntry, take: async (limit: number) => seqs(await cursor.take(limit)) };
};

describe('MemoryJournal', () => {
  it('gives every sink what is meant for it, in order', async () => {
    const journal = new MemoryJournal(limits);
    const a = opened(journal, 'a');
    const b = opened(journal, 'b');
    journal.append(json(1), ['a', 'b']);
    journal.append(json(2), ['b', 'nobody']);
    expect(await a.take(9)).toEqual([1]);
    expect(await b.take(1)).toEqual([1]);
    expect(await b.take(9)).toEqual([2]);
    expect(await b.take(9)).toEqual([]);
    expect(a.onEntry).toHaveBeenCalledTimes(1);
    expect(b.onEntry).toHaveBeenCalledTimes(2);
  });

  it('drops the oldest by count, but none that has been taken', async () => {
    const journal = new MemoryJournal(limits);
    const { cursor, take } = opened(journal, 'a');
    for (let seq = 1; seq <= 3; seq++) journal.append(json(seq), ['a']);
    expect(await take(2)).toEqual([1, 2]);
    for (let seq = 4; seq <= 8; seq++) journal.append(json(seq), ['a']);
    expect(cursor).toMatchObject({ depth: 5, dropped: 3 });
    cursor.commit(2);
    expect(await take(9)).toEqual([6, 7, 8]);
  });

  it('drops by bytes, also a record that is too large by itself', async () => {
    const journal = new MemoryJournal({ ...limits, maxBytes: 300 });
    const { cursor, take } = opened(journal, 'a');
    for (let seq = 1; seq <= 3; seq++) journal.append(json(seq, 'x'.repeat(50)), ['a']);
    journal.append(json(4, 'x'.repeat(400)), ['a']);
    expect(cursor).toMatchObject({ depth: 0, bytes: 0, dropped: 4 });
    journal.append(json(5), ['a']);
    expect(await take(9)).toEqual([5]);
  });

  it('loses nothing without counting it, whatever happens in which order', async () => {
    const step = fc.oneof(
      fc.record({ append: fc.nat(400) }),
      fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ commit: fc.nat(4) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step), async (steps) => {
        const journal = new MemoryJournal({ ...limits, maxBytes: 1_000 });
        const { cursor, take } = opened(journal, 'a');
        const taken: number[] = [];
        let appended = 0;
        let committed = 0;
        for (const what of steps) {
          if ('append' in what) journal.append(json(++appended, 'x'.repeat(what.append)), ['a']);
          else if ('take' in what) taken.push(...(await take(what.take)));
          else {
            const count = Math.min(what.commit, taken.length - committed);
            committed += count;
            cursor.commit(count);
          }
          expect(cursor.depth + committed + cursor.dropped).toBe(appended);
          expect(cursor.depth).toBeLessThanOrEqual(limits.maxEntries);
          expect(cursor.bytes).toBeLessThanOrEqual(1_000);
        }
        expect(taken).toEqual(taken.toSorted((a, b) => a - b));
        cursor.commit((await take(9)).length + taken.length - committed);
        expect(cursor).toMatchObject({ depth: 0, bytes: 0, oldestAt: undefined });
      }),
    );
  });

  it('keeps the newest dead letters, by count and bytes', () => {
    const journal = new MemoryJournal(limits);
    const { cursor } = opened(journal, 'a');
    for (let seq = 1; seq <= 4; seq++) {
      const bytes = json(seq, seq === 4 ? 'x'.repeat(9_850) : '');
      cursor.setAside({ entry: { json: bytes, at: 1, record: record(seq) }, reason: 'no', at: 2 });
    }
    expect(seqs(cursor.deadLetters.map(({ entry }) => entry))).toEqual([4]);
  });

  it('forgets a sink that is closed', () => {
    const journal = new MemoryJournal(limits);
    const { cursor, onEntry } = opened(journal, 'a');
    cursor.close();
    journal.append(json(1), ['a']);
    expect(onEntry).not.toHaveBeenCalled();
  });
});
