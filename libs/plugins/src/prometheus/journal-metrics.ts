import { FamilySet } from './family-set.js';

/** The journal, as delivery tells of it. */
export interface JournalState {
  readonly bytes: number;
  readonly max_bytes: number;
  readonly full: boolean;
  readonly unfinished: number;
  readonly corrupt_frames: number;
  /** Set while the disk takes nothing. */
  readonly failing: object | undefined;
  /** Lines of sinks that are not configured any more. */
  readonly unclaimed: readonly { readonly depth: number }[];
}

/** What is read of the journal when metrics are scraped. */
export interface JournalMetricsSource {
  journalStatus(): JournalState;
}

/** The journal on disk, read at each scrape. */
export class JournalMetrics {
  private readonly set = new FamilySet();
  private readonly bytes = this.set.gauge('journal_bytes', 'Bytes of the journal on disk').cell();
  private readonly maxBytes = this.set.gauge('journal_max_bytes', 'Bytes that the journal may have').cell();
  private readonly full = this.set.gauge('journal_full', '1 while there is no room for a record without a loss').cell();
  private readonly failing = this.set.gauge('journal_failing', '1 while the disk takes nothing').cell();
  private readonly unfinished = this.set
    .gauge('journal_unfinished_exchanges', 'Exchanges that have started and have no record yet')
    .cell();
  private readonly unclaimed = this.set
    .gauge('journal_unclaimed_entries', 'Records in line for sinks that are not configured any more')
    .cell();
  private readonly corrupt = this.set
    .counter('journal_corrupt_frames_total', 'Places in the journal that could not be read')
    .cell();

  get families() {
    return this.set.families;
  }

  read(source: JournalMetricsSource): void {
    const status = source.journalStatus();
    this.bytes.value = status.bytes;
    this.maxBytes.value = status.max_bytes;
    this.full.value = status.full ? 1 : 0;
    this.failing.value = status.failing ? 1 : 0;
    this.unfinished.value = status.unfinished;
    this.unclaimed.value = status.unclaimed.reduce((sum, { depth }) => sum + depth, 0);
    this.corrupt.value = status.corrupt_frames;
  }
}
