import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { cut } from '../testing/scripts.js';
import { JsonTextBuffer } from './json-text-buffer.js';
import { toJsonText, type JsonText } from './text.js';
import { isObjectJson, ObjectEndScanner, repairObjectJson } from './tool-arguments.js';

const objects = fc.dictionary(fc.string(), fc.jsonValue());

describe('the arguments of a tool call', () => {
  it('T05 their end is found, not earlier and not later, in any pieces', () => {
    fc.assert(
      fc.property(objects, fc.array(fc.nat()), (object, places) => {
        const json = JSON.stringify(object);
        const scanner = new ObjectEndScanner();
        const pieces = cut(json, places);
        for (const [i, piece] of pieces.entries()) {
          expect(scanner.complete).toBe(pieces.slice(0, i).join('') === json);
          scanner.feed(piece);
        }
        expect(scanner.complete).toBe(true);
        expect(new ObjectEndScanner().feed(`${json}tail`)).toBe(json.length);
      }),
    );
  });

  it('S05 are left alone when they are an object', () => {
    fc.assert(
      fc.property(objects, fc.nat(3), (object, space) => {
        const json = JSON.stringify(object, undefined, space);
        expect(isObjectJson(json)).toBe(true);
        expect(repairObjectJson(json)).toBe(json);
      }),
    );
  });

  it('S05 a cut object is never completed', () => {
    fc.assert(
      fc.property(objects, fc.nat(), (object, place) => {
        const json = JSON.stringify(object);
        expect(repairObjectJson(json.slice(0, place % json.length))).toBeUndefined();
      }),
    );
  });

  it('S05 a repair changes nothing that is meant', () => {
    const damage = fc.constantFrom<(json: string) => string>(
      (json) => json.replace(/\}$/, json === '{}' ? '}' : ',\n}'),
      (json) => `'${json}'`,
      (json) => JSON.stringify(json),
      (json) => json + json,
      (json) => `${json}\n${json}`,
      (json) => json.replaceAll('\\n', '\n').replaceAll('\\t', '\t'),
    );
    fc.assert(
      fc.property(objects, damage, (object, spoil) => {
        const spoiled = spoil(JSON.stringify(object));
        // Taking the backslash away before an n may leave another one that escaped it.
        fc.pre(!JSON.stringify(object).includes('\\\\'));
        expect(JSON.parse(repairObjectJson(spoiled) ?? 'null')).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});

describe('collected deltas', () => {
  it('are what was appended', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 400 })), (texts) => {
        const buffer = new JsonTextBuffer();
        const pieces = texts.map(toJsonText);
        for (const piece of pieces) buffer.append(piece);
        expect(buffer.text()).toBe(pieces.join(''));
        expect(buffer.length).toBe(pieces.join('').length);
      }),
    );
  });

  it('are counted, but not kept beyond the limit', () => {
    const buffer = new JsonTextBuffer(1000);
    const piece = 'x'.repeat(99) as JsonText;
    for (let i = 0; i < 100; i++) buffer.append(piece);
    expect(buffer.length).toBe(9900);
    expect(buffer.text().length % 99).toBe(0);
    expect(buffer.text().length).toBeGreaterThanOrEqual(1000);
    expect(buffer.text().length).toBeLessThan(1600);
  });
});
