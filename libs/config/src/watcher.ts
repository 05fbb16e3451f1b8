import { readdirSync, realpathSync, statSync, watch, type FSWatcher } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { STDIN } from './source.js';

export interface ConfigWatcherOptions {
  /** Milliseconds that the files must stay as they are before a change is told. Default 100. */
  readonly settle?: number;
}

/**
 * Tells when declarative files have changed, also when an editor replaces them by renaming, when a symbolic link is turned (as
 * Kubernetes does with a ConfigMap) and when their directory goes away and comes back. It listens to the directories
 * of the files; nothing is polled. Create it before reading the files, so that no change falls in between. It does not keep
 * the process running.
 */
export class ConfigWatcher {
  readonly #names: readonly string[];
  readonly #onChange: () => void;
  readonly #settle: number;
  #watchers: FSWatcher[] = [];
  #watched = '';
  #known: string;
  #candidate: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `files` as for `loadConfig`; standard input cannot change. */
  constructor(files: readonly string[], onChange: () => void, { settle = 100 }: ConfigWatcherOptions = {}) {
    this.#names = files.filter((file) => file !== STDIN).map((file) => resolve(file));
    this.#onChange = onChange;
    this.#settle = settle;
    this.#listen();
    this.#known = fingerprint(this.#names);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  readonly #wake = (): void => {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(this.#look, this.#settle / 2).unref();
  };

  /** A change is told when two looks in a row see the same new state: an editor may be in the middle of writing. */
  readonly #look = (): void => {
    this.#timer = undefined;
    this.#listen();
    const seen = fingerprint(this.#names);
    const settled = seen === this.#candidate;
    this.#candidate = seen === this.#known ? undefined : seen;
    if (this.#candidate === undefined) return;
    if (!settled) return this.#wake();
    this.#known = seen;
    this.#candidate = undefined;
    this.#onChange();
  };

  /** Listens to the directories that matter now; they can be others after a link was turned or a directory replaced. */
  #listen(): void {
    // Once more if something moved while the listening began; a third time would be the work of somebody who never rests.
    for (let round = 0; round < 2; round += 1) {
      const directories = directoriesOf(this.#names);
      const key = directories.map((directory) => `${directory} ${identity(directory)}`).join('\n');
      if (key === this.#watched) return;
      this.#watched = key;
      for (const watcher of this.#watchers) watcher.close();
      this.#watchers = directories.flatMap((directory) => this.#watch(directory));
    }
  }

  #watch(directory: string): FSWatcher[] {
    try {
      const watcher = watch(directory, { persistent: false }, this.#wake);
      watcher.on('error', () => {
        this.#watched = '';
        this.#wake();
      });
      return [watcher];
    } catch {
      this.#watched = ''; // It went away just now; the next look tries again.
      this.#wake();
      return [];
    }
  }
}

/** The directories whose entries decide what is read: those of the names and those that links lead to. */
function directoriesOf(names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const real = realPath(name);
    for (const path of real === undefined ? [name] : [name, real]) {
      found.add(nearestDirectory(dirname(path)));
      if (isDirectory(path)) found.add(path);
    }
  }
  return [...found].sort();
}

function nearestDirectory(path: string): string {
  const parent = dirname(path);
  return isDirectory(path) || parent === path ? path : nearestDirectory(parent);
}

/** Changes whenever one of the files is written, replaced, added or removed. */
function fingerprint(names: readonly string[]): string {
  return names
    .flatMap((name) => (isDirectory(name) ? entriesOf(name).map((entry) => join(name, entry)) : [name]))
    .map((file) => `${file} ${identity(file)} ${changes(file)}`)
    .join('\n');
}

function changes(path: string): string {
  const info = statSync(path, { bigint: true, throwIfNoEntry: false });
  return info === undefined || info.isDirectory() ? '' : `${info.size} ${info.mtimeNs} ${info.ctimeNs}`;
}

function identity(path: string): string {
  const info = statSync(path, { bigint: true, throwIfNoEntry: false });
  return info === undefined ? 'absent' : `${info.dev}:${info.ino}`;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
