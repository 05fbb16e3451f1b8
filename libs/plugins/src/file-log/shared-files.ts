import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LineFile, type LineTarget } from './line-file.js';
import { RotatingFile, type Rotation } from './rotating-file.js';
import { StandardStream } from './standard-stream.js';

/** One user's hold on a file. */
export interface FileHold {
  append(lines: Buffer): Promise<void>;
  /** The next append, whoever makes it, opens the file anew. */
  reopen(): Promise<void>;
  /** The last user to let go closes the file. */
  release(): Promise<void>;
}

/** A file and those who write to it, one after the other. */
interface SharedFile {
  target: LineTarget;
  rotation: Rotation | undefined;
  users: number;
  last: Promise<unknown>;
}

/** Entries with the same path share one open file, so that their lines never mix. */
export class SharedFiles {
  private readonly files = new Map<string, SharedFile>();

  /** @param warn told of trouble with what has been set aside. */
  constructor(private readonly warn: (text: string) => void) {}

  /** @param rotation of the file from now on, for all its users. */
  hold(path: string, rotation?: Rotation): FileHold {
    const key = resolve(path);
    let file = this.files.get(key);
    if (!file) {
      const target = this.targetFor(key, rotation);
      this.files.set(key, (file = { target, rotation, users: 0, last: Promise.resolve() }));
    } else if (!isDeepStrictEqual(file.rotation, rotation)) this.replaceTarget(file, key, rotation);
    const held = file;
    held.users++;
    return {
      append: (lines) => inTurn(held, () => held.target.append(lines)),
      reopen: () => inTurn(held, () => held.target.close()),
      release: () => {
        held.users--;
        if (held.users > 0) return Promise.resolve();
        this.files.delete(key);
        return inTurn(held, () => closed(held.target));
      },
    };
  }

  private replaceTarget(file: SharedFile, path: string, rotation: Rotation | undefined): void {
    file.rotation = rotation;
    void inTurn(file, async () => {
      await closed(file.target);
      file.target = this.targetFor(path, rotation);
    }).catch(() => {});
  }

  private targetFor(path: string, rotation: Rotation | undefined): LineTarget {
    if (path === '/dev/stdout') return new StandardStream(process.stdout);
    if (path === '/dev/stderr') return new StandardStream(process.stderr);
    return rotation ? new RotatingFile(path, rotation, this.warn) : new LineFile(path);
  }
}

async function closed(target: LineTarget): Promise<void> {
  await target.close();
  await target.end?.();
}

function inTurn(file: SharedFile, action: () => Promise<void>): Promise<void> {
  const turn = file.last.then(action);
  file.last = turn.catch(() => {});
  return turn;
}
