import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';

/** Something that takes whole lines. */
export interface LineTarget {
  /**
   * Appends text that ends with a line end. Calls must not overlap.
   * @throws Error that says what is wrong; trying again makes sense, what had been written is then written again.
   */
  append(lines: Buffer): Promise<void>;
  /** The next append opens the target anew. */
  close(): Promise<void>;
  /** Ends what goes on in the background, after the last append. */
  end?(): Promise<void>;
}

/** Readable by the owner alone: records tell who asked what. */
const MODE = 0o600;
const LINE_END = Buffer.from('\n');

/**
 * A file that grows by whole lines. An append is one write at the end of the file (`O_APPEND`), so that others may write to it too. A
 * file that has been renamed, deleted or truncated since the last append is noticed.
 */
export class LineFile implements LineTarget {
  private handle: FileHandle | undefined;
  private identity: Pick<Stats, 'dev' | 'ino'> | undefined;
  /** The file ends within a line: a write got stuck, or the process before this one was killed in the middle of one. */
  private torn = false;

  constructor(private readonly path: string) {}

  async append(lines: Buffer): Promise<void> {
    try {
      const handle = (await this.stillInPlace()) ?? (await this.open());
      if (this.torn) await writeAll(handle, LINE_END);
      this.torn = false;
      await this.write(handle, lines);
    } catch (error) {
      throw explained(this.path, error);
    }
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  private async write(handle: FileHandle, lines: Buffer): Promise<void> {
    let written = 0;
    try {
      // A write stops short on a full disk, or at a limit of the file's size; the rest then tells why.
      while (written < lines.length) written += await writeSome(handle, lines, written);
    } catch (error) {
      if (written > 0) await this.takeBack(handle, lines.subarray(0, written));
      throw error;
    }
  }

  /** Leaves no part of a line behind, and nothing that would be there twice after the next attempt. */
  private async takeBack(handle: FileHandle, written: Buffer): Promise<void> {
    this.torn = true;
    const end = await this.read(handle, written.length);
    if (!end?.bytes.equals(written)) return;
    await handle.truncate(end.position);
    this.torn = false;
  }

  /** The last bytes of a regular file; undefined when they cannot be read. */
  private async read(handle: FileHandle, length: number): Promise<{ bytes: Buffer; position: number } | undefined> {
    const status = await handle.stat();
    const position = status.size - length;
    if (!status.isFile() || position < 0) return undefined;
    try {
      const reader = await open(this.path, 'r');
      try {
        const { bytesRead, buffer } = await reader.read(Buffer.alloc(length), 0, length, position);
        return bytesRead === length ? { bytes: buffer, position } : undefined;
      } finally {
        await reader.close();
      }
    } catch {
      return undefined;
    }
  }

  /** The open file, unless its name means another one by now, or none. */
  private async stillInPlace(): Promise<FileHandle | undefined> {
    if (!this.handle) return undefined;
    const present = await statusOf(this.path);
    if (present?.ino === this.identity?.ino && present?.dev === this.identity?.dev) return this.handle;
    await this.close();
    return undefined;
  }

  private async open(): Promise<FileHandle> {
    const before = await statusOf(this.path);
    if (before?.isFIFO() || before?.isSocket()) throw new Error('it is no file but a pipe or socket');
    const handle = await open(this.path, 'a', MODE);
    this.handle = handle;
    this.identity = await handle.stat();
    const end = await this.read(handle, 1);
    this.torn = end !== undefined && !end.bytes.equals(LINE_END);
    return handle;
  }
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await writeSome(handle, bytes, written);
}

async function writeSome(handle: FileHandle, bytes: Buffer, offset: number): Promise<number> {
  const { bytesWritten } = await handle.write(bytes, offset);
  if (bytesWritten === 0) throw new Error('nothing could be written');
  return bytesWritten;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'the gateway has no permission',
  EPERM: 'the gateway has no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

function explained(path: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = (code !== undefined && REASONS[code]) || message;
  return new Error(`cannot write to ${path}: ${reason}${code === undefined ? '' : ` (${code})`}`, { cause: error });
}
