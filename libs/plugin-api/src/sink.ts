import type { LogRecord } from './record.js';

/** The record and its one-line JSON, encoded once for all sinks. */
export interface SinkEntry {
  readonly record: LogRecord;
  /** Compact JSON in UTF-8, without a line end. */
  readonly json: Buffer;
}

/** How delivery works for a sink. What is left out has delivery's own default. Times in milliseconds. */
export interface SinkDelivery {
  /** Entries at most per `write`. Default 200. */
  readonly maxBatch?: number;
  /** How long a record may wait for company while a batch is not full. Default 5. */
  readonly linger?: number;
  /** Records that may be in line; when there are more the oldest is dropped and counted. Default: the journal's bound. */
  readonly maxEntries?: number;
  /** Bytes of JSON that may be in line, likewise. */
  readonly maxBytes?: number;
  /** Longest wait after the first failed write; doubles with each further one. Default 200. */
  readonly firstRetryDelay?: number;
  /** No wait is longer. Default 30 000. */
  readonly longestRetryDelay?: number;
  /** How long a batch is tried again before its records become dead letters. Default: until it succeeds. */
  readonly maxRetryTime?: number;
  /** Writes that may be under way at once; with more than one, batches may arrive in another order. Default 1. */
  readonly concurrency?: number;
}

/**
 * A durable destination of log records. The runner owns queue, order, retry, cursor and shutdown; a sink only writes.
 * `write` resolves when the far side has the whole batch. Unless `delivery.concurrency` says otherwise it is never called again
 * before it has settled.
 */
export interface Sink {
  /** Read once, when the sink is put to work. */
  readonly delivery?: SinkDelivery;
  write(batch: readonly SinkEntry[]): Promise<void>;
  /** Called once, after the last write. */
  close?(): Promise<void>;
  /** Called on SIGHUP-like requests to open files anew. */
  reopen?(): Promise<void>;
}

/** Thrown by `write`: trying again is useless for these entries. Any other error is retried with backoff. */
export class FinalSinkError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FinalSinkError';
  }
}
