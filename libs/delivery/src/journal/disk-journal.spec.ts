import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import type { JournalCursor } from '../journal.js';
import { record, seqs } from '../testing/records.js';
import { DiskJournal, type DiskJournalOptions } from './disk-journal.js';

const MIB = 2 ** 20;

describe('DiskJournal', () => {
  let directory: string;
  let logged: string[];
  const open: DiskJournal[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tidegate-journal-'));
    logged = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void logged.push(String(text)));
    }
  });
  afterEach(() => {
    for (const journal of open.splice(0)) journal.close();
    rmSync(directory, { recursive: true, force: true });
    jest.restoreAllMocks();
  });

  const started = (options: Partial<DiskJournalOptions> = {}): DiskJournal => {
    const journal = new DiskJournal({
      directory,
      maxBytes: 64 * MIB,
      whenFull: 'drop_oldest',
      syncSeconds: 0,
      ...options,
    });
    open.push(journal);
    return journal;
  };
  /** As after `kill -9`: nothing is closed or written at the end. */
  const killed = (journal: DiskJournal): void => {
    open.splice(open.indexOf(journal), 1);
  };
  const recover = (journal: DiskJournal) =>
    journal.recover((mark) => {
      const seq = Number(mark);
      return { seq, record: record(seq, 'interrupted'), json: Buffer.from(JSON.stringify(record(seq, 'interrupted'))) };
    });
  const attach = (journal: DiskJournal, id = 'a', onEntry = () => {}) => journal.open(id, `${id}-log`, {}, onEntry);
  const scopes = new Map<string, readonly string[]>();
  const scope = (...ids: string[]) => scopes.get(ids.join()) ?? scopes.set(ids.join(), ids).get(ids.join())!;
  const append = (journal: DiskJournal, from: number, to = from, ids = scope('a'), extra = '') => {
    for (let seq = from; seq <= to; seq++) {
      const it = record(seq, extra);
      journal.append({ seq, record: it, json: Buffer.from(JSON.stringify(it)) }, ids);
    }
  };
  const serve = (journal: DiskJournal, from: number, to = from, ids = scope('a'), extra = '') => {
    for (let seq = from; seq <= to; seq++) {
      expect(journal.begin(seq, String(seq), ids)).toBe(true);
      append(journal, seq, seq, ids, extra);
    }
  };
  /** Takes and settles all there is. */
  const drained = async (cursor: JournalCursor, limit = 50): Promise<number[]> => {
    const all: number[] = [];
    for (let batch = await cursor.take(limit); batch.length > 0; batch = await cursor.take(limit)) {
      all.push(...seqs(batch));
      cursor.commit(batch.length);
    }
    return all;
  };
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const segmentFiles = () =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.seg'))
      .sort();
  const newestSegment = () => join(directory, segmentFiles().at(-1) ?? '');

  it('gives every sink what is meant for it, in order, from memory', async () => {
    const journal = started();
    const onEntry = jest.fn();
    const [a, b] = [attach(journal, 'a', onEntry), attach(journal, 'b')];
    serve(journal, 1, 1, scope('a', 'b'));
    serve(journal, 2, 2, scope('b', 'nobody'));
    serve(journal, 3, 3, scope('nobody'));
    expect(onEntry).toHaveBeenCalledTimes(1);
    expect([a.depth, b.depth]).toEqual([1, 2]);
    expect(a.bytes).toBe(JSON.stringify(record(1)).length);
    expect(await drained(a)).toEqual([1]);
    expect(await drained(b, 1)).toEqual([1, 2]);
    expect([a.depth, a.bytes, b.depth, b.oldestAt]).toEqual([0, 0, 0, undefined]);
  });

  it('goes on after a clean end where every sink was', async () => {
    const first = started();
    const [a, b] = [attach(first, 'a'), attach(first, 'b')];
    serve(first, 1, 10, scope('a', 'b'));
    expect(seqs(await a.take(4))).toEqual([1, 2, 3, 4]);
    a.commit(3);
    expect(await drained(b)).toHaveLength(10);
    a.close();
    first.close();
    killed(first);

    const next = started();
    expect(next.lastSeq).toBe(10);
    expect(recover(next)).toBe(0);
    const again = attach(next, 'a');
    expect(again.depth).toBe(7);
    expect(await drained(again)).toEqual(range(4, 10));
    expect(attach(next, 'b').depth).toBe(0);
  });

  it('ends unfinished exchanges of a killed process, once, for the sinks they had, with seq going on (test 2)', async () => {
    const first = started();
    attach(first, 'a');
    attach(first, 'b');
    serve(first, 1, 2, scope('a', 'b'));
    first.begin(3, '3', scope('a'));
    first.begin(4, '4', scope('a', 'b'));
    append(first, 4, 4, scope('a', 'b'));
    first.begin(5, '5', scope('b'));
    killed(first);

    const second = started();
    expect(second.status().unfinished).toBe(2);
    killed(second); // Before it could end them.
    const third = started();
    expect(third.lastSeq).toBe(5);
    expect(recover(third)).toBe(2);
    killed(third);
    const fourth = started();
    expect(recover(fourth)).toBe(0);
    expect(await drained(attach(fourth, 'a'))).toEqual([1, 2, 4, 3]);
    expect(await drained(attach(fourth, 'b'))).toEqual([1, 2, 4, 5]);
  });

  it('reads a backlog of several segments from the disk, and deletes them when all have passed', async () => {
    const journal = started({ maxBytes: 64 * MIB });
    const [a, b] = [attach(journal, 'a'), attach(journal, 'b')];
    const padding = 'x'.repeat(100_000);
    serve(journal, 1, 400, scope('a', 'b'), padding);
    expect(segmentFiles().length).toBeGreaterThan(3);
    expect(await drained(a, 7)).toEqual(range(1, 400));
    expect(segmentFiles().length).toBeGreaterThan(3);
    expect(await drained(b, 200)).toEqual(range(1, 400));
    expect(segmentFiles()).toHaveLength(1);
    expect(journal.status().bytes).toBe(statSync(newestSegment()).size);
  });

  it('takes a frame larger than a block and than a segment', async () => {
    const first = started({ maxBytes: 8 * MIB });
    attach(first);
    serve(first, 1, 1, scope('a'), 'y'.repeat(3 * MIB));
    serve(first, 2);
    killed(first);
    const next = started({ maxBytes: 8 * MIB });
    expect(await drained(attach(next))).toEqual([1, 2]);
  });

  it('carries the marks of long exchanges into new segments', async () => {
    const first = started({ maxBytes: MIB });
    const a = attach(first);
    first.begin(1, '1', scope('a'));
    for (let round = 0; round < 20; round++) {
      serve(first, 2 + round * 10, 11 + round * 10, scope('a'), 'z'.repeat(10_000));
      await drained(a);
    }
    expect(segmentFiles()[0]).not.toBe('0000000001.seg');
    killed(first);
    const next = started({ maxBytes: MIB });
    expect(recover(next)).toBe(1);
    expect((await drained(attach(next))).at(-1)).toBe(1);
  });

  describe('with any damage', () => {
    /** A journal of ten exchanges, the last of them unfinished. */
    const written = () => {
      rmSync(directory, { recursive: true, force: true });
      const journal = started();
      attach(journal);
      serve(journal, 1, 9);
      journal.begin(10, '10', scope('a'));
      journal.close();
      killed(journal);
      return newestSegment();
    };

    it('cuts a torn tail at any byte and reads what is whole (test 3)', async () => {
      await fc.assert(
        fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), async (part) => {
          const path = written();
          const size = Math.floor(statSync(path).size * part);
          truncateSync(path, size);
          const journal = started();
          const unfinished = recover(journal);
          const read = await drained(attach(journal));
          const whole = read.filter((seq) => seq < 10).length;
          // A prefix; what was begun and lost its record ends as interrupted.
          expect(read).toEqual(range(1, read.length));
          expect(read.length - whole).toBeLessThanOrEqual(unfinished);
          expect(journal.status().corrupt_frames).toBe(0);
          serve(journal, journal.lastSeq + 1);
          journal.close();
          killed(journal);
        }),
        { numRuns: 60 },
      );
    });

    it('skips the one frame in which a byte has flipped (test 4)', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.double({ min: 0, max: 0.999, noNaN: true }),
          fc.integer({ min: 1, max: 255 }),
          async (part, bits) => {
            const path = written();
            const content = readFileSync(path);
            const at = Math.floor(content.length * part);
            content[at] = content[at]! ^ bits;
            writeFileSync(path, content);
            const journal = started();
            const unfinished = recover(journal);
            const read = await drained(attach(journal));
            expect(new Set(read).size).toBe(read.length);
            // A broken record leaves its mark unfinished: even then the exchange has a record.
            expect(read.length).toBeGreaterThanOrEqual(9);
            expect(unfinished).toBeLessThanOrEqual(2);
            expect(read.every((seq) => seq >= 1 && seq <= 10)).toBe(true);
            journal.close();
            killed(journal);
          },
        ),
        { numRuns: 60 },
      );
    });

    it('reads on behind garbage that looks like a frame', async () => {
      const path = written();
      const content = readFileSync(path);
      const head = Buffer.from(content.subarray(0, 32));
      head.writeUInt32LE(0x7fff_ffff, 8);
      writeFileSync(path, Buffer.concat([head, Buffer.from('TGJ1'), content]));
      const journal = started();
      recover(journal);
      expect(await drained(attach(journal))).toEqual(range(1, 10));
      expect(journal.status().corrupt_frames).toBe(1);
    });

    it('counts what breaks while it runs', async () => {
      const journal = started();
      const a = attach(journal);
      serve(journal, 1, 1200);
      const path = newestSegment();
      const content = readFileSync(path);
      const at = content.indexOf('"req_100"');
      content[at + 2] = 0x21;
      writeFileSync(path, content);
      const read = await drained(a);
      expect(read).toHaveLength(1199);
      expect(read).not.toContain(100);
      expect([a.dropped, a.depth]).toEqual([1, 0]);
    });

    it('starts with a cursor that has lost its last write, and without one', async () => {
      const first = started();
      const a = attach(first);
      serve(first, 1, 9);
      await a.take(4);
      a.commit(4);
      first.close();
      killed(first);
      const cursors = join(directory, 'cursors');
      const file = join(cursors, readdirSync(cursors)[0]!);
      // The half that was written last.
      const content = readFileSync(file);
      const slots = [content.subarray(0, 512), content.subarray(512)];
      const newest = slots[0]!.includes('"writes":2') ? 0 : 512;
      content[newest + 30] = 0;
      writeFileSync(file, content);
      const next = started();
      expect(await drained(attach(next))).toEqual(range(1, 9));
      next.close();
      killed(next);
      rmSync(cursors, { recursive: true });
      expect(attach(started()).depth).toBe(0);
    });

    it('starts after a crash between the cursor and the deletion, either way round (test 5)', async () => {
      const first = started({ maxBytes: MIB });
      const a = attach(first);
      const padding = 'x'.repeat(10_000);
      serve(first, 1, 40, scope('a'), padding);
      const copy = mkdtempSync(join(tmpdir(), 'tidegate-journal-'));
      cpSync(directory, copy, { recursive: true });
      await drained(a);
      serve(first, 41, 45, scope('a'), padding);
      first.close();
      killed(first);

      // The places are newer than the segments: nothing is sent again.
      const deleted = readdirSync(copy).filter((name) => name.endsWith('.seg') && !segmentFiles().includes(name));
      expect(deleted.length).toBeGreaterThan(0);
      for (const name of deleted) cpSync(join(copy, name), join(directory, name));
      const second = started({ maxBytes: MIB });
      expect(await drained(attach(second))).toEqual(range(41, 45));
      second.close();
      killed(second);

      // The places are older than the deletion.
      cpSync(join(copy, 'cursors'), join(directory, 'cursors'), { recursive: true });
      const third = started({ maxBytes: MIB });
      expect(await drained(attach(third))).toEqual([]);
      rmSync(copy, { recursive: true });
    });
  });

  describe('when it is full', () => {
    const padding = 'x'.repeat(10_000);

    it('drops the oldest, and counts exactly (test 6)', async () => {
      const journal = started({ maxBytes: MIB });
      const [a, b] = [attach(journal, 'a'), attach(journal, 'b')];
      for (let seq = 1; seq <= 500; seq++) {
        serve(journal, seq, seq, scope('a', 'b'), padding);
        await drained(b);
      }
      expect(journal.status().bytes).toBeLessThanOrEqual(MIB);
      const read = await drained(a);
      expect(read).toEqual(range(501 - read.length, 500));
      expect(read.length).toBeGreaterThan(50);
      expect(a.dropped).toBe(500 - read.length);
      expect([b.dropped, a.depth, a.bytes]).toEqual([0, 0, 0]);
    });

    it('does not count what was out for delivery when it was dropped, if it is delivered', async () => {
      const journal = started({ maxBytes: MIB });
      const a = attach(journal);
      serve(journal, 1, 20, scope('a'), padding);
      const out = await a.take(20);
      serve(journal, 21, 300, scope('a'), padding);
      a.commit(out.length);
      const rest = await drained(a);
      expect(a.dropped + out.length + rest.length).toBe(300);
    });

    it('drops the newest', async () => {
      const journal = started({ maxBytes: MIB, whenFull: 'drop_newest' });
      const a = attach(journal);
      serve(journal, 1, 300, scope('a'), padding);
      const read = await drained(a);
      expect(read).toEqual(range(1, read.length));
      expect(a.dropped).toBe(300 - read.length);
      expect(logged.some((line) => line.includes('records dropped so far'))).toBe(true);
      serve(journal, 301);
      expect(await drained(a)).toEqual([301]);
      killed(journal);
      expect(recover(started())).toBe(0);
    });

    it('has exchanges refused before there is no room for those under way', async () => {
      const journal = started({ maxBytes: MIB, whenFull: 'refuse' });
      const a = attach(journal);
      let seq = 1;
      while (journal.begin(seq, String(seq), scope('a'))) append(journal, seq, seq++, scope('a'), padding);
      expect(journal.status()).toMatchObject({ full: true });
      expect(seq).toBeGreaterThan(50);
      append(journal, seq, seq, scope('a'), padding);
      expect(a.dropped).toBe(0);
      expect(await drained(a)).toEqual(range(1, seq));
      serve(journal, seq + 1, seq + 40, scope('a'), padding);
    });

    it('gives up first what belongs to sinks that are not configured any more', async () => {
      const first = started({ maxBytes: MIB, whenFull: 'refuse' });
      attach(first, 'gone');
      serve(first, 1, 40, scope('gone'), padding);
      first.close();
      killed(first);
      const journal = started({ maxBytes: MIB, whenFull: 'refuse' });
      recover(journal);
      const a = attach(journal, 'a');
      expect(journal.status().unclaimed).toMatchObject([{ id: 'gone', name: 'gone-log', depth: 40 }]);
      serve(journal, 41, 100, scope('a'), padding);
      expect(a.depth).toBe(60);
      expect(journal.status().unclaimed).toEqual([]);
      expect(logged).toContainEqual(expect.stringContaining('40 records of gone-log'));
    });

    it('drops a record that could never fit', () => {
      const journal = started({ maxBytes: MIB });
      const a = attach(journal);
      serve(journal, 1);
      serve(journal, 2, 2, scope('a'), 'x'.repeat(2 * MIB));
      serve(journal, 3);
      expect(a.dropped + a.depth).toBe(3);
      expect(a.dropped).toBeGreaterThanOrEqual(1);
    });
  });

  it('holds the bounds of a sink, also for what lies on the disk', async () => {
    const journal = started();
    const a = journal.open('a', 'a-log', { maxEntries: 10 }, () => {});
    serve(journal, 1, 2000);
    expect([a.depth, a.dropped]).toEqual([10, 1990]);
    expect(await drained(a)).toEqual(range(1991, 2000));
    const size = JSON.stringify(record(3000)).length;
    const b = journal.open('b', 'b-log', { maxBytes: 5 * size }, () => {});
    serve(journal, 3001, 3020, scope('b'));
    expect([b.depth, b.bytes, b.dropped]).toEqual([5, 5 * size, 15]);
    a.limit({});
    b.limit({ maxEntries: 2 });
    expect(await drained(b)).toEqual([3019, 3020]);
  });

  it('gives a sink that is put to work while the one before still reads all that was in line', async () => {
    const first = started();
    attach(first);
    serve(first, 1, 50);
    killed(first);
    const journal = started();
    const before = attach(journal);
    const reading = before.take(10);
    before.close();
    const after = attach(journal);
    const read = drained(after);
    expect(await reading).toEqual([]);
    expect(await read).toEqual(range(1, 50));
  });

  it('puts a record in line for one sink again, also for one that is not at work', async () => {
    const first = started();
    attach(first);
    const it = record(5);
    const finished = { seq: 5, record: it, json: Buffer.from(JSON.stringify(it)) };
    expect(first.requeue('a', 'a-log', finished)).toBe(true);
    expect(first.requeue('b', 'b-log', finished)).toBe(true);
    first.close();
    killed(first);
    const next = started();
    recover(next);
    expect(await drained(attach(next, 'a'))).toEqual([5]);
    expect(await drained(attach(next, 'b'))).toEqual([5]);
  });

  it('gives any sequence of appends, takes, settlements and kills to every sink in order, at least once', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('serve' as const),
        sinks: fc.constantFrom('a', 'b', 'a,b'),
        size: fc.integer({ min: 0, max: 90_000 }),
      }),
      fc.record({
        do: fc.constantFrom('take' as const, 'settle' as const),
        sink: fc.constantFrom('a', 'b'),
        count: fc.integer({ min: 1, max: 5 }),
      }),
      fc.record({ do: fc.constantFrom('kill' as const, 'stop' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        rmSync(directory, { recursive: true, force: true });
        let journal = started({ maxBytes: 64 * MIB });
        let cursors = { a: attach(journal, 'a'), b: attach(journal, 'b') };
        let out = { a: [] as number[], b: [] as number[] };
        const meant = { a: [] as number[], b: [] as number[] };
        const got = { a: [] as number[], b: [] as number[] };
        let seq = 0;
        for (const it of steps) {
          if (it.do === 'serve') {
            const ids = scope(...it.sinks.split(','));
            serve(journal, ++seq, seq, ids, 'x'.repeat(it.size));
            for (const id of ids as ('a' | 'b')[]) meant[id].push(seq);
          } else if (it.do === 'take') {
            out[it.sink].push(...seqs(await cursors[it.sink].take(it.count)));
          } else if (it.do === 'settle') {
            const settled = out[it.sink].splice(0, it.count);
            cursors[it.sink].commit(settled.length);
            got[it.sink].push(...settled);
          } else {
            if (it.do === 'stop') journal.close();
            killed(journal);
            journal = started({ maxBytes: 64 * MIB });
            expect(recover(journal)).toBe(0);
            expect(journal.lastSeq).toBe(seq);
            cursors = { a: attach(journal, 'a'), b: attach(journal, 'b') };
            out = { a: [], b: [] };
          }
        }
        for (const id of ['a', 'b'] as const) {
          got[id].push(...out[id], ...(await drained(cursors[id])));
          const firsts = got[id].filter((one, index) => got[id].indexOf(one) === index);
          expect(firsts).toEqual(meant[id]);
          expect(cursors[id].dropped).toBe(0);
        }
        journal.close();
        killed(journal);
      }),
      { numRuns: 60 },
    );
  });
});
