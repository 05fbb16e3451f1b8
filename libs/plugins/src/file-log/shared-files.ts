import { resolve } from 'node:path';
import { LineFile, type LineTarget } from './line-file.js';
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
  readonly target: LineTarget;
  users: number;
  last: Promise<unknown>;
}

/** Entries with the same path share one open file, so that their lines never mix. */
export class SharedFiles {
  private readonly files = new Map<string, SharedFile>();

  hold(path: string): FileHold {
    const key = resolve(path);
    let file = this.files.get(key);
    if (!file) this.files.set(key, (file = { target: targetFor(key), users: 0, last: Promise.resolve() }));
    const held = file;
    held.users++;
    return {
      append: (lines) => inTurn(held, () => held.target.append(lines)),
      reopen: () => inTurn(held, () => held.target.close()),
      release: () => {
        held.users--;
        if (held.users > 0) return Promise.resolve();
        this.files.delete(key);
        return inTurn(held, () => held.target.close());
      },
    };
  }
}

function targetFor(path: string): LineTarget {
  if (path === '/dev/stdout') return new StandardStream(process.stdout);
  if (path === '/dev/stderr') return new StandardStream(process.stderr);
  return new LineFile(path);
}

function inTurn(file: SharedFile, action: () => Promise<void>): Promise<void> {
  const turn = file.last.then(action);
  file.last = turn.catch(() => {});
  return turn;
}
