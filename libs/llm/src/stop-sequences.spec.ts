import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { StopSequenceScanner } from './stop-sequences.js';
import { cut } from './testing/scripts.js';
import { TextFilter } from './text-filter.js';

function scan(pieces: readonly string[], sequences: readonly string[]): [text: string, matched: string | undefined] {
  const scanner = new StopSequenceScanner(sequences);
  const text = pieces.map((piece) => scanner.push(piece)).join('') + scanner.flush();
  return [text, scanner.matched];
}

/** Character by character, as a model writes. */
function reference(text: string, sequences: readonly string[]): [text: string, matched: string | undefined] {
  for (let end = 1; end <= text.length; end++) {
    const ending = sequences.filter((sequence) => text.slice(0, end).endsWith(sequence));
    const longest = ending.toSorted((a, b) => b.length - a.length)[0];
    if (longest !== undefined) return [text.slice(0, end - longest.length), longest];
  }
  return [text, undefined];
}

describe('stop sequences', () => {
  it('R48 are found across the borders of pieces', () => {
    expect(scan(['…fooE', 'NDbar'], ['x', 'END'])).toEqual(['…foo', 'END']);
    expect(scan(['E', 'E', 'N', 'D'], ['END'])).toEqual(['E', 'END']);
    expect(scan(['no', 'thing'], ['END'])).toEqual(['nothing', undefined]);
  });

  it('R48 hold back no more than what may become one', () => {
    const scanner = new StopSequenceScanner(['END', 'abcdef']);
    expect(scanner.push('xxEN')).toBe('xx');
    expect(scanner.push('x')).toBe('ENx');
    expect(scanner.push('abc')).toBe('');
    expect(scanner.push('d!')).toBe('abcd!');
  });

  it('R48 the one that is completed first counts, of two at once the longer', () => {
    expect(scan(['abcd'], ['abcd', 'bc'])).toEqual(['a', 'bc']);
    expect(scan(['xab'], ['b', 'ab'])).toEqual(['x', 'ab']);
  });

  it('R48 agree with a search character by character, for every cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '漢'), maxLength: 14 });
    const sequence = fc.string({ unit: fc.constantFrom('a', 'b', '漢'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        letters,
        fc.array(sequence, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat()),
        (text, sequences, places) => {
          expect(scan(cut(text, places), sequences)).toEqual(reference(text, sequences));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('are not looked for when there are none', () => {
    expect(TextFilter.for({})).toBeUndefined();
    expect(TextFilter.for({ prefill: '', stopSequences: [''] })).toBeUndefined();
  });
});

describe('a repeated beginning', () => {
  it('R37 is cut once, whole or not at all, for every cut of the text', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 4 }),
        fc.string({ maxLength: 6 }),
        fc.boolean(),
        fc.array(fc.nat()),
        (prefill, rest, repeats, places) => {
          fc.pre(prefill !== '');
          const text = repeats ? prefill + rest : rest;
          const filter = TextFilter.for({ prefill });
          const out =
            cut(text, places)
              .map((piece) => filter?.push(piece))
              .join('') + (filter?.flush() ?? '');
          expect(out).toBe(text.startsWith(prefill) ? text.slice(prefill.length) : text);
        },
      ),
    );
  });

  it('R37 R48 goes together with stop sequences', () => {
    const filter = TextFilter.for({ prefill: 'EN', stopSequences: ['EN'] });
    expect(filter?.push('E')).toBe('');
    expect(filter?.push('NaE')).toBe('a');
    expect(filter?.push('N')).toBe('');
    expect(filter?.matched).toBe('EN');
    const held = TextFilter.for({ prefill: 'ENxyz', stopSequences: ['EN'] });
    expect(held?.push('aEN')).toBe('a');
    const partly = TextFilter.for({ prefill: 'ENxyz', stopSequences: ['EN'] });
    expect(partly?.push('ENx')).toBe('');
    expect(partly?.flush()).toBe('');
    expect(partly?.matched).toBe('EN');
  });
});
