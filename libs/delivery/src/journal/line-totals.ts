import type { LineLimits } from '../journal.js';
import { Ring } from '../ring.js';

/** Entries and their bytes, counted from the beginning of a line. */
export interface Totals {
  readonly count: number;
  readonly bytes: number;
}

const NONE: Totals = { count: 0, bytes: 0 };

/**
 * Counts a sink's line: how much has been appended, how much has been read, what was dropped in between. The marks tell what had
 * been appended when a segment began, so that the entries of a segment that is dropped, or cannot be read, are counted exactly.
 */
export class LineTotals {
  dropped = 0;
  private appendedCount = 0;
  private appendedBytes = 0;
  /** Read or dropped. */
  private readCount = 0;
  private readBytes = 0;
  /** Dropped from the front of the line, and still to be passed over by the reader. */
  private skipping = 0;
  private readonly marks = new Map<number, Totals>();
  private limits: LineLimits = {};
  /** Sizes of the newest entries that wait; kept only where a bound asks for them. */
  private sizes: Ring<number> | undefined;
  private sizesSum = 0;

  get appended(): Totals {
    return { count: this.appendedCount, bytes: this.appendedBytes };
  }

  get waiting(): number {
    return this.appendedCount - this.readCount;
  }

  get waitingBytes(): number {
    return this.appendedBytes - this.readBytes;
  }

  /** @param out entries that are out, being delivered: they count towards the bounds. */
  append(bytes: number, out: Totals): void {
    this.appendedCount++;
    this.appendedBytes += bytes;
    if (!this.sizes) return;
    this.sizes.push(bytes);
    this.sizesSum += bytes;
    this.enforce(out);
  }

  /** An entry that had been settled before this process. */
  pass(bytes: number): void {
    this.appendedCount++;
    this.appendedBytes += bytes;
    this.readCount++;
    this.readBytes += bytes;
  }

  /** The reader has come to an entry. @returns false when it was dropped. */
  take(bytes: number): boolean {
    if (this.skipping > 0) {
      this.skipping--;
      return false;
    }
    this.passFront(bytes);
    return true;
  }

  /** Entries that were taken wait again. */
  giveBack(count: number, bytes: number): void {
    this.readCount -= count;
    this.readBytes -= bytes;
  }

  limit(limits: LineLimits): void {
    this.limits = limits;
    const wanted = limits.maxEntries !== undefined || limits.maxBytes !== undefined;
    if (wanted) this.sizes ??= new Ring();
    else this.sizes = undefined;
    if (!this.sizes) this.sizesSum = 0;
    this.enforce(NONE);
  }

  /** Notes what has been appended before a segment. */
  mark(segment: number): void {
    this.marks.set(segment, this.appended);
  }

  forgetMarks(before: number): void {
    for (const segment of this.marks.keys()) if (segment < before) this.marks.delete(segment);
  }

  jumpToMark(segment: number): void {
    this.jump(this.marks.get(segment) ?? this.appended);
  }

  arriveAtMark(segment: number): void {
    this.arrive(this.marks.get(segment) ?? this.appended);
  }

  /** Everything before `to` is dropped. @returns how many entries were lost by it. */
  jump(to: Totals): number {
    const lost = Math.max(0, to.count - this.readCount);
    if (lost > 0) {
      this.skipping = 0;
      this.lose(lost, to.bytes - this.readBytes);
    } else this.skipping = Math.min(this.skipping, this.readCount - to.count);
    return lost;
  }

  /** The reader has come to `to`: what it should have met and has not is lost. */
  arrive(to: Totals): void {
    const missing = to.count - (this.readCount - this.skipping);
    if (missing <= 0) return;
    const dropped = Math.min(missing, this.skipping);
    this.skipping -= dropped;
    if (missing > dropped) this.lose(missing - dropped, to.bytes - this.readBytes);
  }

  private enforce(out: Totals): void {
    const { maxEntries = Infinity, maxBytes = Infinity } = this.limits;
    while (this.waiting > 0 && (this.waiting + out.count > maxEntries || this.waitingBytes + out.bytes > maxBytes)) {
      this.passFront(this.frontSize());
      this.skipping++;
      this.dropped++;
    }
  }

  /** An estimate where the entry was appended before its size was wanted. */
  private frontSize(): number {
    const known = this.sizes?.length ?? 0;
    if (known === this.waiting) return this.sizes?.first() ?? 0;
    return (this.waitingBytes - this.sizesSum) / (this.waiting - known);
  }

  private passFront(bytes: number): void {
    if (this.sizes && this.sizes.length === this.waiting) this.sizesSum -= this.sizes.shift() ?? 0;
    this.readCount++;
    this.readBytes += bytes;
    if (this.waiting === 0) this.readBytes = this.appendedBytes;
  }

  private lose(count: number, bytes: number): void {
    this.dropped += count;
    this.readCount += count;
    this.readBytes += bytes;
    while (this.sizes && this.sizes.length > this.waiting) this.sizesSum -= this.sizes.shift() ?? 0;
  }
}
