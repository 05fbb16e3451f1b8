import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What stands for standard input in a list of files. */
export const STDIN = '-';

export class LogFilesError extends Error {}

/**
 * The files that the arguments of a command mean, each once:
 * * a path: that file and what rotation has made of it: `path.1`, `path.2.gz`, `path-20261128.zst`, `path.2026-11-28T00:00:00Z`, oldest first;
 * * a pattern with `*`, `?` or `[…]` (`**` for folders at any depth): the files that fit, in the order of their names;
 * * `-`: standard input.
 *
 * @throws LogFilesError for a path without a file, a folder, or a pattern that nothing fits.
 */
export function findLogFiles(args: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const arg of args) {
    const paths = arg === STDIN ? [STDIN] : isPattern(arg) ? expand(arg) : rotated(arg);
    for (const path of paths) {
      const identity = path === STDIN ? STDIN : realpathSync(path);
      if (!found.has(identity)) found.set(identity, path);
    }
  }
  return [...found.values()];
}

/** A file whose name has such characters is that file. */
function isPattern(arg: string): boolean {
  return /[*?[]/.test(arg) && statSync(arg, { throwIfNoEntry: false }) === undefined;
}

/** The last part may be missing while a rotation is under way. */
function rotated(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) throw new LogFilesError(`${path} is a folder: name the log files in it`);
  // file-log puts parts beside the file that a link leads to, others beside the link.
  const places = new Set([stat ? realpathSync(path) : path, path]);
  const older = [...places].flatMap(rotatedParts);
  if (!stat && older.length === 0) throw new LogFilesError(`${path}: no such file`);
  return stat ? [...older, path] : older;
}

const ROTATED = /^[.-](\d[\dTZ:._-]*?)(?:\.(?:gz|zst))?$/;

function rotatedParts(path: string): string[] {
  const folder = dirname(path);
  const base = basename(path);
  const parts: { readonly name: string; readonly mark: string }[] = [];
  for (const name of namesIn(folder)) {
    const mark = name.startsWith(base) ? ROTATED.exec(name.slice(base.length))?.[1] : undefined;
    if (mark !== undefined) parts.push({ name, mark });
  }
  return parts.sort((a, b) => byAge(a.mark, b.mark)).map(({ name }) => join(folder, name));
}

/** Counters grow with age (`.2` is older than `.1`), dates shrink. */
function byAge(a: string, b: string): number {
  const isCounter = (mark: string): boolean => /^\d{1,5}$/.test(mark);
  if (isCounter(a) && isCounter(b)) return Number(b) - Number(a);
  if (isCounter(a) !== isCounter(b)) return isCounter(a) ? 1 : -1;
  return digits(a) < digits(b) ? -1 : 1;
}

/** `2026-11-28T00` and `20261128` are the same day. */
const digits = (mark: string): string => mark.replace(/\D/g, '');

function expand(pattern: string): string[] {
  const [first = '', ...rest] = pattern.split('/');
  const roots = first === '' ? ['/'] : [''];
  const files = (first === '' ? rest : [first, ...rest])
    .reduce<string[]>(
      (folders, part, index, parts) => folders.flatMap((folder) => step(folder, part, index === parts.length - 1)),
      roots,
    )
    .sort();
  if (files.length === 0) throw new LogFilesError(`${pattern}: no file fits`);
  return [...new Set(files)];
}

/** What one part of a pattern leads to: files at its end, folders before. */
function step(folder: string, part: string, isLast: boolean): string[] {
  if (part === '**') return isLast ? step(folder, '*', true) : [folder, ...foldersBelow(folder)];
  if (!/[*?[]/.test(part)) return [join(folder, part)].filter((path) => fits(path, isLast));
  const wanted = patternOf(part);
  return namesIn(folder || '.')
    .filter((name) => wanted.test(name) && (part.startsWith('.') || !name.startsWith('.')))
    .map((name) => join(folder, name))
    .filter((path) => fits(path, isLast));
}

function foldersBelow(folder: string): string[] {
  return namesIn(folder || '.')
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(folder, name))
    .filter((path) => fits(path, false))
    .flatMap((path) => [path, ...foldersBelow(path)]);
}

function fits(path: string, isFile: boolean): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isDirectory() !== isFile;
}

function patternOf(part: string): RegExp {
  const source = part.replace(/\[!?[^\]]+\]|[\s\S]/g, (piece) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (piece.length > 1) return piece.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return piece.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
