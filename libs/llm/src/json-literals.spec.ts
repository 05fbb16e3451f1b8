import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JsonLiterals } from './json-literals.js';

describe('JsonLiterals', () => {
  it('tells texts apart that differ in one character anywhere', () => {
    const literals = new JsonLiterals(1024 * 1024);
    const text = 'x'.repeat(2000);
    literals.of(text, 'utf8');
    for (let at = 0; at < text.length; at++) {
      const other = `${text.slice(0, at)}"${text.slice(at + 1)}`;
      expect(literals.of(other, 'utf8').toString()).toBe(JSON.stringify(other));
    }
  });

  it('is right whatever is kept and forgotten, in any order', () => {
    const texts = Array.from({ length: 12 }, (_, i) => `${i} \n"`.repeat(100 + i));
    fc.assert(
      fc.property(fc.array(fc.nat(11)), fc.integer({ min: 0, max: 20_000 }), (order, maxBytes) => {
        const literals = new JsonLiterals(maxBytes);
        for (const index of order) {
          const text = texts[index]!;
          expect(literals.of(text, 'utf8').toString()).toBe(JSON.stringify(text));
        }
      }),
    );
  });

  it('keeps what is asked for, and forgets what is not', () => {
    const literals = new JsonLiterals(40_000);
    const text = 'kept'.repeat(200);
    const literal = literals.of(text, 'latin1');
    for (let i = 0; i < 100; i++) {
      literals.of(String(i).padEnd(1000, '.'), 'latin1');
      if (i < 50) expect(literals.of(text, 'latin1')).toBe(literal);
    }
    expect(literals.of(text, 'latin1')).not.toBe(literal);
  });
});
