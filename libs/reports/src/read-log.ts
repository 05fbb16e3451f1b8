import type { LogRecord } from '#libs/plugin-api';
import { LineSplitter } from './line-splitter.js';
import { readBytes, UnreadableLogError } from './read-bytes.js';

/** What a log says of one exchange: records of any version, of which the numbers of the exchange alone are sure. */
export type StoredRecord = Pick<LogRecord, 'exchange' | 'started_at'> & Partial<LogRecord>;

/** `torn`: no JSON, such as half a line that a crash has left. `foreign`: JSON, but no record. */
export interface Fault {
  readonly kind: 'torn' | 'foreign' | 'too_long' | 'unreadable';
  readonly file: string;
  /** From 1; undefined when it is about the whole file. */
  readonly line: number | undefined;
  readonly detail: string;
}

export interface LogListener {
  onRecord(record: StoredRecord): void;
  onFault(fault: Fault): void;
  /** Bytes read of a file as it lies on disk. */
  onRead?(bytes: number): void;
}

/**
 * Reads the records of a log, a line of JSON each. Nothing that a file contains makes it fail: what is no record is told
 * as a fault, and so is a file that cannot be read (any more). Memory is bounded by the longest line.
 */
export async function readLog(file: string, listener: LogListener): Promise<void> {
  let line = 0;
  const fault = (kind: Fault['kind'], detail: string, at: number | undefined = line): void =>
    listener.onFault({ kind, file, line: at, detail });
  const splitter = new LineSplitter(
    (chunk, start, end) => {
      line += 1;
      const record = parseRecord(chunk, start, end);
      if (record === 'blank') return;
      if (record === 'torn') fault('torn', excerpt(chunk, start, end));
      else if (record === 'foreign') fault('foreign', excerpt(chunk, start, end));
      else listener.onRecord(record);
    },
    {
      onTooLong: (bytes) => {
        line += 1;
        fault('too_long', `${bytes} bytes`);
      },
    },
  );
  try {
    await readBytes(
      file,
      (piece) => splitter.push(piece),
      (bytes) => listener.onRead?.(bytes),
    );
  } catch (error) {
    if (!(error instanceof UnreadableLogError)) throw error;
    fault('unreadable', error.message, line === 0 ? undefined : line);
  }
  splitter.end();
}

/** One line of a log. */
export function parseRecord(chunk: Buffer, start = 0, end = chunk.length): StoredRecord | 'blank' | 'torn' | 'foreign' {
  if (isBlank(chunk, start, end)) return 'blank';
  let value: unknown;
  try {
    value = JSON.parse(chunk.toString('utf8', start, end));
  } catch {
    return 'torn';
  }
  return isRecord(value) ? value : 'foreign';
}

function isRecord(value: unknown): value is StoredRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { exchange, started_at: startedAt } = value as Partial<LogRecord>;
  return (
    typeof exchange === 'object' &&
    exchange !== null &&
    typeof exchange.id === 'string' &&
    typeof exchange.node === 'string' &&
    Number.isSafeInteger(exchange.seq) &&
    exchange.seq >= 0 &&
    typeof startedAt === 'number'
  );
}

function isBlank(chunk: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = chunk[at];
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}

function excerpt(chunk: Buffer, start: number, end: number): string {
  const text = chunk.toString('utf8', start, Math.min(end, start + 60));
  return end - start > 60 ? `${text}…` : text;
}
