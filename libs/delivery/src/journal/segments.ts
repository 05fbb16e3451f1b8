import {
  closeSync,
  constants,
  fdatasync,
  ftruncateSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { FrameKind, HEADER_BYTES, writeHeader, type FrameHead } from './frame.js';
import { position, type Position } from './position.js';

/** A file of the journal. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Bytes of whole frames. */
  size: number;
}

const NAME = /^(\d{10})\.seg$/;
/** Frames up to this size are put together and written at once. */
const SCRATCH_BYTES = 64 * 1024;
const NO_KEYS = Buffer.alloc(0);

export function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(10, '0')}.seg`);
}

/** The segments of a folder, oldest first. */
export function listSegments(directory: string): Segment[] {
  return readdirSync(directory)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => {
      const path = segmentPath(directory, number);
      return { number, path, size: statSync(path).size };
    });
}

/** Cuts off what follows the last whole frame. */
export function truncateSegment({ path, size }: Segment): void {
  const fd = openSync(path, 'r+');
  try {
    ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
}

/**
 * The files of the journal and the end that is written to. Writes are synchronous and go to the page cache: what has been
 * written outlives the process, however that ends.
 */
export class Segments {
  /** Oldest first; the last one is written to. */
  readonly all: Segment[];
  /** Bytes of all of them. */
  bytes: number;
  private fd = -1;
  private unsynced = false;
  private readonly scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

  /** @param existing as found; nothing is appended to them. */
  constructor(
    private readonly directory: string,
    existing: readonly Segment[],
  ) {
    this.all = [...existing];
    this.bytes = existing.reduce((sum, { size }) => sum + size, 0);
  }

  /** The one that is written to. */
  get active(): Segment {
    return this.all[this.all.length - 1] as Segment;
  }

  get end(): Position {
    return position(this.active.number, this.active.size);
  }

  /**
   * Begins a new segment.
   * @param lastSeq the last sequence number so far. @param carried frames that the new segment has to begin with.
   * @throws when that is not possible; the old one goes on then.
   */
  roll(number: number, lastSeq: number, carried: Iterable<readonly [head: FrameHead, payload: string]>): void {
    const path = segmentPath(this.directory, number);
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
    const segment = { number, path, size: 0 };
    const head = { kind: FrameKind.Head, seq: lastSeq, at: Date.now(), keys: NO_KEYS };
    try {
      segment.size = this.writeTo(fd, 0, head, '');
      for (const [mark, text] of carried) segment.size += this.writeTo(fd, segment.size, mark, text);
    } catch (error) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw error;
    }
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = fd;
    this.all.push(segment);
    this.bytes += segment.size;
  }

  /** @returns where the frame begins. @throws what the system says; nothing is appended then. */
  append(head: FrameHead, payload: Buffer | string): Position {
    const { active } = this;
    const size = this.writeTo(this.fd, active.size, head, payload);
    const start = position(active.number, active.size);
    active.size += size;
    this.bytes += size;
    return start;
  }

  /** Deletes the oldest segment. It is no fault when it is gone already. */
  removeOldest(): void {
    const [oldest] = this.all;
    if (!oldest || this.all.length === 1) return;
    this.all.shift();
    this.bytes -= oldest.size;
    rmSync(oldest.path, { force: true });
  }

  /** Has the system bring to the disk what has been written since the last time. */
  sync(done: (error: Error | null) => void): void {
    if (!this.unsynced) return;
    this.unsynced = false;
    fdatasync(this.fd, done);
  }

  close(): void {
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = -1;
  }

  /** @returns bytes written. */
  private writeTo(fd: number, offset: number, head: FrameHead, payload: Buffer | string): number {
    const { scratch } = this;
    const before = HEADER_BYTES + head.keys.length;
    const bytes =
      typeof payload === 'string' && payload.length * 3 + before > scratch.length ? Buffer.from(payload) : payload;
    try {
      this.unsynced = true;
      if (typeof bytes !== 'string' && bytes.length + before > scratch.length) {
        writeHeader(scratch, head, bytes.length, bytes);
        return writeBoth(fd, scratch.subarray(0, before), bytes, offset);
      }
      const length = typeof bytes === 'string' ? scratch.write(bytes, before) : bytes.copy(scratch, before);
      writeHeader(scratch, head, length);
      writeWhole(fd, scratch, before + length, offset);
      return before + length;
    } catch (error) {
      forget(fd, offset);
      throw error;
    }
  }
}

function writeWhole(fd: number, buffer: Buffer, length: number, offset: number): void {
  let written = writeSync(fd, buffer, 0, length, offset);
  while (written < length) written += writeSync(fd, buffer, written, length - written, offset + written);
}

function writeBoth(fd: number, head: Buffer, payload: Buffer, offset: number): number {
  const total = head.length + payload.length;
  const written = writevSync(fd, [head, payload], offset);
  if (written < total) {
    const rest = Buffer.concat([head, payload]).subarray(written);
    writeWhole(fd, rest, rest.length, offset + written);
  }
  return total;
}

/** A frame that is there in part would only be skipped later. */
function forget(fd: number, offset: number): void {
  try {
    ftruncateSync(fd, offset);
  } catch {
    // The next frame is written over it.
  }
}
