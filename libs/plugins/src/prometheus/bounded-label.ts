/** Stands for every value beyond the bound. */
export const OTHER = 'other';
const MOST_VALUES = 200;
const LONGEST_VALUE = 128;

/**
 * A label whose values come from outside: the first 200 are told apart, all later ones are `other`, so that nobody can fill
 * a time series database by inventing names.
 */
export class BoundedLabel {
  private readonly known = new Map<string, string>();

  constructor(private readonly most = MOST_VALUES) {}

  value(raw: string): string {
    const known = this.known.get(raw);
    if (known !== undefined) return known;
    if (this.known.size >= this.most) return OTHER;
    // Half of a surrogate pair has no UTF-8: several of them would come out as the same series.
    const value = raw.slice(0, LONGEST_VALUE).replaceAll(/\p{Surrogate}/gu, '\ufffd');
    this.known.set(raw, value);
    return value;
  }
}
