import { describe, expect, it } from '@jest/globals';
import { styleOf } from './style.js';
import { textTable, type Column } from './text-table.js';

interface Row {
  readonly name: string;
  readonly size: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'name', align: 'left', cell: ({ name }) => name },
  { title: 'size', align: 'right', cell: ({ size }) => String(size) },
  { title: 'double', align: 'right', cell: ({ size }) => String(2 * size), expendable: 1 },
  { title: 'half', align: 'right', cell: ({ size }) => String(size / 2), expendable: 2 },
];
const ROWS = [
  { name: 'a', size: 5 },
  { name: '秘史', size: 1234 },
  { name: 'total', size: 1239 },
];
const plain = styleOf({}, {});

describe('textTable', () => {
  it('aligns texts left and numbers right, the total below a line', () => {
    expect(textTable(COLUMNS.slice(0, 2), ROWS, { style: plain, footer: true }).lines).toEqual([
      'name   size',
      'a         5',
      '秘史   1234',
      '───────────',
      'total  1239',
    ]);
  });

  it('leaves columns out that do not fit, the least important first, and names them', () => {
    expect(textTable(COLUMNS, ROWS, { style: plain, footer: false, width: 27 }).leftOut).toEqual([]);
    expect(textTable(COLUMNS, ROWS, { style: plain, footer: false, width: 25 }).leftOut).toEqual(['half']);
    const narrow = textTable(COLUMNS, ROWS, { style: plain, footer: false, width: 3 });
    expect(narrow.leftOut).toEqual(['double', 'half']);
    expect(narrow.lines[0]).toBe('name   size');
  });

  it('lets no control character of the data through', () => {
    const rows = [{ name: 'x\u001b[2J\n', size: 1 }];
    expect(textTable(COLUMNS, rows, { style: plain, footer: false }).lines.join('')).not.toMatch(/\p{Cc}/u);
  });
});

describe('styleOf', () => {
  it('has colours on a terminal, and not where NO_COLOR is set', () => {
    expect(styleOf({ isTTY: true }, {}).bad('x')).toBe('\u001b[31mx\u001b[39m');
    expect(styleOf({ isTTY: true }, { NO_COLOR: '1' }).bad('x')).toBe('x');
    expect(styleOf({ isTTY: true }, { TERM: 'dumb' }).bad('x')).toBe('x');
    expect(styleOf({ isTTY: false }, {}).bad('x')).toBe('x');
  });
});
