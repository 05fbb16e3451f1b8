import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** What becomes of files that have been set aside. */
export interface PartsPolicy {
  /** How many are kept, the newest; default: all. */
  readonly keep?: number;
  /** With gzip. */
  readonly compress: boolean;
}

/** `.20261128T013306.123Z`, and `.gz` when it is compressed: in the order of their names they are in the order of their age. */
const PART = /^\.\d{8}T\d{6}\.\d{3}Z(?:\.gz)?$/;
const UNFINISHED = /^\.\d{8}T\d{6}\.\d{3}Z\.gz\.tmp$/;
const COMPRESSED = '.gz';
const MODE = 0o600;

/** The files that have been set aside from one log: compressed, and deleted when there are more than are to be kept. */
export class RotatedParts {
  private stopping = new AbortController();
  private working: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly path: string,
    private readonly policy: PartsPolicy,
    private readonly warn: (text: string) => void,
  ) {}

  /** A name that is free, later than all others. */
  async nextName(): Promise<string> {
    const real = await realpath(this.path);
    const names = await this.marks(real, PART);
    const last = names.at(-1)?.replace(COMPRESSED, '') ?? '';
    // Also when the clock has been set back, or two files are set aside within a millisecond.
    const time = last === '' ? Date.now() : Math.max(Date.now(), timeOf(last) + 1);
    return `${real}.${new Date(time).toISOString().replaceAll(/[-:]/g, '')}`;
  }

  /** Compresses and deletes, while records go on being written. */
  tidy(): void {
    this.again = true;
    this.working ??= this.work();
  }

  /** Ends the work; what is half done is done at the next start. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
    this.stopping = new AbortController();
  }

  private async work(): Promise<void> {
    try {
      while (this.again && !this.stopping.signal.aborted) {
        this.again = false;
        await this.tidyOnce();
      }
    } catch (error) {
      if (!this.stopping.signal.aborted) {
        this.warn(`what has been set aside from ${this.path} cannot be tidied up: ${(error as Error).message}`);
      }
    }
    this.working = undefined;
  }

  private async tidyOnce(): Promise<void> {
    const real = await realpath(this.path).catch(() => this.path);
    for (const mark of await this.marks(real, UNFINISHED)) await rm(real + mark, { force: true });
    const { keep = Infinity, compress } = this.policy;
    const marks = await this.marks(real, PART);
    const kept = marks.slice(Math.max(0, marks.length - keep));
    for (const mark of marks.slice(0, marks.length - kept.length)) await rm(real + mark, { force: true });
    if (!compress) return;
    for (const mark of kept) if (!mark.endsWith(COMPRESSED)) await this.compress(real + mark);
  }

  private async compress(part: string): Promise<void> {
    const unfinished = `${part}${COMPRESSED}.tmp`;
    const { mode } = await stat(part);
    await pipeline(createReadStream(part), createGzip(), createWriteStream(unfinished, { mode: mode & MODE }), {
      signal: this.stopping.signal,
    });
    await rename(unfinished, part + COMPRESSED);
    await rm(part);
  }

  /** What follows the log's name in the names that fit, oldest first. */
  private async marks(real: string, pattern: RegExp): Promise<string[]> {
    const base = basename(real);
    const names = await readdir(dirname(real));
    return names
      .filter((name) => name.startsWith(base) && pattern.test(name.slice(base.length)))
      .map((name) => name.slice(base.length))
      .sort();
  }
}

/** Milliseconds since 1970 of `.20261128T013306.123Z`. */
function timeOf(mark: string): number {
  return Date.parse(mark.slice(1).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:'));
}
