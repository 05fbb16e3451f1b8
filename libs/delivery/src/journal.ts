import type { SinkDelivery, SinkEntry } from '#libs/plugin-api';

/** Bounds of one sink's line beside those of the journal. */
export type LineLimits = Pick<SinkDelivery, 'maxEntries' | 'maxBytes'>;

/** A record in line for a sink. */
export interface JournalEntry extends SinkEntry {
  /** When it was appended, milliseconds since 1970. */
  readonly at: number;
}

/** An entry that its sink has refused for good. */
export interface DeadLetter {
  readonly entry: JournalEntry;
  /** One line, free of secrets. */
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Where records wait for their sinks; every sink has its own cursor and goes at its own pace. */
export interface Journal {
  /**
   * Puts a record in line for these sinks; ids nobody has opened are passed over. Synchronous: when it returns, the record is in
   * the journal.
   * @param json compact JSON in UTF-8, without a line end.
   */
  append(json: Buffer, sinkIds: readonly string[]): void;
  /** @param onEntry called after each append to this sink; must be cheap. */
  open(sinkId: string, limits: LineLimits, onEntry: () => void): JournalCursor;
}

/** A sink's place in the journal. */
export interface JournalCursor {
  /** Entries that are not settled, those that have been taken included. */
  readonly depth: number;
  /** Bytes of JSON of the same. */
  readonly bytes: number;
  /** Entries lost since the start because there was no room for them. */
  readonly dropped: number;
  /** `at` of the oldest entry that is not settled. */
  readonly oldestAt: number | undefined;
  readonly deadLetters: readonly DeadLetter[];
  /** The next entries after those already taken, oldest first; at most `limit`, none when there are none. */
  take(limit: number): readonly JournalEntry[] | Promise<readonly JournalEntry[]>;
  /** The first `count` of those taken are settled: delivered or set aside. */
  commit(count: number): void;
  /** Keeps an entry that the sink will not take; it still has to be committed. */
  setAside(letter: DeadLetter): void;
  /** Other bounds from the next entry on. */
  limit(limits: LineLimits): void;
  /** Forgets the sink and what is in line for it. */
  close(): void;
}
