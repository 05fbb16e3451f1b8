import { Logger } from '@nestjs/common';
import type { Sink } from '#libs/plugin-api';
import type { DeadLetter, Journal, JournalCursor, JournalEntry } from './journal.js';
import { retryDelay, type RetryDelays } from './retry-delay.js';
import type { SinkStatus } from './sink-status.js';
import { within } from './within.js';

export interface RunnerOptions {
  readonly retry: RetryDelays;
  /** Milliseconds that a record may wait for company in its batch. */
  readonly linger: number;
  /** Takes secrets out of an error's text. */
  scrub(text: string): string;
}

const DEFAULT_MAX_BATCH = 200;
/** Milliseconds given to a sink's `close`. */
const CLOSE_LIMIT = 5_000;

/**
 * Brings a sink what is in line for it: in order, one write at a time, in batches. A write that fails is repeated with backoff
 * until it succeeds; a batch refused for good is halved until the entry that is at fault stands alone and can be set aside.
 */
export class SinkRunner {
  private readonly logger = new Logger('Delivery');
  private readonly cursor: JournalCursor;
  private readonly counts = { delivered: 0, failed: 0, retried: 0, dead: 0, lost: 0 };
  private lastError: string | undefined;
  private failingSince: number | undefined;
  /** Failed writes in a row. */
  private failures = 0;
  private droppedBefore = 0;
  private overflowing = false;

  private working: Promise<void> | undefined;
  private writing: Promise<unknown> | undefined;
  private lingering: NodeJS.Timeout | undefined;
  private endPause: (() => void) | undefined;
  private draining = false;
  private closed = false;

  constructor(
    private readonly id: string,
    private name: string,
    private sink: Sink,
    journal: Journal,
    private readonly options: RunnerOptions,
  ) {
    this.cursor = journal.open(id, () => this.entryArrived());
  }

  get current(): Sink {
    return this.sink;
  }

  get deadLetters(): readonly DeadLetter[] {
    return this.cursor.deadLetters;
  }

  get status(): SinkStatus {
    const { lost, ...counts } = this.counts;
    const { depth, bytes, dropped, oldestAt } = this.cursor;
    return {
      id: this.id,
      name: this.name,
      depth,
      bytes,
      ...counts,
      dropped: dropped + lost,
      lastError: this.lastError,
      failingSince: this.failingSince === undefined ? undefined : new Date(this.failingSince).toISOString(),
      lagSeconds: oldestAt === undefined ? 0 : Math.max(0, (Date.now() - oldestAt) / 1000),
    };
  }

  /** Goes on with another sink from the next write on. Resolves when the one before is closed. */
  async replace(sink: Sink, name: string): Promise<void> {
    const previous = this.sink;
    this.sink = sink;
    this.name = name;
    this.draining = false;
    this.endPause?.();
    await this.writing;
    await this.closeSink(previous);
  }

  /**
   * Writes what is in line without waiting for company, and tries at once what was to be tried later.
   * @param limit milliseconds.
   * @returns whether the line is empty.
   */
  async drain(limit: number): Promise<boolean> {
    this.draining = true;
    this.endPause?.();
    if (this.cursor.depth > 0) this.start();
    await within(this.working, limit);
    return this.cursor.depth === 0;
  }

  /**
   * Drains, then ends; what is still in line is lost and counted.
   * @param limit milliseconds for the draining.
   */
  async close(limit: number): Promise<void> {
    await this.drain(limit);
    this.closed = true;
    clearTimeout(this.lingering);
    this.endPause?.();
    const { depth } = this.cursor;
    this.counts.lost += depth;
    if (depth > 0) {
      this.logger.error(`sink ${this.name}: ${depth} records were not delivered before it was closed and are lost`);
    }
    this.cursor.close();
    await within(this.closeSink(this.sink), CLOSE_LIMIT);
  }

  async reopen(): Promise<void> {
    try {
      await this.sink.reopen?.();
    } catch (error) {
      this.logger.error(`sink ${this.name}: cannot be opened anew: ${this.describe(error)}`);
    }
  }

  private get maxBatch(): number {
    return this.sink.maxBatch ?? DEFAULT_MAX_BATCH;
  }

  private entryArrived(): void {
    if (this.cursor.dropped !== this.droppedBefore) this.tellOverflow();
    if (this.working || this.closed) return;
    if (this.draining || this.cursor.depth >= this.maxBatch) this.start();
    else this.lingering ??= setTimeout(() => this.start(), this.options.linger);
  }

  private start(): void {
    clearTimeout(this.lingering);
    this.lingering = undefined;
    this.working ??= this.work();
  }

  private async work(): Promise<void> {
    do {
      await this.deliver(await this.cursor.take(this.maxBatch));
    } while (!this.closed && (this.draining ? this.cursor.depth > 0 : this.cursor.depth >= this.maxBatch));
    this.working = undefined;
    if (this.cursor.depth > 0) this.entryArrived();
    else this.overflowing = false;
  }

  private async deliver(batch: readonly JournalEntry[]): Promise<void> {
    let settled = 0;
    let size = batch.length;
    while (settled < batch.length && !this.closed) {
      const part = batch.slice(settled, settled + size);
      const error = await this.write(part);
      if (error === undefined) {
        this.succeeded(part.length);
      } else if (!isFinal(error)) {
        await this.failedForNow(error);
        continue;
      } else if (part.length > 1) {
        this.noteFailure(error);
        size = Math.ceil(part.length / 2);
        continue;
      } else {
        this.setAside(part[0] as JournalEntry, error);
      }
      this.cursor.commit(part.length);
      settled += part.length;
      size *= 2;
    }
  }

  /** @returns what the sink has thrown. */
  private async write(part: readonly JournalEntry[]): Promise<unknown> {
    if (this.failures > 0) this.counts.retried++;
    this.writing = attempt(this.sink, part);
    const error = await this.writing;
    this.writing = undefined;
    return error;
  }

  private succeeded(count: number): void {
    this.counts.delivered += count;
    if (this.failures === 0) return;
    this.logger.log(`sink ${this.name}: works again after ${this.failures} failed writes`);
    this.failures = 0;
    this.failingSince = undefined;
  }

  private async failedForNow(error: unknown): Promise<void> {
    this.noteFailure(error);
    this.failures++;
    this.failingSince ??= Date.now();
    if (this.failures === 1) {
      this.logger.warn(`sink ${this.name}: a write failed and will be repeated: ${this.lastError}`);
    }
    if (!this.closed) await this.pause(retryDelay(this.failures, this.options.retry, Math.random()));
  }

  private pause(delay: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private setAside(entry: JournalEntry, error: unknown): void {
    this.noteFailure(error);
    this.counts.dead++;
    const reason = this.describe(error);
    this.cursor.setAside({ entry, reason, at: Date.now() });
    const { dead } = this.counts;
    // Every one while they are few; a sink that refuses everything must not fill the log.
    if (dead <= 10 || dead % 1000 === 0) {
      this.logger.error(
        `sink ${this.name}: refused exchange ${entry.record.exchange.id} (${dead} so far), set aside: ${reason}`,
      );
    }
  }

  private noteFailure(error: unknown): void {
    this.counts.failed++;
    this.lastError = this.describe(error);
  }

  private tellOverflow(): void {
    this.droppedBefore = this.cursor.dropped;
    if (this.overflowing) return;
    this.overflowing = true;
    const { depth, bytes } = this.cursor;
    this.logger.error(
      `sink ${this.name}: its line is full (${depth} records, ${bytes} bytes), the oldest are being dropped and counted`,
    );
  }

  private async closeSink(sink: Sink): Promise<void> {
    try {
      await sink.close?.();
    } catch (error) {
      this.logger.error(`sink ${this.name}: closing failed: ${this.describe(error)}`);
    }
  }

  private describe(error: unknown): string {
    return this.options.scrub(error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
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
