import type { LogRecord } from '#libs/plugin-api';

/** When what happened to an exchange; `performance.now()`. Filled in by whoever talks to the upstream. */
export class ExchangeTimings {
  upstreamRequested: number | undefined;
  upstreamHeaders: number | undefined;
  upstreamFinished: number | undefined;
  /** When the head of the response was handed to the socket. */
  responseStarted: number | undefined;
  /** Statuses of the tries so far as Kong writes them: joined by `, `. */
  upstreamStatus = '';

  constructor(
    /** When the request head had been read. */
    readonly started: number,
  ) {}

  /** A new try begins; what was noted of the one before is gone. @returns when; `performance.now()` */
  markUpstreamRequested(): number {
    const now = performance.now();
    this.upstreamRequested = now;
    this.upstreamHeaders = undefined;
    this.upstreamFinished = undefined;
    return now;
  }

  markUpstreamHeaders(status: number): void {
    if (this.upstreamHeaders !== undefined) return;
    this.upstreamHeaders = performance.now();
    this.addUpstreamStatus(status);
  }

  addUpstreamStatus(status: number): void {
    this.upstreamStatus = this.upstreamStatus === '' ? String(status) : `${this.upstreamStatus}, ${status}`;
  }

  markUpstreamFinished(): void {
    this.upstreamFinished ??= performance.now();
  }

  /** Whole milliseconds until the upstream's response head, -1 when there was none. */
  get proxyLatency(): number {
    if (this.upstreamRequested === undefined || this.upstreamHeaders === undefined) return -1;
    return Math.round(this.upstreamHeaders - this.upstreamRequested);
  }

  /** Whole milliseconds that the gateway itself took before the upstream, or before its own answer; 0 when it gave none. */
  get gatewayLatency(): number {
    return Math.round((this.upstreamRequested ?? this.responseStarted ?? this.started) - this.started);
  }

  /** `latencies` of Kong's log serializer. */
  latencies(finished: number): LogRecord['latencies'] {
    const received =
      this.upstreamHeaders === undefined ? 0 : (this.upstreamFinished ?? finished) - this.upstreamHeaders;
    return {
      kong: this.gatewayLatency,
      proxy: this.proxyLatency,
      request: Math.round(finished - this.started),
      receive: Math.round(received),
    };
  }
}
