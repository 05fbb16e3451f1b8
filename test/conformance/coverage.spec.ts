import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CASES, HELD_TARGETS, targetOf, type Target } from './cases.js';

const FOLDER = new URL('.', import.meta.url);

/** Ids at the beginning of a title: of a test, of a group, or of a row that becomes one. */
const TITLE = /['"`]((?:[RSTEX]\d\d\b[ ,]*)+)/g;

/** The cases that the tests for a target name. */
function heldCases(target: Target): Set<string> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.spec.ts') && targetOf(file) === target);
  // Rows of a table, and what is checked behind every test.
  if (target === 'chat') files.push('support/stream-cases.ts', 'support/records.ts');
  const sources = files.map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));
  return new Set(
    sources.flatMap((source) => [...source.matchAll(TITLE)].flatMap(([, ids = '']) => ids.match(/\w+/g) ?? [])),
  );
}

describe('the conformance table', () => {
  it.each(HELD_TARGETS)('has a test for every case of %s', (target) => {
    const held = heldCases(target);
    const missing = CASES.filter(({ id, targets }) => targets.includes(target) && !held.has(id));
    expect(missing.map(({ id, what }) => `${id} ${what}`)).toEqual([]);
  });

  it('has every case once, and no test names another', () => {
    const ids = CASES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(ids);
    const strange = (['chat', 'responses', 'anthropic'] as const).flatMap((target) =>
      [...heldCases(target)].filter((id) => !known.has(id)),
    );
    expect(strange).toEqual([]);
    expect(ids).toHaveLength(134);
  });
});
