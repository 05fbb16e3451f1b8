import type { StoredRecord } from './read-log.js';
import { SequenceSet } from './sequence-set.js';
import { DimensionReader, type Dimension } from './usage-dimensions.js';
import { UsageTotals } from './usage-totals.js';

export interface UsageReportOptions {
  readonly by: readonly Dimension[];
  /** Milliseconds since 1970, of the start of the exchange; included. */
  readonly since?: number | undefined;
  /** Not included. */
  readonly until?: number | undefined;
  /** Groups that are kept apart; what comes later joins the group of the rest. Default 20,000. */
  readonly mostGroups?: number;
}

export interface UsageGroup {
  /** One value per dimension; undefined for the rest: the groups that were too many, or too small to be listed. */
  readonly key: readonly string[] | undefined;
  readonly totals: UsageTotals;
}

const MOST_GROUPS = 20_000;

/** Sums the records of logs up, in bounded memory. A record that has come before, by its node, number and id, counts once. */
export class UsageReport {
  readonly total = new UsageTotals();
  /** Records that had been counted already. */
  repeated = 0;
  /** Milliseconds since 1970: first and last start of an exchange that was counted. */
  first = Infinity;
  last = -Infinity;

  private readonly by: readonly Dimension[];
  private readonly since: number;
  private readonly until: number;
  private readonly mostGroups: number;
  private readonly reader = new DimensionReader();
  private readonly groups = new Map<string, UsageGroup>();
  private readonly rest = new UsageTotals();
  private readonly seen = new Map<string, SequenceSet>();

  constructor({ by, since, until, mostGroups }: UsageReportOptions) {
    this.by = by;
    this.since = since ?? -Infinity;
    this.until = until ?? Infinity;
    this.mostGroups = mostGroups ?? MOST_GROUPS;
  }

  add(record: StoredRecord): void {
    const { started_at: startedAt } = record;
    if (startedAt < this.since || startedAt >= this.until) return;
    if (this.isRepeated(record)) {
      this.repeated += 1;
      return;
    }
    if (startedAt < this.first) this.first = startedAt;
    if (startedAt > this.last) this.last = startedAt;
    this.total.add(record);
    this.groupOf(record).add(record);
  }

  /**
   * The groups: by time when that comes first, dearest first otherwise.
   * @param top the dearest ones to be listed; the others are one group, the last
   */
  list(top = Infinity): UsageGroup[] {
    const dearest = [...this.groups.values()].sort(byWeight);
    const listed = dearest.slice(0, top);
    const rest = new UsageTotals();
    rest.merge(this.rest);
    for (const { totals } of dearest.slice(top)) rest.merge(totals);
    if (this.by[0] === 'day' || this.by[0] === 'hour') listed.sort(byKey);
    return rest.exchanges > 0 ? [...listed, { key: undefined, totals: rest }] : listed;
  }

  private groupOf(record: StoredRecord): UsageTotals {
    const key = this.by.map((dimension) => this.reader.of(record, dimension));
    const name = key.length === 1 ? (key[0] ?? '') : JSON.stringify(key);
    let group = this.groups.get(name);
    if (!group) {
      if (this.groups.size >= this.mostGroups) return this.rest;
      group = { key, totals: new UsageTotals() };
      this.groups.set(name, group);
    }
    return group.totals;
  }

  private isRepeated({ exchange: { node, seq, id } }: StoredRecord): boolean {
    let seen = this.seen.get(node);
    if (!seen) this.seen.set(node, (seen = new SequenceSet()));
    return seen.add(seq, id) === 'repeated';
  }
}

function byWeight(a: UsageGroup, b: UsageGroup): number {
  return (
    b.totals.cost - a.totals.cost || tokens(b) - tokens(a) || b.totals.exchanges - a.totals.exchanges || byKey(a, b)
  );
}

const tokens = ({ totals }: UsageGroup): number => totals.inputTokens + totals.outputTokens;

function byKey({ key: a = [] }: UsageGroup, { key: b = [] }: UsageGroup): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? '';
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}
