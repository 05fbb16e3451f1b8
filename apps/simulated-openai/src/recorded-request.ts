import type { IncomingHttpHeaders } from 'node:http';
import type { ApiError } from './api-error.js';
import type { ReportedUsage } from './bill.js';

/** How a request was answered; filled in while it happens. */
export interface GivenReply {
  /** Undefined until the head is sent. */
  status: number | undefined;
  /** Bytes of body handed to the socket, before any compression. */
  bytes: number;
  /** What the reply told about tokens, in its last word on it. */
  usage: ReportedUsage | undefined;
  /** `finished`: to its regular end. `broken`: the script ended the connection. */
  end: 'finished' | 'broken' | undefined;
}

/** One request as it arrived, and what became of it. */
export class RecordedRequest {
  /** Milliseconds since 1970. */
  readonly at = Date.now();
  /** Set when the simulation itself, not a script, refused the request. */
  rejection: ApiError | undefined;
  /** The client left before the reply was over. */
  aborted = false;
  /** Resolves when the exchange is over, whoever ended it. */
  readonly closed: Promise<void>;
  readonly reply: GivenReply = { status: undefined, bytes: 0, usage: undefined, end: undefined };
  private isOver = false;
  private settle!: () => void;

  constructor(
    readonly method: string,
    /** Without the query. */
    readonly path: string,
    /** Without `?`. */
    readonly query: string,
    readonly headers: IncomingHttpHeaders,
    readonly rawBody: Buffer,
    /** The parsed JSON; undefined when there is none or it is broken. */
    readonly body: unknown,
  ) {
    this.closed = new Promise((resolve) => (this.settle = resolve));
  }

  get over(): boolean {
    return this.isOver;
  }

  /** For the server. */
  close(): void {
    this.isOver = true;
    this.settle();
  }
}
