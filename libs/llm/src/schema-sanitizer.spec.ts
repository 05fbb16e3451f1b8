import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { JsonSchema } from './canonical/request.js';
import { sanitizeSchema } from './schema-sanitizer.js';

const word = fc.constantFrom('a', 'b', 'ü', '__proto__', 'type', 'items');
const leaf = fc.oneof(
  fc.constant({ type: 'string', pattern: '^\\p{L}+$', description: 'd' }),
  fc.constant({ type: 'string', pattern: '^[a-z]+$' }),
  fc.constant({ type: 'array' }),
  fc.constant({ type: ['array', 'null'] }),
  fc.constant({ $ref: 'https://h/s.json' }),
  fc.constant({ $ref: '#/$defs/a' }),
  fc.constant({ const: { type: 'array' }, default: { required: null } }),
  fc.boolean(),
);
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.record(
      {
        type: fc.constantFrom('object', 'array', ['object', 'null'], null),
        properties: fc.dictionary(word, tie('schema'), { maxKeys: 3 }),
        patternProperties: fc.dictionary(fc.constantFrom('^a', '(?<=x)y'), tie('schema'), { maxKeys: 2 }),
        items: tie('schema'),
        anyOf: fc.array(tie('schema'), { maxLength: 2 }),
        oneOf: fc.array(tie('schema'), { maxLength: 2 }),
        allOf: fc.array(tie('schema'), { maxLength: 2 }),
        not: tie('schema'),
        required: fc.constantFrom(null, ['a'], true, ['b', 'ü']),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        $schema: fc.constant('http://json-schema.org/draft-07/schema#'),
        description: fc.constant('text'),
        enum: fc.constant([{ required: null }]),
      },
      { requiredKeys: [] },
    ),
  ),
}));
const anySchema = schema.filter((value): value is JsonSchema => typeof value === 'object' && value !== null);

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
}

describe('sanitizeSchema', () => {
  it('R45: repairs what OpenAI refuses', () => {
    expect(sanitizeSchema({ type: 'object', required: null })).toEqual({ type: 'object', properties: {} });
    expect(sanitizeSchema({ properties: {} })).toEqual({ type: 'object', properties: {} });
    expect(sanitizeSchema({ type: 'object', properties: { a: { type: 'array' }, b: { type: 'object' } } })).toEqual({
      type: 'object',
      properties: { a: { type: 'array', items: {} }, b: { type: 'object', properties: {} } },
    });
    const name = { type: 'string', pattern: '^\\p{L}+$', description: 'A name.' };
    expect(sanitizeSchema({ type: 'object', properties: { name } })).toEqual({
      type: 'object',
      properties: { name: { type: 'string', description: 'A name.\nPattern: ^\\p{L}+$' } },
    });
  });

  it('leaves a clean schema equal', () => {
    const clean = {
      type: 'object',
      properties: {
        a: { type: 'string', pattern: '^[\\w-]+\\\\p{2}$', format: 'uri', minLength: 1 },
        b: { type: 'array', items: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/x' }] } },
        c: { allOf: [{ type: 'number' }], default: 1, examples: [1] },
      },
      required: ['a'],
      additionalProperties: false,
      $defs: { x: { enum: ['1', 2, null] } },
    };
    expect(sanitizeSchema(clean)).toEqual(clean);
  });

  it('does not touch values that only look like schemas', () => {
    const a = { enum: [{ type: 'array' }], const: { $schema: 'x' }, default: { required: null } };
    expect(sanitizeSchema({ type: 'object', properties: { a } })).toEqual({ type: 'object', properties: { a } });
  });

  it('drops what names other documents', () => {
    expect(
      sanitizeSchema({ $schema: 'x', $id: 'y', type: 'object', properties: { a: { $ref: 'https://h/s.json' } } }),
    ).toEqual({ type: 'object', properties: { a: { description: 'As described by https://h/s.json' } } });
  });

  it('merges the branches of a root into one object', () => {
    const string = { type: 'string' };
    expect(
      sanitizeSchema({
        description: 'D',
        anyOf: [
          { type: 'object', properties: { a: string, b: string }, required: ['a', 'b'] },
          { type: 'object', properties: { a: string, c: string }, required: ['a'] },
        ],
        allOf: [{ properties: { d: string }, required: ['d'] }],
      }),
    ).toEqual({
      type: 'object',
      description: 'D\nGive the properties of one of these sets: {a, b} or {a, c}',
      properties: { a: string, b: string, c: string, d: string },
      required: ['d', 'a'],
    });
  });

  it.each(['(?<=x)y', '(?!x)', '(?<name>x)', '(a)\\1', '\\u{1F600}', '\\p{Lu}', '(', 1])(
    'takes %j out of a pattern',
    (pattern) => {
      const clean = sanitizeSchema({ type: 'object', properties: { a: { pattern } } });
      expect(clean['properties']).toEqual({ a: { description: `Pattern: ${pattern}` } });
    },
  );

  it.each(['^a{1,3}$', '(?:x|y)', '\\d+\\.\\w', '[一-龥]+', '\\\\p'])('keeps the pattern %j', (pattern) => {
    const clean = sanitizeSchema({ type: 'object', properties: { a: { pattern } } });
    expect(clean['properties']).toEqual({ a: { pattern } });
  });

  it('cuts a schema that goes down without end', () => {
    let deep: JsonSchema = {};
    for (let i = 0; i < 5000; i++) deep = { type: 'object', properties: { a: deep } };
    expect(JSON.stringify(sanitizeSchema(deep)).length).toBeLessThan(5000);
  });

  it('never changes the schema it is given', () => {
    fc.assert(
      fc.property(anySchema, (value) => {
        freeze(value);
        const before = JSON.stringify(value);
        sanitizeSchema(value);
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
  });

  it('always gives an object schema with a clean root, and the same one again', () => {
    fc.assert(
      fc.property(anySchema, (value) => {
        const clean = sanitizeSchema(value);
        expect(clean).toMatchObject({ type: 'object', properties: expect.any(Object) });
        for (const keyword of ['oneOf', 'anyOf', 'allOf', 'not', 'enum', '$schema'])
          expect(clean).not.toHaveProperty(keyword);
        expect(sanitizeSchema(clean)).toEqual(clean);
      }),
      { numRuns: 500 },
    );
  });
});
