import { describe, expect, it } from '@jest/globals';
import { isStrictSchema } from './strict-schema.js';

const closed = (properties: Record<string, unknown>, more: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});

describe('isStrictSchema', () => {
  it.each([
    closed({}),
    closed({ a: { type: 'string', description: 'd', enum: ['x'] }, b: { type: ['number', 'null'], minimum: 0 } }),
    closed({ a: { type: 'array', items: closed({ b: { type: 'string', format: 'date-time' } }) } }),
    closed({ a: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/x' }] } }, { $defs: { x: closed({}) } }),
  ])('accepts %j', (schema) => {
    expect(isStrictSchema(schema)).toBe(true);
  });

  it.each([
    { type: 'string' },
    { type: 'object', properties: {} },
    closed({ a: { type: 'string' } }, { required: [] }),
    closed({ a: { type: 'string' } }, { additionalProperties: true }),
    closed({ a: { type: 'object', properties: {} } }),
    closed({ a: { type: 'array', items: { type: 'object' } } }),
    closed({ a: { type: 'string', minLength: 1 } }),
    closed({ a: { type: 'string', format: 'uri' } }),
    closed({ a: { anyOf: [{ type: 'object' }] } }),
    closed({ a: true }),
    closed({}, { anyOf: [closed({})] }),
    closed({}, { $defs: { x: { type: 'object' } } }),
    closed({ a: { properties: { b: {} } } }),
  ])('refuses %j', (schema) => {
    expect(isStrictSchema(schema)).toBe(false);
  });

  it('refuses what is too deep or too large', () => {
    let deep: Record<string, unknown> = { type: 'string' };
    for (let i = 0; i < 12; i++) deep = closed({ a: deep });
    expect(isStrictSchema(deep)).toBe(false);
    const many = Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`p${i}`, { type: 'string' }]));
    expect(isStrictSchema(closed(many))).toBe(false);
  });
});
