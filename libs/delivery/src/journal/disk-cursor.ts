import type { LogRecord } from '#libs/plugin-api';
import type { JournalCursor, JournalEntry, LineLimits } from '../journal.js';
import { Ring } from '../ring.js';
import type { CursorFile } from './cursor-file.js';
import type { Frame } from './frame.js';
import { LineTotals } from './line-totals.js';
import { offsetOf, position, segmentOf, type Position } from './position.js';
import { SegmentReader } from './segment-reader.js';
import type { Segment } from './segments.js';
import { hasKey } from './sink-key.js';
import type { Tail, TailEntry } from './tail.js';

/** What a cursor needs of its journal. */
export interface CursorHost {
  readonly end: Position;
  readonly tail: Tail;
  readonly lastSeq: number;
  segment(number: number): Segment | undefined;
  /** The first one behind `number`. */
  segmentAfter(number: number): Segment | undefined;
  /** A cursor has moved, or has nothing in line any more. */
  moved(): void;
  /** A sink is not at work any more. */
  left(): void;
  /** A cursor could not be written. It goes on; what it delivers may be delivered again. */
  cursorFailed(error: unknown): void;
}

/** Bytes of JSON that are handed out at once, if they are more than one entry. */
const MOST_TAKEN_BYTES = 4 * 1024 * 1024;
/** A cursor that moves all the time is written at most so often, in milliseconds; what was delivered since may be delivered again. */
const WRITE_INTERVAL = 20;

/** An entry that is out, being delivered. */
interface Taken {
  readonly at: number;
  readonly bytes: number;
  readonly start: Position;
}

/** An entry read from the disk. */
class DiskEntry implements JournalEntry {
  private parsed: LogRecord | undefined;

  constructor(
    readonly json: Buffer,
    readonly at: number,
  ) {}

  get record(): LogRecord {
    return (this.parsed ??= JSON.parse(this.json.toString()) as LogRecord);
  }
}

/** A sink's place in a journal on disk. */
export class DiskCursor implements JournalCursor {
  private onEntry: (() => void) | undefined;
  /** Grows with every sink that is put to work here; a read for the one before is void. */
  private session = 0;
  private readonly line = new LineTotals();
  private readonly taken = new Ring<Taken>();
  private takenBytes = 0;
  private waitingSince = 0;

  private reader: SegmentReader | undefined;
  /** Read, and not handed out yet. */
  private ahead: { readonly start: Position; readonly frame: Frame }[] = [];
  private aheadEnd: Position = 0;

  private written: Position = -1;
  private writtenAt = -Infinity;
  private writing: NodeJS.Timeout | undefined;

  /** @param readAt the first frame that has not been handed out. */
  constructor(
    readonly sinkId: string,
    public name: string,
    readonly key: string,
    private readonly file: CursorFile,
    private readonly host: CursorHost,
    private readAt: Position,
  ) {}

  /** Whether a sink is at work here. */
  get claimed(): boolean {
    return this.onEntry !== undefined;
  }

  get depth(): number {
    return this.line.waiting + this.taken.length;
  }

  get bytes(): number {
    return this.line.waitingBytes + this.takenBytes;
  }

  get dropped(): number {
    return this.line.dropped;
  }

  get oldestAt(): number | undefined {
    return this.taken.first()?.at ?? (this.line.waiting > 0 ? this.waitingSince : undefined);
  }

  /** Everything before is settled. */
  get settled(): Position {
    return this.depth === 0 ? this.host.end : (this.taken.first()?.start ?? this.readAt);
  }

  /** A sink is put to work. @param onEntry called after each append. */
  claim(name: string, limits: LineLimits, onEntry: () => void): void {
    this.session++;
    this.name = name;
    this.onEntry = onEntry;
    this.line.limit(limits);
  }

  /** A record for this sink has been written, or found by a scan. */
  appended(bytes: number, at: number): void {
    if (this.line.waiting === 0) this.waitingSince = at;
    this.line.append(bytes, { count: this.taken.length, bytes: this.takenBytes });
    this.onEntry?.();
  }

  /** Found by a scan before the cursor's place. */
  passed(bytes: number): void {
    this.line.pass(bytes);
  }

  /** There was no room for a record. */
  lose(): void {
    this.line.dropped++;
    this.onEntry?.();
  }

  /** Gives up what is in line and not being delivered. @returns how many records that were. */
  abandon(): number {
    const lost = this.line.jump(this.line.appended);
    this.moveTo(this.host.end);
    return lost;
  }

  /** What is appended from now on lies in this segment. */
  segmentBegins(number: number): void {
    this.line.mark(number);
  }

  /** The journal has dropped all before this segment. */
  segmentsDropped(next: number): void {
    const start = position(next, 0);
    if (this.readAt < start) {
      this.line.jumpToMark(next);
      this.moveTo(start);
    }
    this.line.forgetMarks(next);
  }

  limit(limits: LineLimits): void {
    this.line.limit(limits);
  }

  take(limit: number): readonly JournalEntry[] | Promise<readonly JournalEntry[]> {
    if (this.line.waiting === 0) return [];
    const newest = this.ahead.length === 0 ? this.host.tail.from(this.readAt) : undefined;
    return newest ? this.takeNewest(newest, limit) : this.takeFromDisk(limit);
  }

  commit(count: number): void {
    for (let left = count; left > 0; left--) this.takenBytes -= this.taken.shift()?.bytes ?? 0;
    if (count === 0) return;
    this.scheduleWrite();
    this.host.moved();
  }

  close(): void {
    this.session++;
    this.onEntry = undefined;
    this.host.left();
    // What was out and not settled is in line again.
    const first = this.taken.first();
    if (first) {
      this.line.giveBack(this.taken.length, this.takenBytes);
      this.waitingSince = first.at;
      this.taken.clear();
      this.takenBytes = 0;
      this.moveTo(first.start);
    }
    this.releaseReader();
    this.write();
  }

  /** Writes the cursor's place, if it has changed. */
  write(): void {
    clearTimeout(this.writing);
    this.writing = undefined;
    const { settled, sinkId, name } = this;
    if (settled === this.written) return;
    this.writtenAt = performance.now();
    try {
      this.file.write({ sinkId, name, position: settled, lastSeq: this.host.lastSeq });
      this.written = settled;
    } catch (error) {
      this.host.cursorFailed(error);
    }
  }

  closeFile(): void {
    this.file.close();
  }

  removeFile(): void {
    this.file.remove();
  }

  private takeNewest(newest: Iterable<TailEntry>, limit: number): readonly JournalEntry[] {
    const entries: TailEntry[] = [];
    let bytes = 0;
    for (const entry of newest) {
      if (hasKey(entry.keys, this.key)) {
        if (entries.length === limit || (bytes > 0 && bytes + entry.json.length > MOST_TAKEN_BYTES)) return entries;
        if (this.handOut(entry.json.length, entry.at, entry.start)) {
          entries.push(entry);
          bytes += entry.json.length;
        }
      }
      this.readAt = entry.end;
    }
    this.reachEnd();
    return entries;
  }

  private async takeFromDisk(limit: number): Promise<readonly JournalEntry[]> {
    const { session } = this;
    const entries: DiskEntry[] = [];
    let bytes = 0;
    while (this.line.waiting > 0 && (this.ahead.length > 0 || (await this.readAhead()))) {
      let used = 0;
      for (const { start, frame } of this.ahead) {
        const { length } = frame.payload;
        if (entries.length === limit || (bytes > 0 && bytes + length > MOST_TAKEN_BYTES)) {
          this.ahead.splice(0, used);
          return entries;
        }
        used++;
        this.readAt = position(segmentOf(start), frame.end);
        if (!this.handOut(length, frame.at, start)) continue;
        entries.push(new DiskEntry(frame.payload, frame.at));
        bytes += length;
      }
      this.ahead = [];
      this.readAt = this.aheadEnd;
    }
    // Closed while it was read: what was handed out is in line again.
    return session === this.session ? entries : [];
  }

  /** @returns false at the end of the journal, or when the sink has gone. */
  private async readAhead(): Promise<boolean> {
    const { session } = this;
    for (;;) {
      const number = segmentOf(this.readAt);
      const segment = this.host.segment(number);
      if (!segment || offsetOf(this.readAt) >= segment.size) {
        const next = this.host.segmentAfter(number);
        if (!next) {
          this.reachEnd();
          return false;
        }
        this.line.arriveAtMark(next.number);
        this.moveTo(position(next.number, 0));
        continue;
      }
      const before = this.readAt;
      if (this.reader?.segment !== segment) {
        this.releaseReader();
        this.reader = new SegmentReader(segment);
      }
      const block = await this.reader.read(offsetOf(before));
      if (session !== this.session) return false;
      // The journal may have dropped the segment in the meantime.
      if (this.readAt !== before) continue;
      this.aheadEnd = position(number, block.end);
      this.ahead = block.frames
        .filter(({ frame }) => hasKey(frame.keys, this.key))
        .map(({ start, frame }) => ({ start: position(number, start), frame }));
      if (this.ahead.length > 0) return true;
      this.readAt = this.aheadEnd;
    }
  }

  /** @returns false for an entry that was dropped meanwhile. */
  private handOut(bytes: number, at: number, start: Position): boolean {
    if (!this.line.take(bytes)) return false;
    this.taken.push({ at, bytes, start });
    this.takenBytes += bytes;
    this.waitingSince = at;
    return true;
  }

  /** Nothing more can be read; what should have been there is lost. */
  private reachEnd(): void {
    this.line.arrive(this.line.appended);
    this.moveTo(this.host.end);
  }

  private moveTo(at: Position): void {
    this.readAt = at;
    this.ahead = [];
    if (this.reader && this.reader.segment.number !== segmentOf(at)) this.releaseReader();
    this.scheduleWrite();
  }

  private releaseReader(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  private scheduleWrite(): void {
    const wait = this.writtenAt + WRITE_INTERVAL - performance.now();
    if (wait <= 0) this.write();
    else this.writing ??= setTimeout(() => this.write(), wait).unref();
  }
}
