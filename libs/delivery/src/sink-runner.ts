import { Logger } from '@nestjs/common';
import type { Sink, SinkDelivery } from '#libs/plugin-api';
import type { DeadLetters } from './dead-letters.js';
import type { Journal, JournalCursor, JournalEntry } from './journal.js';
import { retryDelay } from './retry-delay.js';
import { SinkHealth } from './sink-health.js';
import type { SinkStatus } from './sink-status.js';
import { within } from './within.js';

export type RunnerDefaults = Pick<
  Required<SinkDelivery>,
  'maxBatch' | 'linger' | 'firstRetryDelay' | 'longestRetryDelay' | 'concurrency'
>;

export interface RunnerOptions {
  /** For what a sink does not say itself. */
  readonly defaults: RunnerDefaults;
  /** Takes secrets out of an error's text. */
  scrub(this: void, text: string): string;
}

/** Entries that were taken together. */
interface Batch {
  readonly entries: readonly JournalEntry[];
  /** How many of them, from the first, are delivered or set aside. */
  settled: number;
  /** The part of `settled` that the journal knows of. */
  committed: number;
}

/** Milliseconds given to a sink's `close`. */
const CLOSE_LIMIT = 5_000;
/** A line that cannot be read is tried again after a wait like that for so many failures. */
const UNREADABLE = 5;

/**
 * Brings a sink what is in line for it: in order, in batches, one write at a time unless the sink asks for more. A write that
 * fails is repeated with backoff; a batch refused for good is halved until the entry that is at fault stands alone and can be
 * set aside.
 */
export class SinkRunner {
  private readonly cursor: JournalCursor;
  private readonly health: SinkHealth;
  private settings: RunnerDefaults & SinkDelivery;
  private droppedBefore = 0;

  /** Under way, oldest first. */
  private readonly line: Batch[] = [];
  private readonly writes = new Set<Promise<unknown>>();
  private readonly pauses = new Set<() => void>();
  private lingering: NodeJS.Timeout | undefined;
  private scheduled: NodeJS.Immediate | undefined;
  private taking = false;
  /** A batch that is not full goes out as well. */
  private due = false;
  private draining = false;
  private closing = false;
  private closed = false;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly id: string,
    name: string,
    private sink: Sink,
    journal: Journal,
    private readonly deadLetters: DeadLetters,
    private readonly options: RunnerOptions,
  ) {
    this.health = new SinkHealth(name, new Logger('Delivery'), options.scrub);
    this.settings = { ...options.defaults, ...sink.delivery };
    this.cursor = journal.open(id, name, this.settings, () => this.entryArrived());
    // There may be a line from before.
    if (this.cursor.depth > 0) this.entryArrived();
  }

  get current(): Sink {
    return this.sink;
  }

  get status(): SinkStatus {
    const { lastError, failingSince, name } = this.health;
    const { lost, ...counts } = this.health.counts;
    const { depth, bytes, dropped, oldestAt } = this.cursor;
    return {
      id: this.id,
      name,
      depth,
      bytes,
      ...counts,
      dropped: dropped + lost,
      deadLetters: this.deadLetters.count(this.id),
      lastError,
      failingSince: failingSince === undefined ? undefined : new Date(failingSince).toISOString(),
      lagSeconds: oldestAt === undefined ? 0 : Math.max(0, (Date.now() - oldestAt) / 1000),
    };
  }

  /** Goes on with another sink from the next write on. Resolves when the one before is closed. */
  async replace(sink: Sink, name: string): Promise<void> {
    const previous = this.sink;
    const written = [...this.writes];
    this.sink = sink;
    this.settings = { ...this.options.defaults, ...sink.delivery };
    this.cursor.limit(this.settings);
    this.health.name = name;
    this.draining = false;
    this.endPauses();
    this.entryArrived();
    await Promise.all(written);
    await this.closeSink(previous);
  }

  /**
   * Writes what is in line without waiting for company, and tries at once what was to be tried later.
   * @param limit milliseconds.
   * @returns whether the line is empty.
   */
  async drain(limit: number): Promise<boolean> {
    this.draining = true;
    this.endPauses();
    const idle = new Promise<void>((resolve) => {
      this.onIdle = resolve;
    });
    this.schedule();
    await within(idle, limit);
    return this.cursor.depth === 0;
  }

  /**
   * Drains, then ends; what is still in line stays in the journal for the next start.
   * @param limit milliseconds for the draining.
   */
  async close(limit: number): Promise<void> {
    this.closing = true;
    await this.drain(limit);
    this.closed = true;
    clearTimeout(this.lingering);
    clearImmediate(this.scheduled);
    this.endPauses();
    const { depth } = this.cursor;
    if (depth > 0) this.health.leaves(depth);
    this.cursor.close();
    await within(this.closeSink(this.sink), CLOSE_LIMIT);
  }

  async reopen(): Promise<void> {
    try {
      await this.sink.reopen?.();
    } catch (error) {
      this.health.misbehaved('cannot be opened anew', error);
    }
  }

  /** Entries that no batch under way holds. */
  private get waiting(): number {
    return this.line.reduce((left, { entries, committed }) => left - entries.length + committed, this.cursor.depth);
  }

  private entryArrived(): void {
    const { cursor, health } = this;
    if (cursor.dropped !== this.droppedBefore) {
      this.droppedBefore = cursor.dropped;
      health.overflowed(cursor.depth, cursor.bytes);
    }
    if (this.draining || this.waiting >= this.settings.maxBatch) this.schedule();
    else if (!this.closed && this.waiting > 0) {
      this.lingering ??= setTimeout(() => {
        this.lingering = undefined;
        this.due = true;
        this.schedule();
      }, this.settings.linger);
    }
  }

  /** Never at once: the entry may come from an exchange that is still to be answered. */
  private schedule(): void {
    if (this.closed) return;
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      void this.fill();
    });
  }

  /** Starts as many writes as may be under way. */
  private async fill(): Promise<void> {
    if (this.taking) return;
    this.taking = true;
    while (this.mayTake()) {
      this.due = false;
      clearTimeout(this.lingering);
      this.lingering = undefined;
      const entries = await this.takeEntries();
      if (entries.length === 0) break;
      const batch = { entries, settled: 0, committed: 0 };
      this.line.push(batch);
      void this.deliver(batch);
    }
    this.taking = false;
    if (this.cursor.depth === 0) {
      this.health.relieved();
      this.onIdle?.();
    } else if (this.line.length < this.settings.concurrency) this.entryArrived();
  }

  /** The next entries; after a while none, when the journal cannot be read. */
  private async takeEntries(): Promise<readonly JournalEntry[]> {
    try {
      return await this.cursor.take(this.settings.maxBatch);
    } catch (error) {
      this.health.misbehaved('its line cannot be read', error);
      await this.pause(UNREADABLE);
      return [];
    }
  }

  private mayTake(): boolean {
    const { waiting, settings } = this;
    if (this.closed || waiting === 0 || this.line.length >= settings.concurrency) return false;
    return this.due || this.draining || waiting >= settings.maxBatch;
  }

  private async deliver(batch: Batch): Promise<void> {
    const { entries } = batch;
    let size = entries.length;
    /** Of this part, in a row. */
    let failures = 0;
    let failingSince = 0;
    while (batch.settled < entries.length && !this.closed) {
      const part = entries.slice(batch.settled, batch.settled + size);
      const error = await this.write(part, failures > 0);
      if (error === undefined) {
        this.health.succeeded(part.length);
      } else if (isFinal(error)) {
        this.health.refused(error);
        if (part.length > 1) {
          size = Math.ceil(part.length / 2);
          continue;
        }
        this.setAside(part, this.health.describe(error));
      } else {
        this.health.failed(error);
        // On the disk it is safe: no shutdown waits for a far side that is away.
        if (this.closing) {
          this.closed = true;
          this.onIdle?.();
          return;
        }
        if (failures++ === 0) failingSince = performance.now();
        const { maxRetryTime = Infinity } = this.settings;
        if (performance.now() - failingSince < maxRetryTime) {
          await this.pause(failures);
          continue;
        }
        this.setAside(part, `not delivered within ${maxRetryTime / 1000} s: ${this.health.describe(error)}`);
      }
      failures = 0;
      batch.settled += part.length;
      size *= 2;
      this.commit();
    }
    this.schedule();
  }

  /** @returns what the sink has thrown. */
  private async write(part: readonly JournalEntry[], again: boolean): Promise<unknown> {
    if (again) this.health.counts.retried++;
    const writing = attempt(this.sink, part);
    this.writes.add(writing);
    const error = await writing;
    this.writes.delete(writing);
    return error;
  }

  private async pause(failures: number): Promise<void> {
    if (this.closed) return;
    const { firstRetryDelay: first, longestRetryDelay: longest } = this.settings;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, retryDelay(failures, { first, longest }, Math.random()));
      this.pauses.add(end);
    });
  }

  private endPauses(): void {
    for (const end of this.pauses) end();
  }

  private setAside(part: readonly JournalEntry[], reason: string): void {
    for (const { record, json } of part) {
      const exchange = record.exchange.id;
      const letter = { sinkId: this.id, sink: this.health.name, exchange, at: Date.now(), reason };
      if (this.deadLetters.add(letter, json)) this.health.setAside(exchange, reason);
      else this.health.lost(exchange, reason);
    }
  }

  /** Tells the journal what is settled from the front of the line; a batch behind one under way has to wait for it. */
  private commit(): void {
    for (let batch = this.line[0]; batch; batch = this.line[0]) {
      this.cursor.commit(batch.settled - batch.committed);
      batch.committed = batch.settled;
      if (batch.settled < batch.entries.length) return;
      this.line.shift();
    }
  }

  private async closeSink(sink: Sink): Promise<void> {
    try {
      await sink.close?.();
    } catch (error) {
      this.health.misbehaved('closing failed', error);
    }
  }
}

async function attempt(sink: Sink, part: readonly JournalEntry[]): Promise<unknown> {
  try {
    await sink.write(part);
    return undefined;
  } catch (error) {
    return error ?? new Error('the sink has failed without a reason');
  }
}

/** By name: a plugin may come with its own copy of the class. */
function isFinal(error: unknown): boolean {
  return error instanceof Error && error.name === 'FinalSinkError';
}
