import { statSync } from 'node:fs';
import { findLogFiles, readLog, STDIN, type Fault, type LogListener, type StoredRecord } from '#libs/reports';
import { isTopic, readLogTopic, topicAddress } from './log-topic.js';
import { printable } from './terminal/printable.js';
import { ProgressBar } from './terminal/progress-bar.js';
import { count } from './terminal/units.js';

/**
 * The logs that a command is to read: those that were named, or where file-log of the declarative file (`TIDEGATE_CONFIG`) writes.
 * @returns files, `-`, and topics as they were named
 * @throws Misuse, LogFilesError
 */
export async function logSources(named: readonly string[], env: NodeJS.ProcessEnv): Promise<string[]> {
  const topics = named.filter(isTopic);
  for (const topic of topics) topicAddress(topic);
  const files = named.filter((name) => !isTopic(name));
  if (named.length > 0) return [...findLogFiles(files), ...topics];
  const { configuredLogFiles } = await import('./configured-logs.js');
  return findLogFiles(await configuredLogFiles(env));
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
      ...this.unreadable.map(({ file, line, detail }) =>
        printable(`${file}${line === undefined ? '' : `:${line}`}: ${detail}`),
      ),
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

/** Reads the records of all sources, with a progress bar where standard error is a terminal. @returns what was no record */
export async function readRecords(
  sources: readonly string[],
  env: NodeJS.ProcessEnv,
  onRecord: (record: StoredRecord) => void,
): Promise<FaultNotes> {
  const notes = new FaultNotes();
  const bar = new ProgressBar(process.stderr, totalSize(sources));
  const listener: LogListener = {
    onRecord,
    onFault: (fault) => notes.add(fault),
    onRead: (size) => bar.add(size),
  };
  for (const source of sources) {
    await (isTopic(source) ? readLogTopic(source, listener, env) : readLog(source, listener));
  }
  bar.clear();
  return notes;
}

function totalSize(sources: readonly string[]): number | undefined {
  let total = 0;
  for (const source of sources) {
    const stat = source === STDIN || isTopic(source) ? undefined : statSync(source, { throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    total += stat.size;
  }
  return total;
}
