import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { joinPieces, jsonMembers } from './json-bytes.js';

const long = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.string({ unit, minLength: 300, maxLength: 800 });
const latin1 = fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code));

function data(text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 8 }, text, tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  })).value;
}

function written(values: readonly unknown[], form: 'utf8' | 'latin1'): string {
  return `[${joinPieces(jsonMembers(values, form), form).toString(form)}]`;
}

describe('jsonMembers', () => {
  it('is what JSON.stringify writes, whatever the text, the first time and again', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      long(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
    );
    const scalars = fc.constantFrom<unknown>(null, true, 0, -1.5, Number.NaN, undefined);
    fc.assert(
      fc.property(fc.array(fc.oneof(data(any), scalars), { maxLength: 4 }), (values) => {
        const expected = Buffer.from(JSON.stringify(values)).toString();
        expect(written(values, 'utf8')).toBe(expected);
        expect(written(values, 'utf8')).toBe(expected);
      }),
    );
  });

  it('is what JSON.stringify writes of texts with one char per byte', () => {
    const bytes = fc.oneof(fc.string({ unit: latin1 }), long(latin1));
    fc.assert(
      fc.property(fc.array(data(bytes), { maxLength: 4 }), (values) => {
        expect(written(values, 'latin1')).toBe(JSON.stringify(values));
        expect(written(values, 'latin1')).toBe(JSON.stringify(values));
      }),
    );
  });

  it('leaves members without a value out', () => {
    expect(written([{ a: undefined, b: 1, c: undefined }, { d: undefined }], 'utf8')).toBe('[{"b":1},{}]');
  });

  it('writes the same text in the form that it is asked for', () => {
    const text = 'é'.repeat(1000);
    expect(joinPieces(jsonMembers([text], 'utf8'), 'utf8')).toEqual(Buffer.from(`"${text}"`, 'utf8'));
    expect(joinPieces(jsonMembers([text], 'latin1'), 'latin1')).toEqual(Buffer.from(`"${text}"`, 'latin1'));
  });
});
