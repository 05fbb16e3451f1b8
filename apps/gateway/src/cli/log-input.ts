import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from '#libs/config';
import { findLogFiles, readLog, STDIN, type Fault, type StoredRecord } from '#libs/reports';
import { readEnvironment } from '../environment.js';
import { pluginCatalog } from '../plugin-catalog.js';
import { Misuse } from './output.js';
import { printable } from './terminal/printable.js';
import { ProgressBar } from './terminal/progress-bar.js';
import { count } from './terminal/units.js';

/**
 * The log files that a command is to read: those that were named, or where file-log of the declarative file (`TIDEGATE_CONFIG`)
 * writes.
 * @throws Misuse, LogFilesError
 */
export async function logFiles(named: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  if (named.length > 0) return findLogFiles(named);
  const { configFiles, plugins } = readEnvironment(env);
  const { snapshot, faults } = await loadConfig(configFiles, await pluginCatalog(plugins), env);
  if (!snapshot) {
    const first = faults[0];
    throw new Misuse(
      `name a log file: ${configFiles.join(', ')} does not tell where one is (${first?.message ?? 'it is empty'})`,
    );
  }
  const paths = new Set<string>();
  for (const { name, config } of snapshot.plugins) {
    const { path } = (name === 'file-log' ? config : {}) as { path?: string };
    if (path !== undefined && !path.startsWith('/dev/')) paths.add(resolve(path));
  }
  if (paths.size === 0) throw new Misuse(`name a log file: no file-log in ${configFiles.join(', ')} writes to one`);
  return findLogFiles([...paths]);
}

/** What stands in logs beside records. */
export class FaultNotes {
  readonly torn: Fault[] = [];
  readonly foreign: Fault[] = [];
  readonly unreadable: Fault[] = [];
  readonly counts = { torn: 0, foreign: 0, unreadable: 0 };

  add(fault: Fault): void {
    const kind = fault.kind === 'too_long' ? 'foreign' : fault.kind;
    this.counts[kind] += 1;
    if (this[kind].length < MOST_NAMED) this[kind].push(fault);
  }

  /** Sentences for a person; the places of the first few. */
  lines(): string[] {
    return [
      ...this.sentence('torn', 'torn line', 'no JSON, as half a line that a crash has left'),
      ...this.sentence('foreign', 'foreign line', 'no record of an exchange'),
      ...this.unreadable.map(({ file, line, detail }) => printable(`${file}${line ? `:${line}` : ''}: ${detail}`)),
    ];
  }

  private sentence(kind: 'torn' | 'foreign', what: string, meaning: string): string[] {
    const total = this.counts[kind];
    if (total === 0) return [];
    const places = this[kind].map(({ file, line }) => `${file}:${line}`).join(', ');
    const more = total > this[kind].length ? ', …' : '';
    return [printable(`${count(total)} ${what}${total === 1 ? '' : 's'} left out (${meaning}): ${places}${more}`)];
  }
}

/** Places that are named of each kind of fault. */
const MOST_NAMED = 20;

/** Reads the records of all files, with a progress bar where standard error is a terminal. @returns what was no record */
export async function readRecords(
  files: readonly string[],
  onRecord: (record: StoredRecord, file: string) => void,
): Promise<FaultNotes> {
  const notes = new FaultNotes();
  const bar = new ProgressBar(process.stderr, totalSize(files));
  for (const file of files) {
    await readLog(file, {
      onRecord: (record) => onRecord(record, file),
      onFault: (fault) => notes.add(fault),
      onRead: (size) => bar.add(size),
    });
  }
  bar.clear();
  return notes;
}

function totalSize(files: readonly string[]): number | undefined {
  let total = 0;
  for (const file of files) {
    const stat = file === STDIN ? undefined : statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    total += stat.size;
  }
  return total;
}
