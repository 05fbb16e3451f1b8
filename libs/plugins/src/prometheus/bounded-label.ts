/** Stands for every value beyond the bound; one of the values itself. */
export const OTHER = 'other';
const MOST_VALUES = 200;
const LONGEST_VALUE = 128;

/**
 * A label whose values come from outside: it has at most 200 of them, the last of which is `other` for all that came too late, so
 * that nobody can fill a time series database by inventing names.
 */
export class BoundedLabel {
  private readonly known = new Map<string, string>();

  /** @param most values, `other` included. */
  constructor(private readonly most = MOST_VALUES) {}

  value(raw: string): string {
    const known = this.known.get(raw);
    if (known !== undefined) return known;
    if (this.known.size >= this.most - 1) return OTHER;
    // Half of a surrogate pair has no UTF-8: several of them would come out as the same series.
    const value = raw.slice(0, LONGEST_VALUE).replaceAll(/\p{Surrogate}/gu, '\ufffd');
    this.known.set(raw, value);
    return value;
  }
}
