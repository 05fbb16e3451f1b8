import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { FinishedRecord, Journal, JournalCursor, JournalStatus, LineLimits } from '../journal.js';
import { CursorFile } from './cursor-file.js';
import { DiskCursor, type CursorHost } from './disk-cursor.js';
import { DiskTrouble } from './disk-trouble.js';
import { frameBytes, FrameKind, KEY_BYTES, type FrameHead } from './frame.js';
import { segmentOf, type Position } from './position.js';
import { scanJournal, type Mark } from './scan.js';
import { Segments, type Segment } from './segments.js';
import { keysOf, sinkKey } from './sink-key.js';
import { Tail } from './tail.js';

export interface DiskJournalOptions {
  /** Made when it is missing. One process at a time. */
  readonly directory: string;
  /** Bytes on disk. */
  readonly maxBytes: number;
  /** What is given up when there is no room: the oldest records, the newest, or the exchange itself. */
  readonly whenFull: JournalStatus['when_full'];
  /** Seconds between two calls of fdatasync; 0 leaves it to the system when the disk gets what was written. */
  readonly syncSeconds: number;
}

const LARGEST_SEGMENT = 4 * 1024 * 1024;
const SMALLEST_SEGMENT = 64 * 1024;
/** A frame tells their number in a byte. */
const MOST_SINKS = 255;
const NO_KEYS = Buffer.alloc(0);

/** The sinks of a scope that are at work. */
interface Line {
  readonly cursors: readonly DiskCursor[];
  readonly keys: Buffer;
}

/**
 * A journal in append-only segment files. Every frame has a length and a CRC. Each start of a process begins a new segment, so
 * nothing is ever written behind what a crash has left. A segment is deleted when all cursors have passed it.
 */
export class DiskJournal implements Journal, CursorHost {
  readonly tail: Tail;
  lastSeq: number;
  private readonly logger = new Logger('Journal');
  private readonly trouble = new DiskTrouble(this.logger);
  private readonly segments: Segments;
  private readonly segmentBytes: number;
  private readonly cursors = new Map<string, DiskCursor>();
  private readonly cursorDirectory: string;
  /** Exchanges under way, by sequence number. */
  private readonly unfinished: Map<number, Mark>;
  private corrupt: number;
  /** By the list that the scopes hand in, which is the same object for all exchanges of a scope. */
  private lines = new WeakMap<readonly string[], Line>();
  private readonly syncing: NodeJS.Timeout | undefined;

  /** @throws what the system says when the folder cannot be used. */
  constructor(private readonly options: DiskJournalOptions) {
    const { directory, maxBytes, syncSeconds } = options;
    this.cursorDirectory = join(directory, 'cursors');
    mkdirSync(this.cursorDirectory, { recursive: true, mode: 0o700 });
    this.segmentBytes = Math.min(LARGEST_SEGMENT, Math.max(SMALLEST_SEGMENT, Math.floor(maxBytes / 8)));
    const places = this.openCursors();
    const scan = this.scan(places);
    this.unfinished = new Map(scan.unfinished);
    this.corrupt = scan.corrupt;
    this.lastSeq = Math.max(scan.lastSeq, ...[...places.values()].map(({ lastSeq }) => lastSeq), 0);
    this.segments = new Segments(directory, scan.segments);
    const newest = Math.max(0, ...scan.segments.map(({ number }) => number), ...segmentsOf(places));
    for (const cursor of this.cursors.values()) cursor.segmentBegins(newest + 1);
    this.segments.roll(newest + 1, this.lastSeq, carriedFrames(this.unfinished));
    this.tail = new Tail(this.segments.end);
    if (scan.corrupt > 0) this.logger.error(`${scan.corrupt} places without a readable frame were skipped`);
    if (scan.torn > 0) this.logger.warn(`${scan.torn} bytes of a write that had not come to its end were cut off`);
    if (syncSeconds > 0) this.syncing = setInterval(() => this.sync(), syncSeconds * 1000).unref();
  }

  get end(): Position {
    return this.segments.end;
  }

  /**
   * Ends the exchanges that the process before has left unfinished.
   * @param recordOf makes the record from the mark; undefined when that is not possible.
   * @returns how many records were made.
   */
  recover(recordOf: (mark: string) => FinishedRecord | undefined): number {
    let made = 0;
    for (const [seq, mark] of this.unfinished) {
      const finished = recordOf(mark.text);
      const cursors = [...keysOf(mark.keys)].flatMap((key) => this.cursors.get(key) ?? []);
      this.finish(finished ?? { seq }, { keys: mark.keys, cursors });
      if (finished) made++;
    }
    // Whoever is put to work from now on begins at the end, where these are as well.
    for (const [key, cursor] of this.cursors) {
      if (cursor.depth > 0) continue;
      cursor.removeFile();
      this.cursors.delete(key);
    }
    this.moved();
    return made;
  }

  begin(seq: number, mark: string, sinkIds: readonly string[]): boolean {
    this.lastSeq = seq;
    const { whenFull } = this.options;
    const { keys } = this.lineOf(sinkIds);
    if (keys.length === 0) return true;
    const head = { kind: FrameKind.Mark, seq, at: Date.now(), keys };
    // Without the mark a crash costs the record, which is to be dropped for want of room anyway.
    if (this.full && whenFull !== 'drop_oldest') this.freeUnclaimed();
    if (this.full && whenFull !== 'drop_oldest') return whenFull === 'drop_newest';
    if (this.write(head, mark) === undefined) return whenFull !== 'refuse';
    this.unfinished.set(seq, { at: head.at, keys, text: mark });
    return true;
  }

  append(finished: FinishedRecord, sinkIds: readonly string[]): void {
    this.finish(finished, this.lineOf(sinkIds));
  }

  requeue(sinkId: string, name: string, finished: FinishedRecord): boolean {
    const cursor = this.cursorFor(sinkId, name);
    const before = cursor.dropped;
    this.finish(finished, { cursors: [cursor], keys: Buffer.from(cursor.key, 'latin1') });
    return cursor.dropped === before;
  }

  open(sinkId: string, name: string, limits: LineLimits, onEntry: () => void): JournalCursor {
    const cursor = this.cursorFor(sinkId, name);
    const others = [...this.cursors.values()].filter((one) => one.claimed && one !== cursor);
    if (others.length >= MOST_SINKS) throw new Error(`more than ${MOST_SINKS} log sinks`);
    cursor.claim(name, limits, onEntry);
    this.lines = new WeakMap();
    return cursor;
  }

  status(): JournalStatus {
    const { maxBytes, whenFull } = this.options;
    return {
      bytes: this.segments.bytes,
      max_bytes: maxBytes,
      when_full: whenFull,
      full: this.full,
      segments: this.segments.all.length,
      unfinished: this.unfinished.size,
      corrupt_frames: this.corrupt,
      failing: this.trouble.status,
      unclaimed: this.unclaimed.map(({ sinkId: id, name, depth, bytes }) => ({ id, name, depth, bytes })),
    };
  }

  close(): void {
    clearInterval(this.syncing);
    for (const cursor of this.cursors.values()) {
      cursor.write();
      cursor.closeFile();
    }
    this.segments.close();
  }

  segment(number: number): Segment | undefined {
    return this.segments.all.find((segment) => segment.number === number);
  }

  segmentAfter(number: number): Segment | undefined {
    return this.segments.all.find((segment) => segment.number > number);
  }

  moved(): void {
    let oldest = this.end;
    let allRead = true;
    for (const cursor of this.cursors.values()) {
      oldest = Math.min(oldest, cursor.settled);
      if (cursor.depth > 0) allRead = false;
    }
    if (allRead) this.tail.clear(this.end);
    if (segmentOf(oldest) <= (this.segments.all[0]?.number ?? 0)) return;
    // The places first: what a crash in between leaves behind is at most delivered twice.
    for (const cursor of this.cursors.values()) cursor.write();
    while (this.segments.all.length > 1 && this.segments.all[0]!.number < segmentOf(oldest)) this.dropSegment();
  }

  left(): void {
    this.lines = new WeakMap();
  }

  cursorFailed(error: unknown): void {
    this.trouble.happened(error);
  }

  private get full(): boolean {
    const { maxBytes, whenFull } = this.options;
    // Where exchanges are refused, those under way still need room for their records.
    const reserve = whenFull === 'refuse' ? Math.max(this.segmentBytes, maxBytes / 10) : 0;
    return this.segments.bytes + reserve >= maxBytes;
  }

  private get unclaimed(): DiskCursor[] {
    return [...this.cursors.values()].filter((cursor) => !cursor.claimed && cursor.depth > 0);
  }

  private openCursors(): Map<string, { readonly position: Position; readonly lastSeq: number }> {
    const places = new Map<string, { position: Position; lastSeq: number }>();
    for (const { file, state } of CursorFile.readAll(this.cursorDirectory)) {
      const key = sinkKey(state.sinkId);
      this.cursors.set(key, new DiskCursor(state.sinkId, state.name, key, file, this, state.position));
      places.set(key, state);
    }
    return places;
  }

  private scan(places: ReadonlyMap<string, { readonly position: Position }>): ReturnType<typeof scanJournal> {
    return scanJournal(
      this.options.directory,
      ({ number }) => {
        for (const cursor of this.cursors.values()) cursor.segmentBegins(number);
      },
      (start, { keys, at, payload }) => {
        for (const key of keysOf(keys)) {
          const cursor = this.cursors.get(key);
          if (!cursor) continue;
          if (start < (places.get(key)?.position ?? 0)) cursor.passed(payload.length);
          else cursor.appended(payload.length, at);
        }
      },
    );
  }

  private cursorFor(sinkId: string, name: string): DiskCursor {
    const key = sinkKey(sinkId);
    const known = this.cursors.get(key);
    if (known) return known;
    const file = CursorFile.create(this.cursorDirectory, key);
    const cursor = new DiskCursor(sinkId, name, key, file, this, this.end);
    for (const { number } of this.segments.all) cursor.segmentBegins(number);
    // Without a place on disk a crash would make the sink a new one, which has no past.
    cursor.write();
    this.cursors.set(key, cursor);
    return cursor;
  }

  private lineOf(sinkIds: readonly string[]): Line {
    let line = this.lines.get(sinkIds);
    if (!line) {
      const cursors = sinkIds.flatMap((id) => this.cursors.get(sinkKey(id)) ?? []).filter((cursor) => cursor.claimed);
      const keys = Buffer.alloc(cursors.length * KEY_BYTES);
      cursors.forEach(({ key }, index) => keys.write(key, index * KEY_BYTES, 'latin1'));
      this.lines.set(sinkIds, (line = { cursors, keys }));
    }
    return line;
  }

  /** @param finished without a record: the exchange is over and nothing more is known. */
  private finish(finished: FinishedRecord | { readonly seq: number }, { keys, cursors }: Line): void {
    const { seq } = finished;
    const head = { kind: FrameKind.Record, seq, at: Date.now(), keys };
    if ('json' in finished && keys.length > 0) {
      const { record, json } = finished;
      const start = this.mayAppend(frameBytes(keys, json.length)) ? this.write(head, json) : undefined;
      if (start === undefined) {
        for (const cursor of cursors) cursor.lose();
        this.trouble.dropped(cursors.length);
        this.endWithout(seq);
      } else {
        this.unfinished.delete(seq);
        this.tail.push({ start, end: this.end, at: head.at, keys, record, json });
        for (const cursor of cursors) cursor.appended(json.length, head.at);
      }
    } else this.endWithout(seq);
  }

  /** Otherwise the next process would take the exchange for one that was interrupted. */
  private endWithout(seq: number): void {
    if (!this.unfinished.has(seq)) return;
    this.write({ kind: FrameKind.End, seq, at: Date.now(), keys: NO_KEYS }, '');
    this.unfinished.delete(seq);
  }

  /** Makes room as the operator wants it. @returns false when the record itself is to be dropped. */
  private mayAppend(bytes: number): boolean {
    const { maxBytes, whenFull } = this.options;
    if (this.segments.bytes + bytes <= maxBytes) return true;
    this.freeUnclaimed();
    if (whenFull === 'drop_oldest') this.dropUntil(maxBytes - bytes);
    return this.segments.bytes + bytes <= maxBytes;
  }

  /** Gives up the oldest segments until no more than so many bytes are left, or nothing more can go. */
  private dropUntil(most: number): void {
    for (let before = Infinity; this.segments.bytes > most && this.segments.bytes < before;) {
      before = this.segments.bytes;
      this.dropOldest();
    }
  }

  /** Records of sinks that are not configured any more must not cost those of the others. */
  private freeUnclaimed(): void {
    for (const cursor of this.unclaimed) {
      const lost = cursor.abandon();
      this.logger.error(
        `${lost} records of ${cursor.name}, which is not configured any more, were dropped to make room`,
      );
    }
    this.moved();
  }

  /** Gives up the oldest segment, also the one that is written to. */
  private dropOldest(): void {
    if (this.segments.all.length === 1) this.roll();
    this.dropSegment();
  }

  private dropSegment(): void {
    const next = this.segments.all[1];
    if (!next) return;
    for (const cursor of this.cursors.values()) cursor.segmentsDropped(next.number);
    this.segments.removeOldest();
  }

  /** @returns where the frame begins, undefined when the disk takes nothing. */
  private write(head: FrameHead, payload: Buffer | string): Position | undefined {
    for (;;) {
      try {
        const { size } = this.segments.active;
        if (size > this.segmentBytes) this.roll();
        const start = this.segments.append(head, payload);
        this.trouble.over();
        return start;
      } catch (error) {
        this.trouble.happened(error);
        if (this.options.whenFull !== 'drop_oldest' || this.segments.all.length === 1) return undefined;
        // The disk may be full by our own files.
        this.dropSegment();
      }
    }
  }

  private roll(): void {
    const { number } = this.segments.active;
    try {
      this.segments.roll(number + 1, this.lastSeq, carriedFrames(this.unfinished));
    } catch (error) {
      this.trouble.happened(error);
      return;
    }
    for (const cursor of this.cursors.values()) cursor.segmentBegins(number + 1);
    this.moved();
  }

  private sync(): void {
    this.segments.sync((error) => {
      if (error) this.trouble.happened(error);
    });
  }
}

function* carriedFrames(unfinished: ReadonlyMap<number, Mark>): Iterable<readonly [FrameHead, string]> {
  for (const [seq, { at, keys, text }] of unfinished) yield [{ kind: FrameKind.Mark, seq, at, keys }, text];
}

function segmentsOf(places: ReadonlyMap<string, { readonly position: Position }>): number[] {
  return [...places.values()].map((place) => segmentOf(place.position));
}
