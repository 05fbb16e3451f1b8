import type { LogRecord, SinkDelivery, SinkEntry } from '#libs/plugin-api';

/** Bounds of one sink's line beside those of the journal. */
export type LineLimits = Pick<SinkDelivery, 'maxEntries' | 'maxBytes'>;

/** A record in line for a sink. */
export interface JournalEntry extends SinkEntry {
  /** When it was appended, milliseconds since 1970. */
  readonly at: number;
}

/** The record of a finished exchange. */
export interface FinishedRecord {
  readonly seq: number;
  readonly record: LogRecord;
  /** Compact JSON in UTF-8, without a line end. */
  readonly json: Buffer;
}

/** Where records wait for their sinks; every sink has its own cursor and goes at its own pace. */
export interface Journal {
  /**
   * Notes that an exchange has started, so that it ends in a record whatever becomes of the process. Synchronous.
   * @param mark what is known of the exchange; given back to the next process when this one ends first.
   * @returns false when there is no room and the operator wants exchanges to be refused then.
   */
  begin(seq: number, mark: string, sinkIds: readonly string[]): boolean;
  /**
   * Puts a record in line for these sinks; ids nobody has opened are passed over. Synchronous: when it returns, the record is in
   * the journal, or counted as dropped.
   */
  append(finished: FinishedRecord, sinkIds: readonly string[]): void;
  /** Puts a record in line for one sink once more. @returns false when there is no room. */
  requeue(sinkId: string, name: string, finished: FinishedRecord): boolean;
  /**
   * A sink that had a cursor before goes on where it was.
   * @param name for messages to the operator. @param onEntry called after each append to this sink; must be cheap.
   */
  open(sinkId: string, name: string, limits: LineLimits, onEntry: () => void): JournalCursor;
  status(): JournalStatus;
  /** Records what is known and closes the files. */
  close(): void;
}

export interface JournalStatus {
  /** Bytes on disk. */
  readonly bytes: number;
  readonly max_bytes: number;
  readonly when_full: 'drop_oldest' | 'drop_newest' | 'refuse';
  /** True while there is no room for another record without a loss. */
  readonly full: boolean;
  readonly segments: number;
  /** Exchanges that have started and not finished. */
  readonly unfinished: number;
  /** Places where there was no readable frame, since the start. */
  readonly corrupt_frames: number;
  /** Set while the disk takes nothing. */
  readonly failing: { readonly since: string; readonly error: string } | undefined;
  /** Lines of sinks that are not configured any more. */
  readonly unclaimed: readonly {
    readonly id: string;
    readonly name: string;
    readonly depth: number;
    readonly bytes: number;
  }[];
}

/** A sink's place in the journal. */
export interface JournalCursor {
  /** Entries that are not settled, those that have been taken included. */
  readonly depth: number;
  /** Bytes of JSON of the same. */
  readonly bytes: number;
  /** Entries lost since the start: there was no room for them, or they could not be read any more. */
  readonly dropped: number;
  /** `at` of the oldest entry that is not settled. */
  readonly oldestAt: number | undefined;
  /** The next entries after those already taken, oldest first; at most `limit`, none when there are none. */
  take(limit: number): readonly JournalEntry[] | Promise<readonly JournalEntry[]>;
  /** The first `count` of those taken are settled: delivered or set aside. */
  commit(count: number): void;
  /** Other bounds from the next entry on. */
  limit(limits: LineLimits): void;
  /** Leaves the line where it is, for whoever opens it next. */
  close(): void;
}
