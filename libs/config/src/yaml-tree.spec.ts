import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { FaultList, formatFault } from './faults.js';
import { follow, scalarsOf, toPlain } from './tree.js';
import { parseYaml } from './yaml-tree.js';

function read(text: string, env: NodeJS.ProcessEnv = {}) {
  const faults = new FaultList();
  const root = parseYaml({ file: 't.yaml', text }, env, faults);
  return { root, plain: root && toPlain(root), faults: faults.sorted(['t.yaml']).map(formatFault) };
}

function place(text: string, path: readonly (string | number)[], env: NodeJS.ProcessEnv = {}): string {
  const { root } = read(text, env);
  if (root === undefined) throw new Error('not read');
  const { line, column, path: full } = follow(root, path).origin;
  return `${line}:${column} ${full}`;
}

describe('YAML', () => {
  it('is plain data with positions', () => {
    const text = 'a:\n  - b: 1\n    c: "x"\n  - [true, null, 1.5]\n';
    expect(read(text)).toMatchObject({ plain: { a: [{ b: 1, c: 'x' }, [true, null, 1.5]] }, faults: [] });
    expect(place(text, ['a', 0, 'c'])).toBe('3:8 a[0].c');
    expect(place(text, ['a', 1, 2])).toBe('4:18 a[1][2]');
    expect(place(text, ['a', 1, 'no', 'such'])).toBe('4:5 a[1].no.such');
  });

  it('is also JSON, indented with tabs', () => {
    const text = '{\n\t"a": {\t"b": "c\\/d \\u00e9"},\n\t"e": []\n}';
    expect(read(text)).toMatchObject({ plain: { a: { b: 'c/d é' }, e: [] }, faults: [] });
  });

  it('has anchors and merge keys; own and earlier keys win', () => {
    const text = 'x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 3\nw: *x\n';
    expect(read(text).plain).toMatchObject({ z: { a: 3, b: 1, c: 2 }, w: { a: 1, b: 1 } });
    expect(place(text, ['w'])).toBe('6:4 w');
  });

  it('may have Windows line ends and a byte order mark', () => {
    expect(read('\uFEFFa: 1\r\nb:\r\n  - c\r\n')).toMatchObject({ plain: { a: 1, b: ['c'] }, faults: [] });
  });

  it('that is empty is null', () => {
    expect(read('')).toMatchObject({ plain: null, faults: [] });
    expect(read('# only a comment\n')).toMatchObject({ plain: null, faults: [] });
  });

  it.each([
    ['a:\n\tb: 1', 't.yaml:2:1 a tab cannot indent YAML, only blanks can'],
    ['a: 1\nb: 2\na: 3', 't.yaml:3:1 a: duplicate key, first in line 1'],
    ['a: {b: 1, "b": 2}', 't.yaml:1:11 a.b: duplicate key, first in line 1'],
    ['a: b: c', 't.yaml:1:4 unexpected ":"; a value that holds ": " must be quoted'],
    ['a: [1, 2', 't.yaml:1:9 this is not YAML: Flow sequence'],
    ['a: "x', 't.yaml:1:6 this is not YAML: Missing closing "quote'],
    ['a: "\\q"', 't.yaml:1:5 unknown escape sequence'],
    ['a: @x', 't.yaml:1:4 this is not YAML: Plain value cannot start with reserved character @'],
    ['a: *b', 't.yaml:1:4 a: no anchor &b stands before this alias'],
    ['a: !env X', 't.yaml:1:4 YAML tags other than those of the core schema'],
    ['--- 1\n--- 2\n', 't.yaml:2:1 a second YAML document: one file holds one'],
    ['? [a]\n: b', 't.yaml:1:3 a key must be a plain name'],
    ['__proto__: {a: 1}', 't.yaml:1:1 the key __proto__ is not allowed'],
    ['<<: 1', 't.yaml:1:5 a merge key (<<) takes a map'],
    ['a: \uFDD0', 't.yaml:1:4 the character U+FDD0 is not allowed'],
  ])('%j is told as %s', (text, fault) => {
    expect(read(text).faults[0]).toContain(fault);
  });

  it('is not quoted in messages: what does not parse may be a secret', () => {
    for (const text of ['- a\nb: sk-secret', 'a: |sk-secret\n', 'a: 1\n]sk-secret', 'a: "x" sk-secret']) {
      const { faults } = read(text);
      expect(faults).not.toEqual([]);
      expect(faults.join('\n')).not.toContain('sk-secret');
    }
  });

  it('cannot exhaust stack or memory', () => {
    for (const deep of ['['.repeat(100_000), '{a: '.repeat(100_000), '- '.repeat(100_000), '? '.repeat(100_000)]) {
      expect(read(deep).faults[0]).toContain('nested deeper than 100 levels');
    }
    const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i += 1)
      laughs.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(read(laughs.join('\n')).faults[0]).toContain('the aliases of this file expand to too much');
    expect(read('a: &a [*a]').faults[0]).toContain('nested deeper');
  });
});

describe('templates in YAML', () => {
  const env = { KEY: 'sk-1', PORT: '8080', ON: 'true', EVIL: '", x: [1], "y": "\nz: 1\n# ', EMPTY: '' };

  it.each([
    ['a: ${{ env "KEY" }}', 'sk-1'],
    ['a: "${{ env "KEY" }}"', 'sk-1'],
    ['a: "Bearer ${{ env \\"KEY\\" }}"', 'Bearer sk-1'],
    ['a: "Bearer ${{ env "KEY" }}"', 'Bearer sk-1'],
    ["a: 'Bearer ${{ env ''KEY'' }}!'", 'Bearer sk-1!'],
    ['a: Bearer ${{ env "KEY" }}', 'Bearer sk-1'],
    ['{"a": "Bearer ${{ env \\"KEY\\" }}"}', 'Bearer sk-1'],
    ['{a: ${{ env "KEY" }}}', 'sk-1'],
    ['a: |\n  first ${{ env "KEY" }}\n  second ${{ env `PORT` }}\n', 'first sk-1\nsecond 8080\n'],
    ['a: >-\n  ${{ env "KEY" }}\n  b', 'sk-1 b'],
    ['a: ${{ env "KEY" }}${{ env "PORT" }}-${{ env "KEY" }}', 'sk-18080-sk-1'],
    ['a: ${{ env "PORT" | toInt }}', 8080],
    ['a: "${{ env "PORT" | toInt }}"', 8080],
    ['a: :${{ env "PORT" | toInt }}', ':8080'],
    ['a: ${{ env "ON" | toBool }}', true],
    ['a: ${{ env "PORT" }}', '8080'],
    ['a: "${{ env "EVIL" }}"', env.EVIL],
    ['a: ${{ env "EVIL" }}', env.EVIL],
    ['a: "x${{ env "EMPTY" }}"', 'x'],
    ['a: |\n  # ${{ env "KEY" }}\n  b', '# ${{ env "KEY" }}\nb\n'],
    ['a: b # ${{ env "NO_SUCH" }}', 'b'],
  ])('%j', (text, value) => {
    expect(read(text, env)).toEqual(expect.objectContaining({ plain: { a: value }, faults: [] }));
  });

  it('that cannot be understood are told at their own position', () => {
    expect(read('a: "x ${{ X }}"').faults).toEqual([
      't.yaml:1:7 a: this template cannot be understood; allowed is ${{ env "NAME" }}, optionally followed by | toInt, | toBool, | toFloat or | indent N',
    ]);
    expect(read('a: ${{ env "X"').faults[0]).toContain('t.yaml:1:4 a: this template cannot be understood');
  });

  it('cannot be keys, nor stand beside the marker character', () => {
    expect(read('${{ env "KEY" }}: 1', env).faults[0]).toContain('a template cannot be a key');
    expect(read('a: "\\uFDD0${{ env "KEY" }}"', env).faults[0]).toContain('a template cannot stand beside');
  });

  it('without a value are left to whoever needs it', () => {
    const { root, faults } = read('a: "Bearer ${{ env "X" }}"');
    expect(faults).toEqual([]);
    const [scalar] = root === undefined ? [] : [...scalarsOf(root)];
    expect(scalar).toMatchObject({
      value: '',
      readings: ['Bearer X', expect.any(Symbol)],
      written: 'Bearer ${{ env "X" }}',
      unresolved: [{ reason: 'environment variable X is not set', origin: { line: 1, column: 12, path: 'a' } }],
    });
  });

  it('do not move what stands behind them', () => {
    const value = fc.string({ minLength: 1 });
    const style = fc.constantFrom(
      (t: string) => t,
      (t: string) => `"${t}"`,
      (t: string) => `'${t}'`,
      (t: string) => `"x ${t} y"`,
    );
    fc.assert(
      fc.property(value, style, fc.nat(20), (text, quote, lines) => {
        const before = '\n'.repeat(lines);
        const document = `${before}{a: ${quote('${{ env `V` }}')}, b: 1}`;
        const column = document.length - before.length - 1;
        expect(place(document, ['b'], { V: text })).toBe(`${lines + 1}:${column} b`);
        const { plain } = read(document, { V: text });
        expect(plain).toEqual({ a: expect.stringContaining(text), b: 1 });
      }),
    );
  });
});
