/** Gets the bytes of a line, without its line end: `chunk[start..end)`, good only during the call. */
export type LineListener = (chunk: Buffer, start: number, end: number) => void;

export interface LineSplitterOptions {
  /** Bytes of the longest line that is kept; of a longer one nothing is kept. Default 256 MiB: V8 makes no much longer string. */
  readonly longest?: number;
  /** Called in place of the listener for a line that is too long, with its size in bytes. */
  readonly onTooLong?: (bytes: number) => void;
}

const LONGEST = 256 * 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Cuts a stream of bytes into lines at line feeds. Lines that lie within one chunk are not copied; memory is bounded by the
 * longest line.
 */
export class LineSplitter {
  private readonly longest: number;
  private readonly onTooLong: (bytes: number) => void;
  /** Pieces of a line that has not ended. */
  private pieces: Buffer[] = [];
  /** Bytes of that line so far, kept or not. */
  private pending = 0;

  constructor(
    private readonly onLine: LineListener,
    options: LineSplitterOptions = {},
  ) {
    this.longest = options.longest ?? LONGEST;
    this.onTooLong = options.onTooLong ?? (() => {});
  }

  /** The chunk may be overwritten once this has returned. */
  push(chunk: Buffer): void {
    let start = 0;
    if (this.pending > 0) {
      const end = chunk.indexOf(LINE_FEED);
      this.keep(chunk, 0, end === -1 ? chunk.length : end);
      if (end === -1) return;
      this.emitPending();
      start = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      this.emit(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.keep(chunk, start, chunk.length);
  }

  /** The end of the stream. @returns true when the last line had no line end; the listener has got it all the same */
  end(): boolean {
    if (this.pending === 0) return false;
    this.emitPending();
    return true;
  }

  private keep(chunk: Buffer, start: number, end: number): void {
    this.pending += end - start;
    if (this.pending > this.longest) this.pieces = [];
    else this.pieces.push(Buffer.from(chunk.subarray(start, end)));
  }

  private emitPending(): void {
    const { pieces, pending } = this;
    this.pieces = [];
    this.pending = 0;
    if (pending > this.longest) this.onTooLong(pending);
    else this.onLine(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces, pending), 0, pending);
  }

  private emit(chunk: Buffer, start: number, end: number): void {
    if (end - start > this.longest) this.onTooLong(end - start);
    else this.onLine(chunk, start, end);
  }
}
