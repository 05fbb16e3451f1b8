import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isPlainJson, toBytes } from './json-text.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.string({ unit: fc.constantFrom('a', '\ud800', '\u2028') }),
);

describe('isPlainJson', () => {
  it('holds only for what JSON writes between its quotes unchanged', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        if (isPlainJson(text)) expect(JSON.stringify(text)).toBe(`"${text}"`);
      }),
    );
    expect(isPlainJson('claude-cli/2.0 (ä, €) \u2028')).toBe(true);
    for (const text of ['"', '\\', '\n', '\t', '\u0000', '\ud800', '😀']) expect(isPlainJson(text)).toBe(false);
  });
});

describe('toBytes', () => {
  it('gives the bytes of every text, and keeps those it has given', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, fc.nat(9_000)), { maxLength: 12 }), (parts) => {
        const texts = parts.map(([text, times]) => text.repeat(1 + times / (1 + text.length)));
        const given = texts.map(toBytes);
        expect(given.map((bytes) => bytes.toString('hex'))).toEqual(
          texts.map((text) => Buffer.from(text).toString('hex')),
        );
      }),
    );
  });

  it('never cuts a character at the end of its memory', () => {
    for (let length = 16_370; length < 16_400; length++) {
      const text = `${'x'.repeat(length)}😀`;
      expect(toBytes(text).equals(Buffer.from(text))).toBe(true);
      expect(toBytes('€'.repeat(length)).equals(Buffer.from('€'.repeat(length)))).toBe(true);
    }
  });
});
