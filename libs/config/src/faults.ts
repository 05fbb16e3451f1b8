/** Something wrong in a declarative file, and where. Never holds a resolved secret. */
export interface ConfigFault {
  /** As the file was named; `stdin` for `-`. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number;
  /** `plugins[0].config.auth.header_name`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what is allowed, in one line. */
  readonly message: string;
  /** A warning lets the configuration load. */
  readonly severity: 'error' | 'warning';
}

/** A place in a declarative file. */
export type Origin = Pick<ConfigFault, 'file' | 'line' | 'column' | 'path'>;

/** `FILE:LINE:COLUMN path.to.field: what is wrong, what is allowed`; a fault of the whole file has no path. */
export function formatFault(fault: ConfigFault): string {
  const place = `${fault.file}:${fault.line}:${fault.column}`;
  return fault.path === '' ? `${place} ${fault.message}` : `${place} ${fault.path}: ${fault.message}`;
}

/** `FILE:LINE`, the way an operator finds an entry again. */
export function lineOf(origin: Origin): string {
  return `${origin.file}:${origin.line}`;
}

const IDENTIFIER = /^[A-Za-z_][\w-]*$/;

/** The path of a field or an item below `path`: `a.b`, `a[0]`, `a["odd.key"]`. */
export function pathBelow(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!IDENTIFIER.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Collects faults; one that is found twice (a shared default, an anchor) is kept once. */
export class FaultList {
  readonly #faults = new Map<string, ConfigFault>();
  #errors = 0;

  error(at: Origin, message: string): void {
    this.#add(at, message, 'error');
  }

  warn(at: Origin, message: string): void {
    this.#add(at, message, 'warning');
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** In the order of `files`, then of line and column. */
  sorted(files: readonly string[]): ConfigFault[] {
    const rank = new Map(files.map((file, index) => [file, index]));
    return [...this.#faults.values()].sort(
      (a, b) =>
        (rank.get(a.file) ?? files.length) - (rank.get(b.file) ?? files.length) ||
        a.line - b.line ||
        a.column - b.column,
    );
  }

  #add(at: Origin, message: string, severity: ConfigFault['severity']): void {
    const { file, line, column, path } = at;
    const oneLine = message.replaceAll(/\s*[\r\n]+\s*/g, ' ');
    const key = JSON.stringify([file, line, column, path, oneLine]);
    if (this.#faults.has(key)) return;
    this.#faults.set(key, Object.freeze({ file, line, column, path, message: oneLine, severity }));
    if (severity === 'error') this.#errors += 1;
  }
}
