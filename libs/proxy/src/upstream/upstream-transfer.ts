import type { Readable } from 'node:stream';
import { UpstreamFailure, type UpstreamHandler, type UpstreamRequest } from '#libs/plugin-api';
import type { CoarseClock, Watched } from './coarse-clock.js';
import { requestHead } from './request-head.js';
import type { ResponseHead } from './response-head.js';
import type { Transfer, UpstreamConnection } from './upstream-connection.js';
import type { UpstreamConnections } from './upstream-connections.js';
import { classifyFailure, upstreamFailure } from './upstream-failure.js';

/** Limits below this many milliseconds get a timer of their own; a quarter of a second makes a difference to them. */
const EXACT_BELOW = 2500;

/** One request under way: a connection on the one side, a handler on the other. */
export class UpstreamTransfer implements Transfer, Watched {
  livePlace = -1;
  heardAt = 0;
  silenceLimit = 0;
  private settled = false;
  private answered = false;
  private exactTimer: NodeJS.Timeout | undefined;
  /** A body that is sent as it comes. */
  private source: Readable | undefined;
  private readonly headersTimeout: number;
  private readonly bodyTimeout: number;

  /** @param request is not kept: a body of megabytes would stay as long as the answer takes */
  constructor(
    { headersTimeout, bodyTimeout }: UpstreamRequest,
    private readonly handler: UpstreamHandler,
    private readonly connections: UpstreamConnections,
    private readonly connection: UpstreamConnection,
    private readonly clock: CoarseClock,
  ) {
    this.headersTimeout = headersTimeout;
    this.bodyTimeout = bodyTimeout;
  }

  start(request: UpstreamRequest): void {
    const { body, method } = request;
    const streamed = body !== null && !Buffer.isBuffer(body);
    let head: string;
    try {
      const length = streamed ? undefined : (body?.length ?? null);
      head = requestHead({ ...request, host: this.connections.host, length });
    } catch (error) {
      process.nextTick(() => this.onFailure(upstreamFailure('protocol', error as Error)));
      return;
    }
    this.connection.begin(this, head, streamed ? null : body, method);
    if (streamed) this.send(body, /\r\ntransfer-encoding: chunked\r\n/.test(head));
    else this.limit(this.headersTimeout);
  }

  abort(): void {
    if (this.settled) return;
    this.settle(false);
    process.nextTick(() => this.handler.onError(new UpstreamFailure('aborted', 'the request was given up')));
  }

  silent(): void {
    this.onFailure(upstreamFailure(this.answered ? 'body_timeout' : 'headers_timeout'));
  }

  onHead({ status, headers }: ResponseHead): void {
    if (this.settled) return;
    this.answered = true;
    this.limit(this.bodyTimeout);
    this.handler.onHeaders(status, headers, this.resume, this.connection.peer);
  }

  onContent(bytes: Buffer): boolean {
    if (this.settled) return true;
    this.heardAt = this.clock.ticks;
    this.exactTimer?.refresh();
    if (this.handler.onData(bytes)) return true;
    // Who does not read cannot say that the upstream is silent.
    this.unlimit();
    return false;
  }

  onEnd(reusable: boolean): void {
    if (this.settled) return;
    this.settle(reusable);
    this.handler.onComplete();
  }

  onFailure(error: Error): void {
    if (this.settled) return;
    this.settle(false);
    this.handler.onError(classifyFailure(error));
  }

  onDrain(): void {
    this.source?.resume();
  }

  private readonly resume = (): void => {
    if (this.settled) return;
    this.limit(this.bodyTimeout);
    this.connection.resume();
  };

  /** Sends a body as fast as the connection takes it; the wait for the response begins at its end. */
  private send(body: Readable, chunked: boolean): void {
    const { connection } = this;
    this.source = body;
    body.on('data', (chunk: Buffer) => {
      if (this.settled || chunk.length === 0) return;
      if (chunked) connection.write(`${chunk.length.toString(16)}\r\n`);
      const room = connection.write(chunk);
      if (!(chunked ? connection.write('\r\n') : room)) body.pause();
    });
    body.on('end', () => {
      if (this.settled) return;
      if (chunked) connection.write('0\r\n\r\n');
      if (!this.answered) this.limit(this.headersTimeout);
    });
    body.on('error', (error) => this.onFailure(error));
    body.on('close', () => {
      if (!body.readableEnded) this.onFailure(upstreamFailure('aborted'));
    });
  }

  private limit(milliseconds: number): void {
    this.unlimit();
    if (milliseconds === 0) return;
    this.silenceLimit = milliseconds;
    if (milliseconds < EXACT_BELOW) this.exactTimer = setTimeout(() => this.silent(), milliseconds);
    else this.clock.watch(this);
  }

  private unlimit(): void {
    clearTimeout(this.exactTimer);
    this.exactTimer = undefined;
    this.clock.forget(this);
  }

  private settle(reusable: boolean): void {
    this.settled = true;
    this.unlimit();
    const sent = this.source?.readableEnded ?? true;
    if (!sent) this.source?.destroy();
    this.connections.release(this.connection, reusable && sent);
  }
}
