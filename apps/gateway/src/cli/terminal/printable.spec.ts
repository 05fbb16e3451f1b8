import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { clip, displayWidth, printable } from './printable.js';

describe('printable', () => {
  it('leaves nothing that a terminal obeys', () => {
    expect(printable('a\u001b[31mred\u001b]0;title\u0007\u009b2J\r\nz')).toBe('a�[31mred�]0;title��2J��z');
    expect(printable('\u202Egpj.exe\u2066\u2028')).toBe('�gpj.exe��');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const character of printable(text)) {
          const code = character.codePointAt(0) ?? 0;
          expect(code < 0x20 || (code >= 0x7f && code <= 0x9f)).toBe(false);
        }
      }),
    );
  });

  it('leaves text as it is', () => {
    for (const text of ['gpt-5-mini', 'Prokopios Ἀνέκδοτα', '秘史 🗝️']) expect(printable(text)).toBe(text);
  });
});

describe('displayWidth', () => {
  it('counts columns of a terminal', () => {
    expect(displayWidth('gpt-5')).toBe(5);
    expect(displayWidth('秘史')).toBe(4);
    expect(displayWidth('e\u0301🗝️')).toBe(3);
  });
});

describe('clip', () => {
  it('keeps within the columns and whole where there is room', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
        const clipped = clip(text, columns);
        expect(displayWidth(clipped)).toBeLessThanOrEqual(columns);
        if (displayWidth(text) <= columns) expect(clipped).toBe(text);
      }),
    );
    expect(clip('秘史秘史', 4)).toBe('秘…');
  });
});
