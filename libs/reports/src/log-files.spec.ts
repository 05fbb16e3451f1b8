import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findLogFiles } from './log-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function make(...names: string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), '');
  }
}

const find = (...args: string[]): string[] =>
  findLogFiles(args.map((arg) => (arg === '-' ? arg : join(folder, arg)))).map((path) =>
    path === '-' ? path : relative(folder, path),
  );

describe('findLogFiles', () => {
  it('takes a log with its rotated parts, the oldest first, and nothing else', () => {
    make('a.json', 'a.json.1', 'a.json.2.gz', 'a.json.10.gz', 'a.json.bak', 'a.json.1.tmp', 'a.jsonl', 'ba.json.3');
    expect(find('a.json')).toEqual(['a.json.10.gz', 'a.json.2.gz', 'a.json.1', 'a.json']);
  });

  it('knows parts that are named after their date', () => {
    make('a', 'a-20261127.gz', 'a-20261126', 'a.2026-11-28T00:00:00Z.zst');
    expect(find('a')).toEqual(['a-20261126', 'a-20261127.gz', 'a.2026-11-28T00:00:00Z.zst', 'a']);
  });

  it('knows the parts that file-log sets aside, also beside the file that a link leads to', () => {
    make(
      'real/a',
      'real/a.20261128T013306.123Z',
      'real/a.20261127T013306.123Z.gz',
      'real/a.20261126T013306.123Z.gz.tmp',
    );
    symlinkSync(join(folder, 'real/a'), join(folder, 'link'));
    const parts = ['real/a.20261127T013306.123Z.gz', 'real/a.20261128T013306.123Z'];
    expect(find('real/a')).toEqual([...parts, 'real/a']);
    expect(find('link')).toEqual([...parts, 'link']);
  });

  it('takes a log that is being rotated', () => {
    make('a.1');
    expect(find('a')).toEqual(['a.1']);
  });

  it('expands patterns', () => {
    make('x/a1.json', 'x/a2.json', 'x/b1.json', 'x/.a3.json', 'y/z/a4.json', 'y/a5.json.gz', 'x/a1.json.1');
    expect(find('x/a*.json')).toEqual(['x/a1.json', 'x/a2.json']);
    expect(find('x/[!a]?.json')).toEqual(['x/b1.json']);
    expect(find('*/a[15].json*')).toEqual(['x/a1.json', 'x/a1.json.1', 'y/a5.json.gz']);
    expect(find('**/a*.json')).toEqual(['x/a1.json', 'x/a2.json', 'y/z/a4.json']);
    expect(find('x/**')).toEqual(['x/a1.json', 'x/a1.json.1', 'x/a2.json', 'x/b1.json']);
  });

  it('takes a file whose name looks like a pattern as that file', () => {
    make('a[1].json', 'a1.json');
    expect(find('a[1].json')).toEqual(['a[1].json']);
  });

  it('names a file once, whatever leads to it', () => {
    make('a', 'a.1');
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    expect(find('a.1', 'a', 'a*', '-', 'link', '-')).toEqual(['a.1', 'a', '-']);
  });

  it('refuses what is not there', () => {
    make('x/a');
    expect(() => find('nope')).toThrow(/nope: no such file$/);
    expect(() => find('x')).toThrow(/x is a folder: name the log files in it$/);
    expect(() => find('n*pe')).toThrow(/n\*pe: no file fits$/);
  });
});
