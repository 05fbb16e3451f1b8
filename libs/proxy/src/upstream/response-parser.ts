import { ChunkedDecoder } from './chunked-decoder.js';
import { MalformedResponse, parseResponseHead, type ResponseHead } from './response-head.js';

/** What a `ResponseParser` finds, in this order. */
export interface ResponseTarget {
  /** Once, with the head of the final response. */
  onHead(head: ResponseHead): void;
  /** Content; the bytes are the parser's again when this returns. */
  onContent(bytes: Buffer): void;
  onEnd(): void;
}

/** Larger heads are refused; in bytes. */
const LARGEST_HEAD = 64 * 1024;
/** Heads mostly fit into this; more of a read is looked at only when it must be. */
const USUAL_HEAD = 2048;

type State = 'head' | 'sized' | 'chunked' | 'close' | 'ended';

/** Reads the responses of one connection out of reads cut anywhere. One response at a time: `expect` begins the next. */
export class ResponseParser {
  private state: State = 'ended';
  private bodyless = false;
  /** Beginning of a head whose end has not come. */
  private early = '';
  private left = 0;
  private decoder: ChunkedDecoder | undefined;

  constructor(private readonly target: ResponseTarget) {}

  /** A request has been sent. @param bodyless its method is HEAD */
  expect(bodyless: boolean): void {
    this.state = 'head';
    this.bodyless = bodyless;
    this.early = '';
  }

  /** True when nothing of the response has come. */
  get untouched(): boolean {
    return this.state === 'head' && this.early === '';
  }

  /**
   * @param bytes from 0 to `end`; their content may be moved within it
   * @returns false when there is more than the response
   * @throws MalformedResponse
   */
  push(bytes: Buffer, end: number): boolean {
    let at = 0;
    while (this.state === 'head') {
      at = this.readHead(bytes, at, end);
      if (at === -1) return true;
    }
    if (this.state !== 'ended') at = this.readContent(bytes, at, end);
    return at === end;
  }

  /** The connection has ended. @returns false when the response has not */
  finish(): boolean {
    if (this.state === 'close') this.end();
    return this.state === 'ended';
  }

  /** @returns the position after the head, -1 when it is not complete */
  private readHead(bytes: Buffer, start: number, end: number): number {
    const kept = this.early.length;
    let text = this.early + bytes.toString('latin1', start, Math.min(end, start + USUAL_HEAD));
    let headEnd = text.indexOf('\r\n\r\n', Math.max(0, kept - 3));
    if (headEnd === -1 && end > start + USUAL_HEAD) {
      text = this.early + bytes.toString('latin1', start, end);
      headEnd = text.indexOf('\r\n\r\n', Math.max(0, kept - 3));
    }
    if (headEnd === -1 ? text.length > LARGEST_HEAD : headEnd > LARGEST_HEAD) {
      throw new MalformedResponse('its head is too large');
    }
    if (headEnd === -1) {
      this.early = text;
      return -1;
    }
    this.early = '';
    const head = parseResponseHead(text.slice(0, headEnd + 2), this.bodyless);
    if (head.status === 101) throw new MalformedResponse('an upgrade that nobody asked for');
    // An interim response says nothing about the one that follows.
    if (head.status >= 200) this.begin(head);
    return start + headEnd + 4 - kept;
  }

  private begin(head: ResponseHead): void {
    const { framing } = head;
    if (typeof framing === 'number') {
      this.state = 'sized';
      this.left = framing;
    } else if (framing === 'chunked') {
      this.state = 'chunked';
      this.decoder = new ChunkedDecoder();
    } else {
      this.state = 'close';
    }
    this.target.onHead(head);
    if (this.state === 'sized' && this.left === 0) this.end();
  }

  private readContent(bytes: Buffer, at: number, end: number): number {
    if (this.state === 'chunked' && this.decoder) return this.readChunks(this.decoder, bytes, at, end);
    const length = this.state === 'sized' ? Math.min(this.left, end - at) : end - at;
    if (length > 0) this.target.onContent(bytes.subarray(at, at + length));
    if (this.state === 'sized') {
      this.left -= length;
      if (this.left === 0) this.end();
    }
    return at + length;
  }

  private readChunks(decoder: ChunkedDecoder, bytes: Buffer, at: number, end: number): number {
    const after = decoder.decode(bytes, at, end);
    const { contentStart, contentEnd } = decoder;
    if (contentEnd > contentStart) this.target.onContent(bytes.subarray(contentStart, contentEnd));
    if (decoder.ended) this.end();
    return after;
  }

  private end(): void {
    this.state = 'ended';
    this.decoder = undefined;
    this.target.onEnd();
  }
}
