import { describe, expect, it } from '@jest/globals';
import { toolSignature } from './tool-signature.js';

describe('toolSignature', () => {
  it('is a type of TypeScript with the descriptions as comments', () => {
    const signature = toolSignature({
      name: 'get_weather',
      description: 'The weather.\nNow.',
      input_schema: {
        type: 'object',
        properties: {
          place: { type: 'string', description: 'A city' },
          unit: { type: 'string', enum: ['C', 'F'], default: 'C' },
          days: { type: 'array', items: { type: 'integer' } },
        },
        required: ['place'],
      },
    });
    expect(signature).toBe(
      '// The weather.\n// Now.\ntype get_weather = (_: {\n// A city\nplace: string,\nunit?: "C" | "F", // default: "C"\ndays?: number[],\n}) => any;\n\n',
    );
  });

  it.each<[string, object, string]>([
    ['no schema', {}, ''],
    ['several types', { properties: { a: { type: ['string', 'null'] } } }, '_: {\na?: string | null,\n}'],
    [
      'branches',
      { properties: { a: { anyOf: [{ type: 'number' }, { type: 'integer' }, {}] } } },
      '_: {\na?: number | any,\n}',
    ],
    ['a constant', { properties: { a: { const: 'x' } } }, '_: {\na?: "x",\n}'],
    ['an array of anything', { properties: { a: { type: 'array' } } }, '_: {\na?: any[],\n}'],
    ['an open object', { properties: { a: { type: 'object' } } }, '_: {\na?: object,\n}'],
    [
      'an object in it',
      { properties: { a: { properties: { b: { type: 'boolean' } } } } },
      '_: {\na?: {\nb?: boolean,\n},\n}',
    ],
    ['a reference', { properties: { a: { $ref: '#/$defs/Node' } } }, '_: {\na?: Node,\n}'],
    ['what is no schema', { properties: { a: 5, b: { type: 7 } }, required: null }, '_: {\na?: any,\nb?: any,\n}'],
  ])('has a form for %s', (_, input_schema, parameters) => {
    expect(toolSignature({ name: 'f', input_schema: input_schema as Record<string, unknown> })).toBe(
      `type f = (${parameters}) => any;\n\n`,
    );
  });
});
