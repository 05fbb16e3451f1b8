import type { LogRecord } from '#libs/plugin-api';
import type { DeadLetter, Journal, JournalCursor, JournalEntry, LineLimits } from './journal.js';
import { Ring } from './ring.js';

/** Bounds of what waits for one sink. */
export interface JournalLimits {
  readonly maxEntries: number;
  /** Bytes of JSON. */
  readonly maxBytes: number;
  /** Bounds of what a sink has refused; the oldest goes first. */
  readonly maxDeadLetters: number;
  readonly maxDeadBytes: number;
}

export const DEFAULT_LIMITS: JournalLimits = {
  maxEntries: 10_000,
  maxBytes: 64 * 1024 * 1024,
  maxDeadLetters: 100,
  maxDeadBytes: 8 * 1024 * 1024,
};

/** Keeps only the JSON, whose size is known; few sinks look at the record. */
class MemoryEntry implements JournalEntry {
  private parsed: LogRecord | undefined;

  constructor(
    readonly json: Buffer,
    readonly at: number,
  ) {}

  get record(): LogRecord {
    return (this.parsed ??= JSON.parse(this.json.toString()) as LogRecord);
  }
}

/** A journal that lives as long as the process. When a sink's line is full its oldest entry is dropped and counted. */
export class MemoryJournal implements Journal {
  private readonly cursors = new Map<string, MemoryCursor>();

  constructor(private readonly limits: JournalLimits = DEFAULT_LIMITS) {}

  append(json: Buffer, sinkIds: readonly string[]): void {
    const entry = new MemoryEntry(json, Date.now());
    for (const id of sinkIds) this.cursors.get(id)?.append(entry);
  }

  open(sinkId: string, limits: LineLimits, onEntry: () => void): JournalCursor {
    const cursor = new MemoryCursor(this.limits, limits, onEntry, () => this.cursors.delete(sinkId));
    this.cursors.set(sinkId, cursor);
    return cursor;
  }
}

class MemoryCursor implements JournalCursor {
  bytes = 0;
  dropped = 0;
  readonly deadLetters: DeadLetter[] = [];
  private deadBytes = 0;
  private readonly waiting = new Ring<JournalEntry>();
  /** Not to be dropped any more: the sink may be writing them. */
  private readonly taken = new Ring<JournalEntry>();

  constructor(
    private readonly limits: JournalLimits,
    private lineLimits: LineLimits,
    private readonly onEntry: () => void,
    readonly close: () => void,
  ) {}

  get depth(): number {
    return this.waiting.length + this.taken.length;
  }

  get oldestAt(): number | undefined {
    return (this.taken.first() ?? this.waiting.first())?.at;
  }

  append(entry: JournalEntry): void {
    this.waiting.push(entry);
    this.bytes += entry.json.length;
    const { maxBytes = Infinity, maxEntries = Infinity } = this.lineLimits;
    const { limits } = this;
    while (this.bytes > Math.min(maxBytes, limits.maxBytes) || this.depth > Math.min(maxEntries, limits.maxEntries)) {
      const oldest = this.waiting.shift();
      if (!oldest) break;
      this.bytes -= oldest.json.length;
      this.dropped++;
    }
    this.onEntry();
  }

  limit(limits: LineLimits): void {
    this.lineLimits = limits;
  }

  take(limit: number): readonly JournalEntry[] {
    const entries: JournalEntry[] = [];
    while (entries.length < limit) {
      const entry = this.waiting.shift();
      if (!entry) break;
      this.taken.push(entry);
      entries.push(entry);
    }
    return entries;
  }

  commit(count: number): void {
    for (let left = count; left > 0; left--) this.bytes -= this.taken.shift()?.json.length ?? 0;
  }

  setAside(letter: DeadLetter): void {
    this.deadLetters.push(letter);
    this.deadBytes += letter.entry.json.length;
    while (this.deadLetters.length > this.limits.maxDeadLetters || this.deadBytes > this.limits.maxDeadBytes) {
      this.deadBytes -= this.deadLetters.shift()?.entry.json.length ?? 0;
    }
  }
}
