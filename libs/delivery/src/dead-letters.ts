import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { LogRecord } from '#libs/plugin-api';
import { sinkKey } from './journal/sink-key.js';
import type { FinishedRecord, Journal } from './journal.js';

/** A record that its sink has refused for good. */
export interface DeadLetter {
  /** Id of the `plugins` entry. */
  readonly sinkId: string;
  readonly sink: string;
  /** Id of the exchange. */
  readonly exchange: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** One line, free of secrets. */
  readonly reason: string;
}

/** Which ones are meant; what is left out means all. */
export interface DeadLetterFilter {
  /** Id or name of a sink. */
  readonly sink?: string | undefined;
  /** Id of an exchange. */
  readonly exchange?: string | undefined;
}

interface Shelf {
  count: number;
  bytes: number;
}

const SUFFIX = '.jsonl';
/** The half that goes first when there are too many. */
const OLD = '.old.jsonl';
const LINE_END = Buffer.from('\n');
/** Bytes per sink; the older half is dropped when there are more. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * What sinks have refused for good, one file of JSON lines per sink: `{"sinkId","sink","exchange","at","reason","record"}`. They
 * stay until somebody has them sent again or drops them.
 */
export class DeadLetters {
  private readonly logger = new Logger('DeadLetters');
  /** By file name. */
  private readonly shelves = new Map<string, Shelf>();

  /** @param directory made when it is missing. @throws what the system says. */
  constructor(
    private readonly directory: string,
    private readonly mostBytes = MOST_BYTES,
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(directory)) {
      if (!name.endsWith(SUFFIX)) continue;
      const content = wholeLines(join(directory, name));
      this.shelves.set(name, { count: linesOf(content).length, bytes: content.length });
    }
  }

  /** How many there are of a sink. */
  count(sinkId: string): number {
    const name = fileName(sinkId);
    return (this.shelves.get(name + SUFFIX)?.count ?? 0) + (this.shelves.get(name + OLD)?.count ?? 0);
  }

  /** @param json the record. @returns false when it could not be written. */
  add(letter: DeadLetter, json: Buffer): boolean {
    const name = fileName(letter.sinkId);
    const line = Buffer.concat([
      Buffer.from(`${JSON.stringify(letter).slice(0, -1)},"record":`),
      json,
      Buffer.from('}\n'),
    ]);
    try {
      this.makeRoom(name, line.length);
      appendWhole(join(this.directory, name + SUFFIX), line);
    } catch (error) {
      this.logger.error(`a record cannot be set aside: ${(error as Error).message}`);
      return false;
    }
    const shelf = this.shelves.get(name + SUFFIX) ?? { count: 0, bytes: 0 };
    this.shelves.set(name + SUFFIX, { count: shelf.count + 1, bytes: shelf.bytes + line.length });
    return true;
  }

  /** Oldest first within a sink. */
  list(filter: DeadLetterFilter = {}): DeadLetter[] {
    return this.files().flatMap((name) =>
      this.read(name)
        .filter(({ letter }) => matches(letter, filter))
        .map(({ letter }) => letter),
    );
  }

  /** Puts them in line for their sinks once more. @returns how many. */
  retry(filter: DeadLetterFilter, journal: Journal): number {
    return this.take(filter, ({ sinkId, sink }, record) => journal.requeue(sinkId, sink, finishedRecord(record)));
  }

  /** Deletes them. @returns how many. */
  drop(filter: DeadLetterFilter): number {
    return this.take(filter, () => true);
  }

  /** @param use false: the letter stays. */
  private take(filter: DeadLetterFilter, use: (letter: DeadLetter, record: LogRecord) => boolean): number {
    let taken = 0;
    for (const name of this.files()) {
      const kept: Buffer[] = [];
      const before = taken;
      for (const { letter, record, line } of this.read(name)) {
        if (matches(letter, filter) && use(letter, record)) taken++;
        else kept.push(line, LINE_END);
      }
      if (taken > before) this.replace(name, Buffer.concat(kept), kept.length / 2);
    }
    return taken;
  }

  /** The older half of a sink before the newer one. */
  private files(): string[] {
    return [...this.shelves.keys()].sort((a, b) => (a.replace(OLD, '.0') < b.replace(OLD, '.0') ? -1 : 1));
  }

  private read(name: string): { letter: DeadLetter; record: LogRecord; line: Buffer }[] {
    return linesOf(readFileSync(join(this.directory, name))).flatMap((line) => {
      try {
        const { record, ...letter } = JSON.parse(line.toString()) as DeadLetter & { record: LogRecord };
        return [{ letter, record, line }];
      } catch {
        this.logger.error(`${name}: a line that is no JSON is passed over`);
        return [];
      }
    });
  }

  private replace(name: string, content: Buffer, count: number): void {
    const path = join(this.directory, name);
    if (count === 0) {
      rmSync(path, { force: true });
      this.shelves.delete(name);
      return;
    }
    writeFileSync(`${path}.new`, content, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.shelves.set(name, { count, bytes: content.length });
  }

  private makeRoom(name: string, bytes: number): void {
    const shelf = this.shelves.get(name + SUFFIX);
    if (!shelf || shelf.bytes + bytes <= this.mostBytes / 2) return;
    const lost = this.shelves.get(name + OLD)?.count ?? 0;
    renameSync(join(this.directory, name + SUFFIX), join(this.directory, name + OLD));
    this.shelves.set(name + OLD, shelf);
    this.shelves.delete(name + SUFFIX);
    if (lost > 0) this.logger.error(`${lost} dead letters were dropped to make room for newer ones`);
  }
}

function fileName(sinkId: string): string {
  return Buffer.from(sinkKey(sinkId), 'latin1').toString('hex');
}

function matches(letter: DeadLetter, { sink, exchange }: DeadLetterFilter): boolean {
  return (
    (sink === undefined || sink === letter.sinkId || sink === letter.sink) &&
    (exchange === undefined || exchange === letter.exchange)
  );
}

function finishedRecord(record: LogRecord): FinishedRecord {
  return { seq: record.exchange.seq, record, json: Buffer.from(JSON.stringify(record)) };
}

function linesOf(content: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = content.indexOf(LINE_END); end !== -1; end = content.indexOf(LINE_END, start)) {
    if (end > start) lines.push(content.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** A crash may have left half a line behind. */
function wholeLines(path: string): Buffer {
  const content = readFileSync(path);
  const end = content.lastIndexOf(LINE_END) + 1;
  if (end < content.length) truncateSync(path, end);
  return content.subarray(0, end);
}

function appendWhole(path: string, line: Buffer): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
  try {
    let written = writeSync(fd, line);
    while (written < line.length) written += writeSync(fd, line, written);
  } finally {
    closeSync(fd);
  }
}
