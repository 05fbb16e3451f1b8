/** Milliseconds. */
export interface RetryDelays {
  /** Longest wait after the first failure; doubles with each further one. */
  readonly first: number;
  /** No wait is longer, however long the far side is away. */
  readonly longest: number;
}

/**
 * The wait before the next attempt: exponential backoff with full jitter, so that several sinks do not come back to a far side that
 * has just risen all at once (AWS Architecture Blog, "Exponential Backoff and Jitter").
 * @param failures in a row, from 1.
 * @param random from 0 to 1.
 */
export function retryDelay(failures: number, { first, longest }: RetryDelays, random: number): number {
  const ceiling = Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
  return Math.max(1, Math.round(random * ceiling));
}
