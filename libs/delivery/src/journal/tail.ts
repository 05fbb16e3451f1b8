import type { LogRecord } from '#libs/plugin-api';
import type { Position } from './position.js';

/** A record that has just been written. */
export interface TailEntry {
  readonly start: Position;
  readonly end: Position;
  readonly at: number;
  readonly keys: Buffer;
  readonly record: LogRecord;
  readonly json: Buffer;
}

const MOST_ENTRIES = 1024;
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The newest records in memory: a sink that keeps up never reads the disk, and nobody parses what was an object a moment ago.
 * Small on purpose; a sink that lags reads from the disk.
 */
export class Tail {
  private entries: TailEntry[] = [];
  private first = 0;
  private bytes = 0;
  /** Everything from here to the journal's end is held. */
  private coveredFrom: Position;

  constructor(end: Position) {
    this.coveredFrom = end;
  }

  push(entry: TailEntry): void {
    this.entries.push(entry);
    this.bytes += entry.json.length;
    while (this.entries.length - this.first > MOST_ENTRIES || this.bytes > MOST_BYTES) this.shift();
    if (this.first > MOST_ENTRIES) {
      this.entries = this.entries.slice(this.first);
      this.first = 0;
    }
  }

  /** The entries from `position` on; undefined when not all of them are held. */
  from(position: Position): Iterable<TailEntry> | undefined {
    return position < this.coveredFrom ? undefined : this.walk(position);
  }

  /** Forgets everything; nobody is behind `end`. */
  clear(end: Position): void {
    this.entries = [];
    this.first = 0;
    this.bytes = 0;
    this.coveredFrom = end;
  }

  private *walk(position: Position): Iterable<TailEntry> {
    // Cursors are near the end; the way there is short.
    let index = this.entries.length;
    while (index > this.first && (this.entries[index - 1]?.start ?? 0) >= position) index--;
    for (; index < this.entries.length; index++) yield this.entries[index] as TailEntry;
  }

  private shift(): void {
    const entry = this.entries[this.first] as TailEntry;
    this.entries[this.first] = undefined as unknown as TailEntry;
    this.first++;
    this.bytes -= entry.json.length;
    this.coveredFrom = entry.end;
  }
}
