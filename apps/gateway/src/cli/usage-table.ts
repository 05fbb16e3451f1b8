import type { UsageReport, UsageTotals } from '#libs/reports';
import type { Style } from './terminal/style.js';
import { textTable, type Column } from './terminal/text-table.js';
import { amount, count, duration, moment, money, percent } from './terminal/units.js';
import type { UsageOptions } from './usage-options.js';

interface Row {
  readonly key: readonly string[];
  readonly totals: UsageTotals;
}

export interface TableSetting {
  readonly style: Style;
  /** Columns of the terminal; undefined: no terminal. */
  readonly width: number | undefined;
}

/** The report for a person. */
export function usageTable(
  report: UsageReport,
  { by, top }: Pick<UsageOptions, 'by' | 'top'>,
  { style, width }: TableSetting,
): string {
  const { total, first, last } = report;
  if (total.exchanges === 0) return 'No exchanges.\n';
  const rows: Row[] = report.list(top).map(({ key = ['(others)'], totals }) => ({ key, totals }));
  rows.push({ key: ['total'], totals: total });
  const keys = by.map((title, index): Column<Row> => ({ title, align: 'left', cell: ({ key }) => key[index] ?? '' }));
  const table = textTable([...keys, ...numbers(total)], rows, { style, width, footer: true });
  const span = `${count(total.exchanges)} exchange${total.exchanges === 1 ? '' : 's'}, ${moment(first)} to ${moment(last)}`;
  return [span, '', ...table.lines, '', ...footnotes(total, table.leftOut)].join('\n').replace(/\n*$/, '\n');
}

/** What no exchange has is left out where it would fill a column with zeros. */
function numbers(total: UsageTotals): Column<Row>[] {
  const columns: (Column<Row> | false)[] = [
    column('exchanges', ({ exchanges }) => count(exchanges)),
    column('errors', ({ errorRate }) => percent(errorRate), 2),
    total.aborted > 0 && column('aborted', ({ aborted }) => count(aborted), 7),
    column('input', ({ inputTokens }) => amount(inputTokens)),
    column('cached', ({ cachedTokens }) => amount(cachedTokens), 5),
    column('cache', ({ cacheShare }) => (cacheShare === undefined ? '–' : percent(cacheShare)), 3),
    total.cacheWriteTokens > 0 && column('written', ({ cacheWriteTokens }) => amount(cacheWriteTokens), 6),
    column('output', ({ outputTokens }) => amount(outputTokens)),
    total.reasoningTokens > 0 && column('reasoning', ({ reasoningTokens }) => amount(reasoningTokens), 6),
    column('cost', cost),
    column('ttft p50', ({ firstToken }) => quantile(firstToken.quantile(0.5)), 4),
    column('p95', ({ firstToken }) => quantile(firstToken.quantile(0.95)), 4),
  ];
  return columns.filter((one) => one !== false);
}

function column(title: string, cell: (totals: UsageTotals) => string, expendable?: number): Column<Row> {
  return {
    title,
    align: 'right',
    cell: ({ totals }) => cell(totals),
    ...(expendable !== undefined && { expendable }),
  };
}

/** A sum without the exchanges whose price is not known is marked as such; without any price it is no sum. */
function cost({ cost: sum, priced, unpriced }: UsageTotals): string {
  if (unpriced === 0) return money(sum);
  return priced === 0 ? 'unknown' : `${money(sum)} + ?`;
}

function quantile(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '–' : duration(milliseconds);
}

function footnotes({ unpriced, estimated }: UsageTotals, leftOut: readonly string[]): string[] {
  const notes: string[] = [];
  if (unpriced > 0)
    notes.push(`${count(unpriced)} with tokens and no known price: input_cost and output_cost of ai-proxy set one.`);
  if (estimated > 0)
    notes.push(`${count(estimated)} without numbers from the provider: the gateway counted their tokens.`);
  if (leftOut.length > 0) notes.push(`Left out for want of room: ${leftOut.join(', ')}.`);
  return notes;
}
