import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { FaultList, type Origin } from './faults.js';
import type { ConfigSource } from './yaml-tree.js';

/** The name that stands for standard input, as in decK. */
export const STDIN = '-';

const EXTENSIONS = new Set(['.yaml', '.yml', '.json']);

/** Reads every file; the names of the sources are those for messages. */
export async function readSources(files: readonly string[]): Promise<{ sources: ConfigSource[]; faults: FaultList }> {
  const faults = new FaultList();
  const sources: ConfigSource[] = [];
  if (files.length === 0) faults.error(startOf('(none)'), 'no declarative file is named');
  for (const name of files) {
    try {
      if (name === STDIN) sources.push({ file: 'stdin', text: await text(process.stdin) });
      else for (const file of await expandDirectory(name)) sources.push({ file, text: await readText(file) });
    } catch (error) {
      faults.error(startOf(name), `cannot be read: ${reasonOf(error)}`);
    }
  }
  return { sources, faults };
}

/**
 * The files that a name stands for: itself, or the declarative files directly in it, sorted. Hidden ones are left out: a
 * Kubernetes volume keeps its versions in directories like `..2024_01_01`.
 * @throws when the name does not exist, or the directory has no such file.
 */
export async function expandDirectory(name: string): Promise<string[]> {
  const info = await stat(name);
  if (!info.isDirectory()) return [name];
  const files: string[] = [];
  for (const entry of (await readdir(name)).sort()) {
    if (entry.startsWith('.') || !EXTENSIONS.has(extname(entry))) continue;
    const file = join(name, entry);
    if ((await stat(file)).isFile()) files.push(file);
  }
  if (files.length === 0) throw new Error('the directory has no *.yaml, *.yml or *.json file');
  return files;
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('the file is not UTF-8 text');
  }
}

function startOf(file: string): Origin {
  return { file, line: 1, column: 1, path: '' };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}
