/** @typedef {{ median: number, min: number, max: number, rounds: number[] }} Summary */

/**
 * Nearest-rank percentile.
 * @param {readonly number[]} values
 * @param {number} percent above 0, at most 100
 * @returns {number} NaN when there are no values
 */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

/**
 * @param {readonly number[]} values
 * @returns {number} the middle one, or the mean of the two in the middle; NaN when there are none
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper;
}

/**
 * @param {readonly number[]} rounds
 * @returns {Summary}
 */
export function summary(rounds) {
  return { median: median(rounds), min: Math.min(...rounds), max: Math.max(...rounds), rounds: [...rounds] };
}
