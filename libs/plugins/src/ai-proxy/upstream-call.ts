import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Transform } from 'node:stream';
import {
  ClientGoneError,
  putHeaders,
  UpstreamFailure,
  type Exchange,
  type UpstreamClient,
  type UpstreamHandler,
  type UpstreamPeer,
  type UpstreamRequest,
} from '#libs/plugin-api';

/** Takes the body of a response as it arrives. */
export interface BodyConsumer {
  /** False pauses the upstream until `resume`. The bytes are the consumer's only until it returns. */
  data(chunk: Buffer): boolean;
  complete(): void;
  error(error: Error): void;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * One request to an upstream: a promise for the response head, callbacks for the body. The request is aborted as soon as the
 * client goes away.
 */
export class UpstreamCall implements UpstreamHandler {
  status = 0;
  headers: Headers = {};
  private resolveHead!: () => void;
  private rejectHead!: (error: Error) => void;
  private readonly head = new Promise<void>((resolve, reject) => {
    this.resolveHead = resolve;
    this.rejectHead = reject;
  });
  private headArrived = false;
  private settled = false;
  private consumer: BodyConsumer | undefined;
  /** What arrived between the head and the consumer. */
  private early: Buffer[] = [];
  private earlyEnd: Error | 'complete' | undefined;
  private resumeBody: (() => void) | undefined;
  private readonly startedAt = Date.now();
  private readonly startedMono = performance.now();
  private readonly running: { abort(): void };
  private readonly unwatchClient: () => void;
  private clientLeft = false;

  private constructor(
    private readonly exchange: Exchange,
    client: UpstreamClient,
    request: UpstreamRequest,
  ) {
    exchange.markUpstreamRequested(request.origin);
    exchange.emit('upstream.requested');
    const { upstreamHeaders: put } = exchange;
    this.running = client.dispatch(put ? { ...request, headers: putHeaders(request.headers, put) } : request, this);
    this.unwatchClient = exchange.onClientGone(() => {
      this.clientLeft = true;
      this.abort();
    });
  }

  /**
   * Sends the request and waits for the response head.
   * @throws UpstreamFailure when there is none, ClientGoneError when the client left before.
   */
  static async open(exchange: Exchange, client: UpstreamClient, request: UpstreamRequest): Promise<UpstreamCall> {
    const call = new UpstreamCall(exchange, client, request);
    await call.head;
    return call;
  }

  get contentType(): string {
    return this.header('content-type') ?? '';
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Hands the body over, from its first byte; to be called once. */
  consume(consumer: BodyConsumer): void {
    const encoding = this.header('content-encoding');
    this.consumer = encoding === undefined || encoding === 'identity' ? consumer : this.decoded(encoding, consumer);
    for (const chunk of this.early) if (!this.consumer.data(chunk)) this.pausedEarly = true;
    this.early = [];
    if (this.earlyEnd === 'complete') this.consumer.complete();
    else if (this.earlyEnd) this.consumer.error(this.earlyEnd);
  }
  private pausedEarly = false;

  resume(): void {
    this.pausedEarly = false;
    this.resumeBody?.();
  }

  abort(): void {
    this.running.abort();
  }

  /**
   * Reads the whole body.
   * @param limit bytes; what is beyond is dropped and `truncated` set.
   */
  collect(limit: number): Promise<{ body: Buffer; truncated: boolean }> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      this.consume({
        data: (chunk) => {
          if (size < limit)
            chunks.push(Buffer.from(size + chunk.length > limit ? chunk.subarray(0, limit - size) : chunk));
          size += chunk.length;
          return true;
        },
        complete: () => {
          resolve({
            body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
            truncated: size > limit,
          });
        },
        error: reject,
      });
    });
  }

  onHeaders(status: number, headers: Headers, resume: () => void, peer: UpstreamPeer | undefined): void {
    this.status = status;
    this.headers = headers;
    this.resumeBody = resume;
    this.headArrived = true;
    this.exchange.markUpstreamHeaders(status, peer);
    this.recordTry(peer, status >= 500 || status === 429 ? { state: 'failed', code: status } : {});
    this.exchange.emit('upstream.responded');
    this.resolveHead();
  }

  onData(chunk: Buffer): boolean {
    if (this.consumer && !this.pausedEarly) return this.consumer.data(chunk);
    if (this.consumer) {
      this.consumer.data(chunk);
      return false;
    }
    this.early.push(Buffer.from(chunk));
    return true;
  }

  onComplete(): void {
    if (!this.settle()) return;
    if (this.consumer) this.consumer.complete();
    else this.earlyEnd = 'complete';
  }

  onError(error: Error): void {
    if (!this.settle(error)) return;
    const reason = this.clientLeft ? new ClientGoneError() : error;
    if (!this.headArrived) {
      if (!this.clientLeft) {
        this.recordTry(undefined, { state: 'failed' });
        this.exchange.emit('upstream.failed');
      }
      this.rejectHead(reason);
    } else if (this.consumer) {
      this.consumer.error(reason);
    } else {
      this.earlyEnd = reason;
    }
  }

  private settle(failure?: Error): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.unwatchClient();
    this.exchange.markUpstreamFinished(failure);
    return true;
  }

  private recordTry(peer: UpstreamPeer | undefined, failure: { state?: 'failed'; code?: number }): void {
    const latency = performance.now() - this.startedMono;
    this.exchange.tries.push({
      ip: peer?.ip ?? '',
      port: peer?.port ?? 0,
      balancer_start: this.startedAt,
      balancer_start_ns: this.startedAt * 1e6,
      balancer_latency: Math.round(latency),
      balancer_latency_ns: Math.round(latency * 1e6),
      ...failure,
    });
  }

  /** We ask for no compression, but an upstream may compress all the same. */
  private decoded(encoding: string, consumer: BodyConsumer): BodyConsumer {
    const decoder = makeDecoder(encoding);
    if (!decoder) {
      this.abort();
      return { data: () => true, complete: () => {}, error: () => consumer.error(unknownEncoding(encoding)) };
    }
    decoder.on('data', (chunk: Buffer) => {
      if (!consumer.data(chunk)) decoder.pause();
    });
    decoder.on('end', () => consumer.complete());
    decoder.on('error', (error) => {
      this.abort();
      consumer.error(new UpstreamFailure('protocol', `its ${encoding} body is broken`, { cause: error }));
    });
    const resume = this.resumeBody;
    this.resumeBody = () => {
      decoder.resume();
      resume?.();
    };
    decoder.on('drain', () => resume?.());
    return {
      data: (chunk) => decoder.write(Buffer.from(chunk)),
      complete: () => decoder.end(),
      error: (error) => {
        decoder.removeAllListeners('end');
        consumer.error(error);
      },
    };
  }
}

function makeDecoder(encoding: string): Transform | undefined {
  switch (encoding.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return undefined;
  }
}

function unknownEncoding(encoding: string): UpstreamFailure {
  return new UpstreamFailure(
    'protocol',
    `it sent content-encoding "${encoding.slice(0, 40)}" though none was asked for`,
  );
}
