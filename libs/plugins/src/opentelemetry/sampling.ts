/** When an exchange is traced; the two first are Kong's `sampling_strategy`. */
export interface Sampling {
  /**
   * `parent_drop_probability_fallback`: a caller that says no is heard, all others are drawn. `parent_probability_fallback`: a
   * caller that has decided is heard. `probability`: the draw alone counts.
   */
  readonly strategy: 'parent_drop_probability_fallback' | 'parent_probability_fallback' | 'probability';
  /** 0 to 1. */
  readonly rate: number;
}

/** The draw depends on the trace's id alone, so that every gateway of a trace draws the same. */
export function isSampled({ strategy, rate }: Sampling, traceId: string, parent: boolean | undefined): boolean {
  if (strategy !== 'probability' && parent === false) return false;
  if (strategy === 'parent_probability_fallback' && parent === true) return true;
  if (rate >= 1) return true;
  // The last 56 bits are the ones that W3C asks to be random; 52 of them fit a number.
  return Number.parseInt(traceId.slice(-13), 16) < rate * 2 ** 52;
}
