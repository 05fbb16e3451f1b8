import type { UsageReport, UsageTotals } from '#libs/reports';
import type { FaultNotes } from './log-input.js';
import { safeJson } from './output.js';
import { printable } from './terminal/printable.js';
import type { UsageOptions } from './usage-options.js';

/** The numbers of a group by their names in JSON and CSV: tokens, USD, milliseconds. */
function figures(totals: UsageTotals): Record<string, number | null> {
  const { firstToken, priced, unpriced } = totals;
  return {
    exchanges: totals.exchanges,
    errors: totals.errors,
    client_aborted: totals.aborted,
    input_tokens: totals.inputTokens,
    cached_tokens: totals.cachedTokens,
    cache_write_tokens: totals.cacheWriteTokens,
    output_tokens: totals.outputTokens,
    reasoning_tokens: totals.reasoningTokens,
    cost_usd: priced === 0 && unpriced > 0 ? null : rounded(totals.cost),
    unpriced_exchanges: unpriced,
    estimated_exchanges: totals.estimated,
    cache_share: totals.cacheShare ?? null,
    time_to_first_token_p50_ms: quantile(firstToken.quantile(0.5)),
    time_to_first_token_p95_ms: quantile(firstToken.quantile(0.95)),
  };
}

/** Sums of binary fractions end in noise. */
function rounded(sum: number): number {
  return Number(sum.toPrecision(12));
}

/** What is known to 1 % has three digits. */
function quantile(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Number(milliseconds.toPrecision(3));
}

/** One object: `total`, and `groups` in the order of the table, the rest with `others: true`. */
export function usageJson(
  report: UsageReport,
  { by, top, since, until }: UsageOptions,
  files: readonly string[],
  notes: FaultNotes,
): string {
  const { total, first, last } = report;
  const groups = report.list(top).map(({ key, totals }) => ({
    ...(key ? Object.fromEntries(by.map((dimension, index) => [dimension, key[index]])) : { others: true }),
    ...figures(totals),
  }));
  const value = {
    files,
    since: isoTime(since),
    until: isoTime(until),
    first: isoTime(first),
    last: isoTime(last),
    by,
    groups,
    total: figures(total),
    repeated_records: report.repeated,
    torn_lines: notes.counts.torn,
    foreign_lines: notes.counts.foreign,
    unreadable_files: notes.unreadable.map(({ file, detail }) => ({ file, reason: detail })),
  };
  return `${safeJson(value)}\n`;
}

/** The groups, as RFC 4180 has it, with a header line. */
export function usageCsv(report: UsageReport, { by, top }: UsageOptions): string {
  const head = [...by, ...Object.keys(figures(report.total))];
  const lines = report.list(top).map(({ key, totals }) => {
    const names = key ?? by.map((_, index) => (index === 0 ? '(others)' : ''));
    return [...names.map(csvText), ...Object.values(figures(totals)).map((value) => value ?? '')];
  });
  return [head, ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** A spreadsheet runs what begins like a formula; a terminal obeys control characters. */
function csvText(text: string): string {
  const plain = printable(text).replace(/^[=+\-@]/, "'$&");
  return /[",]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function isoTime(milliseconds: number | undefined): string | null {
  return milliseconds === undefined || !Number.isFinite(milliseconds) ? null : new Date(milliseconds).toISOString();
}
