import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { ApiError, listed } from '../api-error.js';
import {
  anyObject,
  arrayOf,
  boolean,
  decimal,
  integer,
  mapOf,
  nullable,
  object,
  oneOf,
  string,
  stringOr,
  tagged,
  type Check,
} from './checks.js';
import { checkImageUrl, isBase64 } from './media.js';

function faultOf(check: Check, value: unknown): string | undefined {
  try {
    check(value, 'p');
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.param} ${error.code}: ${error.message}`;
  }
}

const point = object({ x: integer() }, { label: nullable(string()) });

describe('checks', () => {
  it.each<readonly [check: Check, value: unknown, fault: string]>([
    [string(), 1, "p invalid_type: Invalid type for 'p': expected a string, but got an integer instead."],
    [
      string({ min: 2 }),
      'a',
      "p string_below_min_length: Invalid 'p': string too short. Expected a string with minimum length 2, but got a string with length 1 instead.",
    ],
    [integer(), Number.NaN, 'p invalid_type'],
    [
      decimal(-1),
      -2,
      "p decimal_below_min_value: Invalid 'p': decimal below minimum value. Expected a value >= -1, but got -2 instead.",
    ],
    [
      integer(0, 5),
      6,
      "p integer_above_max_value: Invalid 'p': integer above maximum value. Expected a value <= 5, but got 6 instead.",
    ],
    [boolean, null, 'expected a boolean, but got null instead.'],
    [anyObject, [], 'expected an object, but got an array instead.'],
    [oneOf('a', 'b'), 'c', "p invalid_value: Invalid value: 'c'. Supported values are: 'a' and 'b'."],
    [oneOf('a', 'b'), 1, "expected one of 'a' and 'b', but got an integer instead."],
    [arrayOf(boolean), [true, 0], 'p[1] invalid_type'],
    [arrayOf(boolean, { max: 1 }), [true, true], 'p array_above_max_length'],
    [mapOf(string(), 1), { a: 'b', c: 'd' }, 'p object_above_max_properties'],
    [mapOf(string()), { a: 1 }, 'p.a invalid_type'],
    [point, {}, "p.x missing_required_parameter: Missing required parameter: 'p.x'."],
    [point, { x: 1, y: 2 }, "p.y unknown_parameter: Unknown parameter: 'p.y'."],
    [point, 'x', 'expected an object, but got a string instead.'],
    [
      tagged('type', { a: anyObject }),
      { type: 'toString' },
      "p.type invalid_value: Invalid value: 'toString'. Supported values are: 'a'.",
    ],
    [tagged('type', { a: anyObject }), {}, 'p.type missing_required_parameter'],
    [stringOr(arrayOf(boolean)), 1, 'expected one of a string or array of objects, but got an integer instead.'],
    [stringOr(arrayOf(boolean)), [1], 'p[0] invalid_type'],
  ])('%# refuse with a reason', (check, value, fault) => expect(faultOf(check, value)).toContain(fault));

  it.each<readonly [check: Check, value: unknown]>([
    [point, { x: 1 }],
    [point, { x: -1, label: null }],
    [nullable(boolean), null],
    [stringOr(arrayOf(boolean)), 'a'],
    [stringOr(arrayOf(boolean)), [true]],
    [tagged('type', { a: anyObject }), { type: 'a' }],
    [decimal(0, 1), 0.5],
  ])('%# let good values pass', (check, value) => expect(faultOf(check, value)).toBeUndefined());

  it('never fail in another way than with an ApiError', () => {
    const shape = object(
      { list: arrayOf(tagged('type', { a: point, b: mapOf(string({ pattern: /^x/ })) })) },
      { either: stringOr(anyObject), number: decimal(0, 9), choice: oneOf('u', 'v') },
    );
    fc.assert(fc.property(fc.anything(), (value) => void faultOf(shape, value)));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('list', 'either', 'number', 'choice'), fc.anything()),
        (value) => void faultOf(shape, value),
      ),
    );
  });
});

describe('media', () => {
  it('knows base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (content) => {
        const text = Buffer.from(content).toString('base64');
        expect(isBase64(text)).toBe(true);
        expect(isBase64(`${text}\n`)).toBe(false);
        expect(isBase64(text.slice(1))).toBe(false);
      }),
    );
  });

  it('takes images by address or in themselves', () => {
    for (const url of ['https://h/i.png', 'HTTP://h/i', 'data:image/webp;base64,QUJD'])
      expect(() => checkImageUrl(url, 'p')).not.toThrow();
    for (const url of ['ftp://h/i', 'data:image/png,abc', 'data:image/png;base64,', 'i.png'])
      expect(() => checkImageUrl(url, 'p')).toThrow();
  });
});

it('listed speaks English', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
    '',
    "'a'",
    "'a' and 'b'",
    "'a', 'b', and 'c'",
  ]);
});
