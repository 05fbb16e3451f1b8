import type { LogRecord } from './record.js';

/** The record and its one-line JSON, encoded once for all sinks. */
export interface SinkEntry {
  readonly record: LogRecord;
  /** Compact JSON in UTF-8, without a line end. */
  readonly json: Buffer;
}

/**
 * A durable destination of log records. The runner owns queue, order, retry, cursor and shutdown; a sink only writes.
 * `write` resolves when the far side has the whole batch. It is never called again before it has settled.
 */
export interface Sink {
  /** Entries at most per `write`; default 200. */
  readonly maxBatch?: number;
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
