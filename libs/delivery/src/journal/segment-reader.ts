import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { findFrame, FrameKind, frameLength, HEADER_BYTES, MAGIC_BYTES, readFrame, type Frame } from './frame.js';
import type { Segment } from './segments.js';

const openFile = promisify(open);
const readFile = promisify(read);
const closeFile = promisify(close);

const BLOCK_BYTES = 512 * 1024;

/** What was read in one go. */
export interface Block {
  readonly frames: readonly { readonly start: number; readonly frame: Frame }[];
  /** Where to go on. */
  readonly end: number;
}

/** Reads the records of one segment, in blocks, from the front to the back. */
export class SegmentReader {
  private fd: Promise<number> | undefined;
  private reading: Promise<unknown> = Promise.resolve();

  constructor(readonly segment: Segment) {}

  /** The records from `offset` on; what is no frame is skipped. At the end of the segment: none. */
  async read(offset: number): Promise<Block> {
    const { size } = this.segment;
    let block = await this.bytes(offset, Math.min(BLOCK_BYTES, size - offset));
    // Somebody has cut the file.
    if (block.length === 0) return { frames: [], end: size };
    let at = 0;
    const frames: { start: number; frame: Frame }[] = [];
    while (at < block.length) {
      const frame = readFrame(block, at);
      if (frame === 'short' && offset + block.length < size) {
        if (at > 0) break;
        // One frame that is larger than a block.
        const needed = block.length < HEADER_BYTES ? HEADER_BYTES : (frameLength(block, 0) ?? HEADER_BYTES);
        const whole = await this.bytes(offset, Math.min(needed, size - offset));
        if (whole.length > block.length) {
          block = whole;
          continue;
        }
      }
      if (typeof frame === 'string') {
        at = findFrame(block, at + 1) ?? Math.max(at + 1, block.length - MAGIC_BYTES + 1);
        if (offset + block.length === size && block.length - at < HEADER_BYTES) at = block.length;
        continue;
      }
      if (frame.kind === FrameKind.Record) frames.push({ start: offset + at, frame });
      at = frame.end;
    }
    return { frames, end: offset + at };
  }

  /** What is being read comes to its end first: the number of a closed file soon belongs to another. */
  close(): void {
    const { fd } = this;
    if (!fd) return;
    this.fd = undefined;
    void this.reading
      .catch(() => {})
      .then(() => fd)
      .then(closeFile)
      .catch(() => {});
  }

  private async bytes(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(length);
    const reading = (this.fd ??= openFile(this.segment.path, 'r')).then((fd) =>
      readFile(fd, buffer, 0, length, offset),
    );
    this.reading = reading;
    const { bytesRead } = await reading.catch((error: unknown) => {
      // The next read begins with a file that is opened anew.
      this.close();
      throw error;
    });
    return bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
  }
}
