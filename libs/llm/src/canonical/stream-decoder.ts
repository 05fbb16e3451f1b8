import type { LlmError } from './error.js';

/** Reads an upstream's stream, cut anywhere, and reports it to a `CanonicalStream`. */
export interface StreamDecoder {
  /** What could not be carried over, e.g. `response.audio`. */
  readonly lossy: ReadonlySet<string>;
  /** Nothing more is read. */
  readonly done: boolean;
  /** All has been said but the usage, which may never come: wait for it for a while, then call `end`. */
  readonly awaitingUsage: boolean;
  push(chunk: Buffer): void;
  /** The body has ended, or the wait for the usage has. */
  end(): void;
  /** The connection broke. */
  fail(error: LlmError): void;
}
