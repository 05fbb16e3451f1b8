import { MalformedResponse } from './response-head.js';

/** Of a size line with its extensions, and of all trailers together; in bytes. */
const LONGEST_LINE = 16 * 1024;
/** A chunk larger than this is none. */
const LARGEST_CHUNK = 2 ** 48;

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-lf' | 'end';

const CR = 0x0d;
const LF = 0x0a;

/**
 * Undoes the chunked coding (RFC 9112, section 7.1), cut anywhere. The content of all chunks of a read is moved together, so
 * that whoever takes it is called once a read and not once a chunk: an upstream that writes a hundred small chunks at once
 * costs a tenth of that.
 */
export class ChunkedDecoder {
  private state: State = 'size';
  private size = 0;
  /** Bytes of the line so far; of a size line its digits count, so that an empty one is none. */
  private line = 0;
  private lineIsEmpty = true;

  get ended(): boolean {
    return this.state === 'end';
  }

  /** Where the content is that `decode` has found, in the buffer it was given. */
  contentStart = 0;
  contentEnd = 0;

  /**
   * Decodes in place; see `contentStart` and `contentEnd`.
   * @returns the position after what belongs to this body
   * @throws MalformedResponse
   */
  decode(bytes: Buffer, start: number, end: number): number {
    let at = start;
    this.contentStart = start;
    this.contentEnd = start;
    while (at < end && this.state !== 'end') {
      if (this.state === 'data') at = this.takeData(bytes, at, end);
      else this.step(bytes[at++] as number);
    }
    return at;
  }

  private takeData(bytes: Buffer, at: number, end: number): number {
    const length = Math.min(this.size, end - at);
    if (this.contentEnd === this.contentStart) {
      this.contentStart = at;
      this.contentEnd = at + length;
    } else {
      bytes.copyWithin(this.contentEnd, at, at + length);
      this.contentEnd += length;
    }
    this.size -= length;
    if (this.size === 0) this.state = 'data-cr';
    return at + length;
  }

  private step(byte: number): void {
    switch (this.state) {
      case 'size':
        this.sizeByte(byte);
        break;
      case 'extension':
        if (byte === CR) this.state = 'size-lf';
        else this.lineByte(byte);
        break;
      case 'size-lf':
        expect(byte, LF);
        this.state = this.size > 0 ? 'data' : 'trailer';
        this.line = 0;
        this.lineIsEmpty = true;
        break;
      case 'data-cr':
        expect(byte, CR);
        this.state = 'data-lf';
        break;
      case 'data-lf':
        expect(byte, LF);
        this.state = 'size';
        this.line = 0;
        break;
      case 'trailer':
        if (byte === CR) this.state = 'trailer-lf';
        else {
          this.lineIsEmpty = false;
          this.lineByte(byte);
        }
        break;
      case 'trailer-lf':
        expect(byte, LF);
        this.state = this.lineIsEmpty ? 'end' : 'trailer';
        this.lineIsEmpty = true;
        break;
      default:
    }
  }

  private sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      this.size = this.size * 16 + digit;
      if (this.size > LARGEST_CHUNK) throw new MalformedResponse('a chunk size');
      this.lineByte(byte);
    } else if (this.line === 0) {
      throw new MalformedResponse('a chunk size');
    } else if (byte === CR) {
      this.state = 'size-lf';
    } else if (byte === 0x3b || byte === 0x20 || byte === 0x09) {
      this.state = 'extension';
    } else {
      throw new MalformedResponse('a chunk size');
    }
  }

  private lineByte(byte: number): void {
    this.line += 1;
    if (byte === LF || this.line > LONGEST_LINE) throw new MalformedResponse('the chunked coding');
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function expect(byte: number, expected: number): void {
  if (byte !== expected) throw new MalformedResponse('the chunked coding');
}
