import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { jsonBody } from './json-body.js';
import { patchTopLevel, scanTopLevel } from './top-level.js';

/** JSON text of an object with random spacing, escapes and duplicate keys. */
const spaced = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('model', 'messages', 'tools', 'a"b', 'a\\'),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      fc.json({ stringUnit: 'binary', maxDepth: 3 }),
    ),
    { maxLength: 6 },
  )
  .chain((members) =>
    fc.array(fc.constantFrom('', ' ', '\n', '\t\r '), { minLength: 8, maxLength: 8 }).map((space) => {
      const text = members
        .map(([key, value], i) => `${space[i % 8]}${JSON.stringify(key)}${space[1]}:${space[2]}${value}${space[3]}`)
        .join(`,${space[4]}`);
      return `${space[5]}{${space[6]}${text}}${space[7]}`;
    }),
  );

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('scanTopLevel', () => {
  it('finds exactly what JSON.parse finds, whatever the spacing', () => {
    fc.assert(
      fc.property(spaced, (text) => {
        const object = JSON.parse(text) as Record<string, unknown>;
        const members = scanTopLevel(text);
        expect([...members!.keys()].sort()).toEqual(Object.keys(object).sort());
        for (const [key, { start, end }] of members!) {
          expect(JSON.parse(text.slice(start, end))).toEqual(Object.getOwnPropertyDescriptor(object, key)!.value);
        }
      }),
    );
  });

  it('agrees with JSON.parse on JSON of any kind', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(scanTopLevel(text) !== undefined).toBe(isObject(JSON.parse(text)));
      }),
    );
  });

  it('ends on mutated JSON, and misses nothing that JSON.parse still accepts', () => {
    fc.assert(
      fc.property(
        spaced,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', ' ', 'x', '1', '')), {
          minLength: 1,
          maxLength: 4,
        }),
        (text, edits) => {
          let mutant = text;
          for (const [position, replacement] of edits) {
            const at = position % (mutant.length + 1);
            mutant = mutant.slice(0, at) + replacement + mutant.slice(at + 1);
          }
          const object = parsed(mutant);
          const members = scanTopLevel(mutant);
          if (isObject(object)) expect([...members!.keys()].sort()).toEqual(Object.keys(object as object).sort());
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('ends on arbitrary text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ tn1e-'.split('')) }), (text) => {
        const members = scanTopLevel(text);
        if (isObject(parsed(text))) expect(members).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('counts the last of two equal keys, also when one is spelt with an escape', () => {
    const text = '{"model":1,"mod\\u0065l":2}';
    const { start, end } = scanTopLevel(text)!.get('model')!;
    expect(text.slice(start, end)).toBe('2');
  });

  it.each([
    '',
    ' ',
    '[]',
    '"x"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,}',
    '{"a":[}',
    '{"a":{]}',
    '{"a":"\\"}',
    '{"a":01}',
    '{"a":1}x',
    '{a:1}',
  ])('is undefined for %j', (text) => {
    expect(scanTopLevel(text)).toBeUndefined();
  });

  it('reads a long run of brackets and backslashes in linear time', () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)},"b":"${'\\\\'.repeat(200_000)}"}`;
    expect([...scanTopLevel(deep)!.keys()]).toEqual(['a', 'b']);
  });
});

describe('X10 patchTopLevel', () => {
  const original = '{ "model" : "claude-x",\n "é": "\\u00e9 ü", "stream":true , "messages":[{"a":1.0}] }';

  it('replaces one value and leaves every other byte', () => {
    const patched = patchTopLevel(jsonBody(Buffer.from(original)), { model: '"claude-ü"' });
    expect(patched.toString()).toBe(original.replace('claude-x', 'claude-ü'));
  });

  it('appends what is absent and removes what is there', () => {
    const body = Buffer.from(original);
    expect(patchTopLevel(body, { stream_options: '{"include_usage":true}' }).toString()).toBe(
      original.replace('}] }', '}],"stream_options":{"include_usage":true} }'),
    );
    expect(patchTopLevel(body, { stream: undefined }).toString()).toBe(
      original.replace('"stream":true , ', ', ').replace('ü", ', 'ü" '),
    );
    expect(patchTopLevel(body, { model: undefined }).toString()).toBe(original.replace('"model" : "claude-x",\n ', ''));
    expect(patchTopLevel(body, { messages: undefined }).toString()).toBe(
      original.replace(' , "messages":[{"a":1.0}]', ''),
    );
  });

  it('returns the very buffer when there is nothing to do', () => {
    const body = Buffer.from(original);
    expect(patchTopLevel(body, {})).toBe(body);
    expect(patchTopLevel(body, { absent: undefined })).toBe(body);
  });

  it('fills and empties an object', () => {
    expect(patchTopLevel(Buffer.from(' { } '), { a: '1', b: '2' }).toString()).toBe(' {"a":1,"b":2 } ');
    expect(patchTopLevel(Buffer.from('{"a":1,"b":2}'), { a: undefined, b: undefined }).toString()).toBe('{}');
  });

  it('leaves no second spelling of a patched key behind', () => {
    const patched = patchTopLevel(Buffer.from('{"model":"a","mod\\u0065l":"b"}'), { model: '"c"' });
    expect(patched.toString()).toBe('{"model":"c","mod\\u0065l":"c"}');
  });

  it('refuses what is not an object with a 400', () => {
    expect(() => patchTopLevel(Buffer.from('[1]'), { model: '"x"' })).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('changes the value and nothing else of any object', () => {
    fc.assert(
      fc.property(
        spaced,
        fc.dictionary(
          fc.constantFrom('model', 'stream', 'tools'),
          fc.option(fc.json({ stringUnit: 'binary' }), { nil: undefined }),
          {
            noNullPrototype: true,
          },
        ),
        (text, patches) => {
          const wellFormed = Buffer.from(text).toString();
          const expected = new Map(Object.entries(JSON.parse(wellFormed) as object));
          for (const [key, value] of Object.entries(patches)) {
            if (value === undefined) expected.delete(key);
            else expected.set(key, JSON.parse(Buffer.from(value).toString()));
          }
          const result = patchTopLevel(jsonBody(Buffer.from(text)), patches).toString();
          expect(new Map(Object.entries(JSON.parse(result) as object))).toEqual(expected);
        },
      ),
    );
  });
});
