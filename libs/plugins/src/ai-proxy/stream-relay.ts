import { ClientGoneError, type Exchange, type ResponseStream } from '#libs/plugin-api';
import type { BodyConsumer, UpstreamCall } from './upstream-call.js';

/** Turns the bytes of the upstream’s stream into those of the client’s; a pass-through gives them back as they are. */
export interface Transcoder {
  /** Bytes to write now; strings are one char per byte, an empty one is nothing. */
  push(chunk: Buffer): Buffer | string;
  /** The upstream’s stream is over. May wait, e.g. for a count of tokens. */
  end(): Buffer | string | Promise<string>;
  /** The upstream broke off: what tells the client so, or undefined to cut the connection. */
  fail(error: Error): string | undefined;
  /** Written when nothing has been for a while; empty for formats without pings. */
  ping(): string;
  /** Nothing that the client should see will follow. */
  readonly finished: boolean;
  /** The upstream is still generating what nobody wants, e.g. behind a stop sequence. */
  readonly unwanted: boolean;
  /** Set when the answer failed; with nothing written yet it becomes a plain HTTP error. */
  readonly failure: Error | undefined;
  /** A first piece of content has gone through. */
  readonly firstContent: boolean;
  /** The upstream has said all but its token counts, which may never come. */
  readonly awaitingUsage: boolean;
}

export interface RelayOptions {
  /** Milliseconds of silence towards the client. */
  readonly pingInterval: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /**
   * Leaves on the exchange what the answer has told, before its last byte goes out; the record is made then. Should not wait
   * unless it has to: what is written later leaves in another packet.
   */
  settle(): void | Promise<void>;
}

const ERROR_EVENT = 'event: error\n';
/**
 * Milliseconds between the last words and the error event. Claude Code 2.0 loses an error that it reads together with deltas,
 * and takes the answer for an empty one.
 */
const ERROR_APART = 100;
/** Milliseconds to wait for token counts after the model has finished. */
const USAGE_PATIENCE = 2_000;

/**
 * Carries one streamed answer from the upstream to the client: one write per read, back-pressure both ways, pings while the
 * upstream is silent. The response begins with the first byte that there is to write, so an early failure keeps its
 * HTTP status.
 */
export class StreamRelay implements BodyConsumer {
  private stream: ResponseStream | undefined;
  private lastWrite = performance.now();
  private pingTimer: NodeJS.Timeout | undefined;
  private usageTimer: NodeJS.Timeout | undefined;
  private over = false;
  private resolve!: () => void;
  private reject!: (error: Error) => void;
  private readonly done = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  private constructor(
    private readonly exchange: Exchange,
    private readonly call: UpstreamCall,
    private readonly transcoder: Transcoder,
    private readonly options: RelayOptions,
  ) {}

  /**
   * Resolves when the answer is written, whole or with an error event at its end.
   * @throws the failure when nothing had been written, ClientGoneError when the client left.
   */
  static run(exchange: Exchange, call: UpstreamCall, transcoder: Transcoder, options: RelayOptions): Promise<void> {
    const relay = new StreamRelay(exchange, call, transcoder, options);
    relay.pingTimer = setTimeout(relay.onPingTimer, options.pingInterval);
    call.consume(relay);
    return relay.done;
  }

  data(chunk: Buffer): boolean {
    if (this.over) return true;
    const out = this.transcoder.push(chunk);
    if (this.transcoder.failure) {
      this.over = true;
      this.breakOff(this.transcoder.failure, String(out));
      return true;
    }
    const room = out.length === 0 || this.write(out);
    if (this.transcoder.finished) this.complete();
    else if (this.transcoder.awaitingUsage) this.usageTimer ??= setTimeout(() => this.complete(), USAGE_PATIENCE);
    return room;
  }

  complete(): void {
    if (this.over) return;
    this.over = true;
    const out = this.transcoder.end();
    if (out instanceof Promise) out.then((late) => this.finish(late), this.reject);
    else this.finish(out);
  }

  error(error: Error): void {
    if (this.over) return;
    this.over = true;
    if (error instanceof ClientGoneError) {
      this.conclude();
      this.transcoder.fail(error);
      this.reject(error);
      return;
    }
    const last = this.transcoder.fail(error);
    if (last === undefined && this.stream) {
      this.conclude();
      this.exchange.outcome = 'upstream_failed';
      this.stream.destroy();
      this.resolve();
      return;
    }
    this.finish(last ?? '');
  }

  private finish(last: Buffer | string): void {
    const { failure } = this.transcoder;
    if (failure) {
      this.breakOff(failure, String(last));
      return;
    }
    this.conclude();
    if (last.length > 0) this.write(last);
    // After a regular end the upstream is left to end by itself: an abort would cost the connection.
    if (this.transcoder.unwanted) this.call.abort();
    this.end();
  }

  /** Ends with an error: a plain HTTP one when nothing has been written, else an event of its own. */
  private breakOff(failure: Error, last: string): void {
    this.conclude();
    this.call.abort();
    if (!this.stream && last === '') {
      this.reject(failure);
      return;
    }
    this.exchange.outcome = 'upstream_failed';
    const at = Math.max(0, last.lastIndexOf(ERROR_EVENT));
    if (at > 0) this.write(last.slice(0, at));
    setTimeout(() => {
      if (!this.exchange.clientGone) this.write(last.slice(at));
      this.end();
    }, ERROR_APART);
  }

  private end(): void {
    const settling = this.options.settle();
    if (settling) settling.then(() => this.close(), this.reject);
    else this.close();
  }

  private close(): void {
    (this.stream ?? this.begin()).end().then(this.resolve, this.reject);
  }

  private write(bytes: Buffer | string): boolean {
    const stream = this.stream ?? this.begin();
    const room = stream.write(bytes);
    this.lastWrite = performance.now();
    if (this.transcoder.firstContent && this.exchange.ai && this.exchange.ai.firstContentMono === undefined) {
      this.exchange.ai.firstContentMono = this.lastWrite;
      this.exchange.emit('response.first_content');
    }
    return room;
  }

  private begin(): ResponseStream {
    const { response } = this.exchange;
    for (const [name, value] of this.options.headers) response.setHeader(name, value);
    this.exchange.source = 'upstream';
    this.stream = response.stream(200);
    this.stream.onDrain(() => this.call.resume());
    return this.stream;
  }

  /** One timer per stream that looks at the clock, instead of one that is set anew for every chunk. */
  private readonly onPingTimer = (): void => {
    const silence = performance.now() - this.lastWrite;
    let next = this.options.pingInterval - silence;
    if (next <= 1) {
      const ping = this.transcoder.ping();
      if (ping !== '') this.write(ping);
      next = this.options.pingInterval;
    }
    this.pingTimer = setTimeout(this.onPingTimer, next);
  };

  /** The model's part is over; what the client's connection still takes is not its time. */
  private conclude(): void {
    clearTimeout(this.pingTimer);
    clearTimeout(this.usageTimer);
    if (this.exchange.ai) this.exchange.ai.finishedMono = performance.now();
  }
}
