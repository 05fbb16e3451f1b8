import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FinalSinkError } from '#libs/plugin-api';
import { DeadLetters } from './dead-letters.js';
import type { DeliveryOptions } from './delivery-options.js';
import { DeliveryService } from './delivery.service.js';
import { DiskJournal } from './journal/disk-journal.js';
import { record, TestSink } from './testing/records.js';

describe('DeliveryService', () => {
  let logged: string[];
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tidegate-delivery-'));
    jest.useFakeTimers({ now: 1_000_000, doNotFake: ['setImmediate', 'clearImmediate', 'nextTick'] });
    logged = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      jest
        .spyOn(Logger.prototype, level)
        .mockImplementation((text: unknown) => void logged.push(`${level} ${String(text)}`));
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
    rmSync(directory, { recursive: true });
  });

  const service = (options: Partial<DeliveryOptions> = {}) =>
    new DeliveryService({
      journal: new DiskJournal({ directory, maxBytes: 2 ** 26, whenFull: 'drop_oldest', syncSeconds: 0 }),
      deadLetters: new DeadLetters(join(directory, 'dead')),
      encode: (value) => Buffer.from(JSON.stringify(value)),
      scrub: (text) => text.replaceAll('hunter2', 'REDACTED'),
      ...options,
    });
  const publish = (delivery: DeliveryService, from: number, to = from, ids = ['a']) => {
    for (let seq = from; seq <= to; seq++) delivery.publish(record(seq), ids);
  };
  /** Timers and, in between, what happens after them. */
  const pass = async (milliseconds: number) => {
    for (let left = milliseconds; left >= 0; left -= 5) {
      await jest.advanceTimersByTimeAsync(Math.min(5, left));
      for (let turn = 0; turn < 6; turn++) await new Promise(setImmediate);
    }
  };
  const statusOf = (delivery: DeliveryService, id: string) => delivery.status().find((status) => status.id === id);

  it('brings records to their sinks, together what comes together', async () => {
    const delivery = service();
    const [a, b] = [new TestSink(), new TestSink()];
    delivery.attach('a', a, 'file-log');
    delivery.attach('b', b, 'kafka-log');
    publish(delivery, 1, 3, ['a', 'b']);
    publish(delivery, 4, 4, ['b', 'unknown']);
    publish(delivery, 5, 5, []);
    await pass(5);
    expect(a.batches).toEqual([[1, 2, 3]]);
    expect(b.batches).toEqual([[1, 2, 3, 4]]);
    expect(delivery.status()).toMatchObject([
      { id: 'a', name: 'file-log', depth: 0, bytes: 0, delivered: 3, failed: 0, dropped: 0, dead: 0, lagSeconds: 0 },
      { id: 'b', name: 'kafka-log', delivered: 4 },
    ]);
  });

  it('encodes a record once, and not at all when nobody wants it', () => {
    const encode = jest.fn(() => Buffer.from('{}'));
    const delivery = service({ encode });
    delivery.attach('a', new TestSink(), 'a');
    delivery.attach('b', new TestSink(), 'b');
    delivery.publish(record(1), ['a', 'b']);
    delivery.publish(record(2), []);
    expect(encode).toHaveBeenCalledTimes(1);
  });

  it('writes one batch at a time, never more than the sink takes, a full one without delay', async () => {
    const delivery = service();
    const sink = new TestSink(2);
    let writing = 0;
    sink.trouble = async () => {
      expect(++writing).toBe(1);
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
      writing--;
    };
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 5);
    await pass(0);
    expect(sink.attempts).toEqual([[1, 2]]);
    await pass(1000);
    expect(sink.batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('repeats a failed write with backoff until it succeeds, in order and without loss', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const delivery = service();
    const sink = new TestSink(3, { firstRetryDelay: 100, longestRetryDelay: 400 });
    let down = true;
    sink.trouble = () => {
      if (down) throw new Error('password hunter2 was refused\nby the broker');
    };
    delivery.attach('a', sink, 'kafka-log');
    publish(delivery, 1, 4);
    await pass(5);
    expect(sink.attempts).toHaveLength(1);
    await pass(100);
    expect(sink.attempts).toHaveLength(2);
    await pass(200 + 400 + 400);
    expect(sink.attempts).toHaveLength(5);
    expect(statusOf(delivery, 'a')).toMatchObject({
      depth: 4,
      delivered: 0,
      failed: 5,
      retried: 4,
      lastError: 'password REDACTED was refused by the broker',
      failingSince: new Date(1_000_000).toISOString(),
      lagSeconds: 1.105,
    });
    down = false;
    await pass(500);
    expect(sink.received).toEqual([1, 2, 3, 4]);
    expect(statusOf(delivery, 'a')).toMatchObject({ depth: 0, delivered: 4, failingSince: undefined });
    expect(logged).toEqual([
      'warn sink kafka-log: a write failed and will be repeated: password REDACTED was refused by the broker',
      'log sink kafka-log: works again after 5 failed writes',
    ]);
  });

  it('sets the one entry aside that a sink refuses for good, and delivers all others in order', async () => {
    const delivery = service();
    const sink = new TestSink();
    sink.trouble = (batch) => {
      if (batch.includes(5)) throw new FinalSinkError('record too large, hunter2');
    };
    delivery.attach('a', sink, 'kafka-log');
    publish(delivery, 1, 9);
    await pass(5);
    expect(sink.received).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
    expect(statusOf(delivery, 'a')).toMatchObject({ depth: 0, delivered: 8, dead: 1, retried: 0 });
    expect(delivery.deadLetters()).toMatchObject([
      { sinkId: 'a', sink: 'kafka-log', exchange: 'req_5', reason: 'record too large, REDACTED' },
    ]);
    expect(logged).toEqual([
      'error sink kafka-log: refused exchange req_5 (1 so far), set aside: record too large, REDACTED',
    ]);
  });

  it('takes a final error of another copy of the class for what it is', async () => {
    const delivery = service();
    const sink = new TestSink();
    sink.trouble = () => {
      throw Object.assign(new Error('no'), { name: 'FinalSinkError' });
    };
    delivery.attach('a', sink, 'a');
    publish(delivery, 1);
    await pass(5);
    expect(statusOf(delivery, 'a')).toMatchObject({ dead: 1, depth: 0 });
  });

  it('goes on after a sink that throws nonsense', async () => {
    const delivery = service();
    const sink = new TestSink();
    sink.trouble = () => {
      if (sink.attempts.length === 1) throw undefined as unknown as Error;
    };
    delivery.attach('a', sink, 'a');
    publish(delivery, 1);
    await pass(1000);
    expect(sink.received).toEqual([1]);
    expect(statusOf(delivery, 'a')?.lastError).toBe('the sink has failed without a reason');
  });

  it('keeps a dead sink away from the others and from memory, and tells its losses once', async () => {
    const delivery = service();
    const [good, stuck] = [new TestSink(4), new TestSink(4, { maxEntries: 10 })];
    let release = () => {};
    stuck.trouble = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    delivery.attach('good', good, 'good');
    delivery.attach('stuck', stuck, 'stuck');
    for (let seq = 1; seq <= 30; seq++) {
      publish(delivery, seq, seq, ['good', 'stuck']);
      await pass(10);
    }
    expect(good.received).toHaveLength(30);
    expect(statusOf(delivery, 'stuck')).toMatchObject({ depth: 10, dropped: 20, delivered: 0 });
    stuck.trouble = () => {};
    release();
    await pass(100);
    expect(stuck.received).toEqual([1, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(statusOf(delivery, 'stuck')).toMatchObject({ depth: 0, dropped: 20, delivered: 10 });
    expect(logged).toEqual([expect.stringContaining('error sink stuck: its line is full (10 records')]);
  });

  it('replaces a sink between two writes, keeps the line, closes the old one after its last write', async () => {
    const delivery = service();
    const [old, next] = [new TestSink(2), new TestSink(2)];
    let finish = () => {};
    old.trouble = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    delivery.attach('a', old, 'old');
    publish(delivery, 1, 5);
    await pass(5);
    delivery.attach('a', next, 'new');
    const detached = delivery.detach('a', old);
    await pass(100);
    expect(old.closed).toBe(0);
    expect(next.attempts).toEqual([]);
    finish();
    await detached;
    expect(old.closed).toBe(1);
    await pass(10);
    expect(old.received).toEqual([1, 2]);
    expect(next.received).toEqual([3, 4, 5]);
    expect(delivery.status()).toMatchObject([{ name: 'new', delivered: 5 }]);
  });

  it('drains a sink that is detached, and closes it', async () => {
    const delivery = service();
    const sink = new TestSink(200, { linger: 1000 });
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 3);
    await delivery.detach('a', sink);
    expect(sink.received).toEqual([1, 2, 3]);
    expect(sink.closed).toBe(1);
    expect(delivery.status()).toEqual([]);
    publish(delivery, 4);
    await pass(2000);
    expect(sink.received).toEqual([1, 2, 3]);
  });

  it('sets aside what a sink has refused for longer than it wants to try', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const delivery = service();
    const sink = new TestSink(2, { firstRetryDelay: 100, longestRetryDelay: 100, maxRetryTime: 250 });
    sink.trouble = (batch) => {
      if (batch.includes(1)) throw new Error('away');
    };
    delivery.attach('a', sink, 'http-log');
    publish(delivery, 1, 3);
    await pass(1000);
    expect(sink.attempts.filter((batch) => batch.includes(1))).toHaveLength(4);
    expect(sink.received).toEqual([3]);
    expect(statusOf(delivery, 'a')).toMatchObject({ depth: 0, delivered: 1, dead: 2, retried: 3 });
    expect(delivery.deadLetters({ sink: 'http-log' }).map(({ reason }) => reason)).toEqual([
      'not delivered within 0.25 s: away',
      'not delivered within 0.25 s: away',
    ]);
  });

  it('keeps several writes under way when the sink wants them, and settles them in order', async () => {
    const delivery = service();
    const sink = new TestSink(2, { concurrency: 2 });
    const release = new Map<number, () => void>();
    sink.trouble = ([first = 0]) =>
      new Promise((resolve) => {
        release.set(first, resolve);
      });
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 6);
    await pass(5);
    expect(sink.attempts).toEqual([
      [1, 2],
      [3, 4],
    ]);
    release.get(3)?.();
    await pass(5);
    expect(statusOf(delivery, 'a')).toMatchObject({ depth: 6, delivered: 2 });
    release.get(1)?.();
    await pass(5);
    expect(statusOf(delivery, 'a')).toMatchObject({ depth: 2, delivered: 4 });
    release.get(5)?.();
    await pass(5);
    expect(statusOf(delivery, 'a')).toMatchObject({ depth: 0, delivered: 6 });
  });

  it('drops the oldest beyond the bounds that a sink sets itself', async () => {
    const delivery = service();
    const sink = new TestSink(200, { linger: 1000, maxEntries: 3 });
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 5);
    await pass(1000);
    expect(sink.received).toEqual([3, 4, 5]);
    expect(statusOf(delivery, 'a')).toMatchObject({ dropped: 2, delivered: 3 });
  });

  it('never writes while the record is being published', async () => {
    const delivery = service();
    const sink = new TestSink(1);
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 3);
    expect(sink.attempts).toEqual([]);
    await pass(1);
    expect(sink.received).toEqual([1, 2, 3]);
  });

  it('delivers everything before it closes, without waiting out a backoff', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const delivery = service();
    const sink = new TestSink(2, { firstRetryDelay: 60_000, longestRetryDelay: 60_000 });
    sink.trouble = () => {
      if (sink.attempts.length === 1) throw new Error('not yet');
    };
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 5);
    await pass(5);
    await delivery.close(1000);
    expect(sink.received).toEqual([1, 2, 3, 4, 5]);
    expect(sink.closed).toBe(1);
  });

  it('gives up at the deadline, leaves what it has to the next start, and closes a sink that hangs', async () => {
    const delivery = service();
    const hanging = new TestSink();
    hanging.trouble = () => new Promise(() => {});
    hanging.close = () => new Promise(() => {});
    delivery.attach('a', hanging, 'hanging');
    publish(delivery, 1, 3);
    await pass(5);
    const closed = delivery.close(1000);
    await pass(6000);
    await closed;
    expect(logged).toEqual(['warn sink hanging: 3 records were not delivered and stay in the journal']);
    const next = service();
    const sink = new TestSink();
    next.attach('a', sink, 'hanging');
    // Read from the disk, which takes its own time.
    for (let turn = 0; turn < 10_000 && sink.received.length === 0; turn++) await pass(5);
    expect(sink.received).toEqual([1, 2, 3]);
  });

  it('does not wait for a far side that is away when it closes', async () => {
    const delivery = service();
    const sink = new TestSink();
    sink.trouble = () => {
      throw new Error('away');
    };
    delivery.attach('a', sink, 'a');
    publish(delivery, 1, 3);
    await pass(5);
    await delivery.close(3_600_000);
    expect(sink.closed).toBe(1);
    expect(sink.attempts).toHaveLength(2);
  });

  it('delivers dead letters once more when it is told to, or drops them', async () => {
    const delivery = service();
    const sink = new TestSink();
    let refuses = true;
    sink.trouble = (batch) => {
      if (refuses && batch.some((seq) => seq > 1)) throw new FinalSinkError('no');
    };
    delivery.attach('a', sink, 'kafka-log');
    publish(delivery, 1, 4);
    await pass(10);
    expect(statusOf(delivery, 'a')).toMatchObject({ dead: 3, deadLetters: 3 });
    refuses = false;
    expect(delivery.retryDeadLetters({ exchange: 'req_3' })).toBe(1);
    expect(delivery.dropDeadLetters({ sink: 'other' })).toBe(0);
    expect(delivery.dropDeadLetters({ sink: 'kafka-log', exchange: 'req_2' })).toBe(1);
    await pass(10);
    expect(sink.received).toEqual([1, 3]);
    expect(delivery.deadLetters().map(({ exchange }) => exchange)).toEqual(['req_4']);
  });

  it('lets sinks open their files anew, and survives one that cannot', async () => {
    const delivery = service();
    const [good, bad] = [new TestSink(), new TestSink()];
    bad.reopen = () => Promise.reject(new Error('no such folder'));
    delivery.attach('a', good, 'good');
    delivery.attach('b', bad, 'bad');
    await delivery.reopen();
    expect(good.reopened).toBe(1);
    expect(logged).toEqual(['error sink bad: cannot be opened anew: no such folder']);
  });
});
