import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { bodyTooLarge, contentCodings, decodeBody, requireSupported } from './body-decoder.js';

const EMPTY = Buffer.alloc(0);

/** A compressed body may be this much larger than its content: headers and empty blocks. */
const COMPRESSION_OVERHEAD = 64 * 1024;

/** The body of a request, read at most once: as a whole or as a stream. */
export class RequestBody {
  /** Bytes of the body received so far, as they came. */
  received = 0;
  /** True once a limit was passed: the rest is not read and the connection cannot be used again. */
  refused = false;
  private reading: Promise<Buffer> | undefined;
  private whole: Buffer | undefined;
  private failure: Error | undefined;
  private onFailure: ((error: Error) => void) | undefined;

  /** @param invite is called before the first byte is read; sends `100 Continue` where the client waits for it */
  constructor(
    private readonly message: IncomingMessage,
    private invite: (() => void) | undefined,
  ) {}

  /** Whether the request has a body at all. */
  get present(): boolean {
    const { headers } = this.message;
    const length = headers['content-length'];
    return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
  }

  /** True when the client is still sending what nobody will read; not when it still waits to be asked for its body. */
  get unwanted(): boolean {
    return this.refused && this.invite === undefined;
  }

  /** The decoded body, once somebody has read it. */
  get content(): Buffer | undefined {
    return this.whole;
  }

  /** Why the body has not come to its end, if it has not. */
  get failed(): Error | undefined {
    return this.failure;
  }

  /** See `ExchangeRequest.readBody`. */
  read(limit: number): Promise<Buffer> {
    return (this.reading ??= this.present ? this.readWhole(limit) : Promise.resolve((this.whole = EMPTY)));
  }

  /** The bytes as they come, read only as fast as they are taken. To be called again only while `received` is 0. */
  stream(): Readable {
    this.begin();
    return new BodyStream(this, this.message, (onFailure) => {
      this.onFailure = onFailure;
      if (this.failure) onFailure(this.failure);
    });
  }

  /** The body will not come to its end; whoever reads it gets this error. */
  fail(error: Error): void {
    this.failure ??= error;
    this.onFailure?.(error);
  }

  private begin(): void {
    this.invite?.();
    this.invite = undefined;
  }

  private readWhole(limit: number): Promise<Buffer> {
    const { headers } = this.message;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined) return this.readDecoded(contentCodings(encoding), limit);
    return this.collect(limit === 0 ? Infinity : limit, limit, true);
  }

  private async readDecoded(codings: readonly string[], limit: number): Promise<Buffer> {
    requireSupported(codings);
    const raw = await this.collect(limit === 0 ? Infinity : limit + COMPRESSION_OVERHEAD, limit, false);
    return (this.whole = await decodeBody(raw, codings, limit));
  }

  /**
   * @param most bytes read at most
   * @param limit what an error tells the client
   * @param decoded true when what comes is the content itself
   */
  private collect(most: number, limit: number, decoded: boolean): Promise<Buffer> {
    const { message } = this;
    return new Promise((resolve, reject) => {
      let first: Buffer | undefined;
      let more: Buffer[] | undefined;
      const stop = (error: Error): void => {
        message.off('data', onData);
        message.off('end', onEnd);
        message.pause();
        this.onFailure = undefined;
        reject(error);
      };
      const refuse = (): void => {
        this.refused = true;
        stop(bodyTooLarge(limit));
      };
      const onData = (chunk: Buffer): void => {
        this.received += chunk.length;
        if (this.received > most) refuse();
        else if (first === undefined) first = chunk;
        else (more ??= [first]).push(chunk);
      };
      const onEnd = (): void => {
        this.onFailure = undefined;
        const body = more ? Buffer.concat(more, this.received) : (first ?? EMPTY);
        if (decoded) this.whole = body;
        resolve(body);
      };
      if (this.failure) stop(this.failure);
      else if (Number(message.headers['content-length'] ?? 0) > most) refuse();
      else {
        this.begin();
        this.onFailure = stop;
        message.on('data', onData);
        message.on('end', onEnd);
      }
    });
  }
}

/** The request as a stream of its own, so that a failed try to send it does not end the client's connection. */
class BodyStream extends Readable {
  private attached = false;

  constructor(
    private readonly body: RequestBody,
    private readonly message: IncomingMessage,
    onFailure: (callback: (error: Error) => void) => void,
  ) {
    super();
    // Whoever reads has a listener of its own; once it is done, a late failure concerns nobody.
    this.on('error', () => {});
    onFailure((error) => this.destroy(error));
  }

  override _read(): void {
    if (!this.attached) {
      this.attached = true;
      this.message.on('data', this.onData);
      this.message.on('end', this.onEnd);
    }
    this.message.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.message.off('data', this.onData);
    this.message.off('end', this.onEnd);
    this.message.pause();
    callback(error);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.body.received += chunk.length;
    if (!this.push(chunk)) this.message.pause();
  };

  private readonly onEnd = (): void => {
    this.push(null);
  };
}
