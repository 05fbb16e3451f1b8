import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../api-error.js';
import type { JsonObject } from './checks.js';
import { checkFunctionParameters, checkResponseSchema } from './schema-validation.js';

function reasonAgainst(schema: JsonObject, strict = false): string | undefined {
  try {
    checkFunctionParameters(schema, 'F', 'tools[0].function.parameters', strict);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    expect(error.body.error).toMatchObject({
      param: 'tools[0].function.parameters',
      code: 'invalid_function_parameters',
      type: 'invalid_request_error',
    });
    return error.message.replace("Invalid schema for function 'F': ", '');
  }
}

const having = (properties: JsonObject): JsonObject => ({ type: 'object', properties });

describe('parameters of a function', () => {
  it.each<readonly [schema: JsonObject, reason: string]>([
    [{}, 'schema must be a JSON Schema of \'type: "object"\', got \'type: "None"\'.'],
    [{ type: 'array', items: {} }, 'got \'type: "array"\'.'],
    [{ type: 'object' }, 'In context=(), object schema missing properties.'],
    [
      { ...having({}), anyOf: [having({})] },
      "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
    ],
    [{ ...having({}), required: null }, "None is not of type 'array'."],
    [{ ...having({}), required: [1] }, "1 is not of type 'string'."],
    [having({ x: { type: 'array' } }), "In context=('properties', 'x'), array schema missing items."],
    [having({ x: { type: ['array', 'null'] } }), 'array schema missing items.'],
    [
      having({ x: having({ y: { type: 'array' } }) }),
      "In context=('properties', 'x', 'properties', 'y'), array schema missing items.",
    ],
    [
      having({ x: { anyOf: [{ type: 'string' }, { type: 'array' }] } }),
      "In context=('properties', 'x', 'anyOf', 1), array schema missing items.",
    ],
    [having({ x: { type: 'strin' } }), "'strin' is not valid under any of the given schemas."],
    [having({ x: { type: 'string', pattern: '^\\p{L}+$' } }), "'^\\\\p{L}+$' is not a 'regex'."],
    [having({ x: { type: 'object', patternProperties: { '(?<a>b)': {} } } }), "is not a 'regex'."],
    [having({ x: { type: 'string', minLength: -1 } }), '-1 is less than the minimum of 0.'],
    [having({ x: { type: 'string', minLength: 'a' } }), "'a' is not of type 'integer'."],
    [having({ x: { type: 'number', minimum: true } }), "True is not of type 'number'."],
    [having({ x: { enum: 'a' } }), "'a' is not of type 'array'."],
    [having({ x: 'string' }), "'string' is not of type 'object', 'boolean'."],
    [
      having({ x: { type: 'array', items: [{ type: 'number' }] } }),
      "[{'type': 'number'}] is not of type 'object', 'boolean'.",
    ],
    [having({ x: { oneOf: [] } }), '[] should be non-empty.'],
    [
      having({ x: { $ref: 'https://h/s.json' } }),
      "In context=('properties', 'x'), reference can only point to definitions",
    ],
    [having({ x: { $ref: '#/$defs/missing' } }), 'reference can only point to definitions'],
  ])('refuses %j', (schema, reason) => expect(reasonAgainst(schema)).toContain(reason));

  it.each<JsonObject>([
    having({}),
    having({ x: true, y: { type: 'object', additionalProperties: {} } }),
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      ...having({ x: { type: 'string', format: 'uri', default: 'a', pattern: '^(?!a)' } }),
    },
    { ...having({ x: { $ref: '#/$defs/a' } }), $defs: { a: { type: 'string' } } },
    having({ x: { type: 'array', items: {}, minItems: 1 }, y: { const: 1 }, z: { enum: [1, 'a', null] } }),
    having({ x: { allOf: [{ type: 'string' }, { maxLength: 3 }] } }),
  ])('takes %j', (schema) => expect(reasonAgainst(schema)).toBeUndefined());
});

describe('the strict subset', () => {
  const closed = (properties: JsonObject, required = Object.keys(properties)): JsonObject => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  });
  const nested = (levels: number): JsonObject =>
    levels === 0 ? { type: 'string' } : closed({ x: nested(levels - 1) });

  it.each<readonly [schema: JsonObject, reason: string]>([
    [
      having({ a: { type: 'string' } }),
      "In context=(), 'additionalProperties' is required to be supplied and to be false.",
    ],
    [closed({ a: { type: 'string' }, b: { type: 'string' } }, ['a']), "every key in properties. Missing 'b'."],
    [closed({ a: { type: 'string' } }, ['a', 'b']), "the key 'b' is not in properties"],
    [closed({ a: having({}) }), "In context=('properties', 'a'), 'additionalProperties' is required"],
    [closed({ a: { oneOf: [{ type: 'string' }] } }), "In context=('properties', 'a'), 'oneOf' is not permitted."],
    [closed({ a: { type: 'string', default: 'x' } }), "'default' is not permitted."],
    [closed({ a: { type: 'string', format: 'uri' } }), "'uri' is not a valid format."],
    [closed({ a: { type: 'string', pattern: '(?=a)' } }), 'look-around is not supported'],
    [closed({ a: {} }), "schema must have a 'type' key."],
    [closed({ a: { type: 'array', items: having({}) } }), "In context=('properties', 'a', 'items')"],
    [nested(11), 'maximum of 10 levels'],
    [
      closed(Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`p${index}`, { type: 'string' }]))),
      'maximum of 5000 properties',
    ],
  ])('refuses %#: %j', (schema, reason) => expect(reasonAgainst(schema, true)).toContain(reason));

  it('takes closed schemas', () => {
    const schema = {
      ...closed({
        a: { type: ['string', 'null'], format: 'date-time' },
        b: { anyOf: [{ type: 'string' }, closed({ c: { type: 'array', items: { $ref: '#/$defs/d' } } })] },
      }),
      $defs: { d: closed({}) },
    };
    expect(reasonAgainst(schema, true)).toBeUndefined();
    expect(reasonAgainst(nested(9), true)).toBeUndefined();
  });
});

describe('the schema of a structured output', () => {
  it('names the format and the place', () => {
    const where = { param: 'text.format.schema', code: 'invalid_json_schema' };
    expect(() => checkResponseSchema({ type: 'string' }, 'out', false, where)).toThrow(
      expect.objectContaining({
        ...where,
        message:
          "Invalid schema for response_format 'out': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'.",
      }),
    );
    expect(() => checkResponseSchema({ type: 'object' }, 'out', false, where)).not.toThrow();
  });
});
