import { clip, displayWidth, printable } from './printable.js';
import type { Style } from './style.js';

export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (row: Row) => string;
  /** Left out first where the terminal is narrow: the highest one. Undefined: never. */
  readonly expendable?: number;
}

export interface TableOptions {
  readonly style: Style;
  /** Columns of the terminal; undefined: as wide as it gets. */
  readonly width?: number | undefined;
  /** Set apart below a line. */
  readonly footer: boolean;
}

export interface TextTable {
  readonly lines: readonly string[];
  /** Titles of the columns that did not fit. */
  readonly leftOut: readonly string[];
}

const GAP = '  ';
/** Columns of the terminal that a text of the data gets; session ids have 36. */
const WIDEST_TEXT = 40;

/** Aligned columns; the last row is the footer where there is one. Texts come from anywhere: they are made printable. */
export function textTable<Row>(all: readonly Column<Row>[], rows: readonly Row[], options: TableOptions): TextTable {
  const { style, width = Infinity, footer } = options;
  const columns = all.map((column) => {
    const cells = rows.map((row) => clip(printable(column.cell(row)), WIDEST_TEXT));
    return { ...column, cells, width: Math.max(...[column.title, ...cells].map(displayWidth)) };
  });
  const shown = fitting(columns, width);
  const line = (texts: readonly string[]): string =>
    shown
      .map((column, index) => pad(texts[index] ?? '', column.width, column.align))
      .join(GAP)
      .trimEnd();
  const body = rows.map((_, row) => line(shown.map(({ cells }) => cells[row] ?? '')));
  const head = style.bold(line(shown.map(({ title }) => title)));
  const rule = style.dim('─'.repeat(shown.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length)));
  const lines = footer ? [head, ...body.slice(0, -1), rule, style.bold(body.at(-1) ?? '')] : [head, ...body];
  return { lines, leftOut: columns.filter((column) => !shown.includes(column)).map(({ title }) => title) };
}

function fitting<C extends { readonly width: number; readonly expendable?: number }>(
  columns: readonly C[],
  width: number,
): readonly C[] {
  const needed = columns.reduce((sum, column) => sum + column.width + GAP.length, -GAP.length);
  const least = Math.max(...columns.map(({ expendable = -1 }) => expendable));
  if (needed <= width || least < 0) return columns;
  return fitting(
    columns.filter(({ expendable }) => expendable !== least),
    width,
  );
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + blanks : blanks + text;
}
