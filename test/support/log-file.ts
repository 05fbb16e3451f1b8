import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { eventually } from './eventually.js';

/**
 * Waits until a file of JSON lines has this many complete lines.
 * @param within milliseconds
 * @returns all complete lines, parsed; possibly more than asked for
 * @throws Error when the deadline passes, with what was there
 */
export async function jsonLines<T = unknown>(path: string, count: number, within = 5000): Promise<T[]> {
  let lines: string[] = [];
  await eventually(
    async () => {
      lines = await completeLines(path);
      if (lines.length < count) throw new Error(`${lines.length} lines in ${path}`);
      return true;
    },
    { within, every: 100, wake: (look) => onChangesIn(dirname(path), look), what: `${count} lines` },
  );
  return lines.map((line) => JSON.parse(line) as T);
}

async function completeLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
}

/** The file need not exist yet, so its directory is watched. Where watching does not work the looks at intervals remain. */
function onChangesIn(directory: string, look: () => void): () => void {
  try {
    const watcher = watch(directory, { persistent: false }, look).on('error', () => {});
    return () => watcher.close();
  } catch {
    return () => {};
  }
}
