import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogRecord } from '#libs/plugin-api';
import { customFieldsSchema, withCustomFields } from './custom-fields.js';

const literal = (chunk: string) => customFieldsSchema.safeParse({ name: chunk });

describe('custom_fields_by_lua', () => {
  it.each([
    ['return nil', undefined],
    [' return  true ; ', true],
    ['return false', false],
    ['return 42', 42],
    ['return -1.5e3', -1500],
    ['return .5', 0.5],
    ['return "a\\n\\"b\\" \\\\"', 'a\n"b" \\'],
    ["return 'it\\'s'", "it's"],
    ['return ""', ''],
    ['return [[line\nline]]', 'line\nline'],
  ])('understands %s', (chunk, value) => {
    expect(literal(chunk).data).toEqual([{ path: ['name'], value }]);
  });

  it.each([
    'return kong.request.get_header("x")',
    'return 1 + 1',
    'return "a" .. "b"',
    'return "a"\nreturn "b"',
    'local x = 1 return x',
    'return {}',
    'return',
    'nil',
    'return "unfinished',
    'return 0x10',
    '',
  ])('refuses %s and says what is possible', (chunk) => {
    expect(literal(chunk).error?.issues).toMatchObject([
      { path: ['name'], message: expect.stringContaining('literal') },
    ]);
  });

  it.each(['a..b', '.a', 'a.', 'a[1].b', 'a.__proto__.b'])('refuses the name %s', (name) => {
    expect(customFieldsSchema.safeParse({ [name]: 'return 1' }).error?.issues).toMatchObject([{ path: [name] }]);
  });
});

describe('withCustomFields', () => {
  const record = { request: { headers: { a: '1', 'x.y': '2' }, uri: '/' }, tries: [1] } as unknown as LogRecord;
  const applied = (chunks: Record<string, string>) => withCustomFields(record, customFieldsSchema.parse(chunks));

  it('sets, replaces and removes fields, nested ones too, and leaves the record alone', () => {
    const before = JSON.stringify(record);
    expect(
      applied({
        team: 'return "core"',
        'request.uri': 'return nil',
        'request.headers.a': 'return 2',
        'request.headers.x\\.y': 'return nil',
        'new.deep.field': 'return true',
        'not.there': 'return nil',
        'tries.0': 'return 5',
        'request.uri.deeper': 'return 1',
      }),
    ).toEqual({
      request: { headers: { a: 2 }, uri: { deeper: 1 } },
      tries: [1],
      team: 'core',
      new: { deep: { field: true } },
    });
    expect(JSON.stringify(record)).toBe(before);
  });

  it('sets any string that Lua can quote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const quoted = JSON.stringify(text).replaceAll(
          /\\(u....|[bf])/g,
          (_, escape: string) => JSON.parse(`"\\${escape}"`) as string,
        );
        expect(applied({ text: `return ${quoted}` })).toMatchObject({ text });
      }),
    );
  });

  it('takes a name of Object.prototype for a field like any other', () => {
    expect(applied({ 'constructor.name': 'return "x"' })).toMatchObject({ constructor: { name: 'x' } });
  });
});
