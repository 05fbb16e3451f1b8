import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MappedToolNames } from './mapped-tool-names.js';

const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom('Read', 'a.b', 'a:b', 'a_b', 'x'.repeat(64), 'x'.repeat(65), `${'x'.repeat(65)}y`),
);

describe('MappedToolNames', () => {
  it('R38: is deterministic, distinct and reversible', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 30 }), (names) => {
        const one = new MappedToolNames();
        const other = new MappedToolNames();
        const mapped = names.map((client) => one.upstream(client));
        expect(mapped).toEqual(names.map((client) => other.upstream(client)));
        expect(mapped.every((upstream) => /^[A-Za-z0-9_-]{1,64}$/.test(upstream))).toBe(true);
        expect(new Set(mapped).size).toBe(names.length);
        expect(mapped.map((upstream) => one.client(upstream))).toEqual(names);
        expect(names.map((client) => one.upstream(client))).toEqual(mapped);
      }),
    );
  });

  it('leaves names that OpenAI takes, and unknown ones, as they are', () => {
    const names = new MappedToolNames();
    expect(names.upstream('mcp__server__tool-1')).toBe('mcp__server__tool-1');
    expect(names.client('never_mapped')).toBe('never_mapped');
  });

  it('keeps apart a name and another that was made to look like its mapping', () => {
    const names = new MappedToolNames();
    const mapped = names.upstream('a.b');
    expect(mapped).toMatch(/^a_b_[0-9a-f]{8}$/);
    const imitation = names.upstream(mapped);
    expect(imitation).not.toBe(mapped);
    expect([names.client(mapped), names.client(imitation)]).toEqual(['a.b', mapped]);
  });
});
