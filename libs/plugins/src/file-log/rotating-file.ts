import { realpath, rename, stat } from 'node:fs/promises';
import { LineFile, type LineTarget } from './line-file.js';
import { RotatedParts, type PartsPolicy } from './rotated-parts.js';

/** When a file is set aside and what becomes of it then. At least one limit is given. */
export interface Rotation extends PartsPolicy {
  /** Bytes that a file has at most; a single longer record goes alone. */
  readonly maxSize?: number;
  /** Seconds of the periods, counted from 1970, of which each gets a file of its own. */
  readonly maxAge?: number;
}

const LINE_END = 0x0a;

/**
 * A file that is set aside when it is large or old enough, and begun anew. Lines are never cut. Trouble with what has been set aside
 * is told and holds up no record.
 */
export class RotatingFile implements LineTarget {
  private readonly file: LineFile;
  private readonly parts: RotatedParts;
  private opened = false;
  private failing = false;

  /** @param warn told once of each trouble. */
  constructor(
    private readonly path: string,
    private readonly rotation: Rotation,
    private readonly warn: (text: string) => void,
  ) {
    this.file = new LineFile(path);
    this.parts = new RotatedParts(path, rotation, warn);
  }

  async append(lines: Buffer): Promise<void> {
    // What a process before this one has left half done.
    if (!this.opened) this.parts.tidy();
    this.opened = true;
    for (let rest = lines; rest.length > 0;) {
      const size = await this.sizeOfCurrent();
      const fitting = this.fitting(rest, size);
      if (fitting === 0 && (await this.setAside())) continue;
      // A line that is longer than a file may be, or a file that cannot be set aside: the records go first.
      const taken = fitting === 0 ? (this.failing ? rest.length : rest.indexOf(LINE_END) + 1) : fitting;
      await this.file.append(rest.subarray(0, taken));
      rest = rest.subarray(taken);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  end(): Promise<void> {
    return this.parts.stop();
  }

  /** Bytes of the file, less than none when it is to be set aside whatever comes. */
  private async sizeOfCurrent(): Promise<number> {
    const status = await stat(this.path).catch(() => undefined);
    if (!status?.isFile() || status.size === 0) return 0;
    const { maxAge } = this.rotation;
    const period = (time: number): number => Math.floor(time / ((maxAge ?? 0) * 1000));
    return maxAge !== undefined && period(status.mtimeMs) !== period(Date.now()) ? -1 : status.size;
  }

  /** How many bytes of whole lines the file has room for. */
  private fitting(lines: Buffer, size: number): number {
    if (size < 0) return 0;
    const { maxSize = Infinity } = this.rotation;
    if (size + lines.length <= maxSize) return lines.length;
    return size >= maxSize ? 0 : lines.lastIndexOf(LINE_END, maxSize - size - 1) + 1;
  }

  /** @returns whether a new file begins; not when the present one is empty. */
  private async setAside(): Promise<boolean> {
    const size = await stat(this.path).then(
      (status) => status.size,
      () => 0,
    );
    if (size === 0) return false;
    try {
      await this.file.close();
      // Behind a link it is the file that is set aside, and the link stays.
      await rename(await realpath(this.path), await this.parts.nextName());
    } catch (error) {
      if (!this.failing) this.warn(`${this.path} cannot be set aside, it goes on growing: ${(error as Error).message}`);
      this.failing = true;
      return false;
    }
    this.failing = false;
    this.parts.tidy();
    return true;
  }
}
