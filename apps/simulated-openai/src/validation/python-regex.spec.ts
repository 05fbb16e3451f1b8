import { describe, expect, it } from '@jest/globals';
import { isPythonRegex } from './python-regex.js';

describe('isPythonRegex', () => {
  it.each([
    '^[a-z]+$',
    '^\\d{4}-\\d{2}$',
    '^(?!__.*__$)x',
    '(?<=a)b',
    '(a)\\1',
    '(?P<year>\\d+)',
    '\\u00e9\\x41',
    '(?i)abc',
    '\\.',
  ])('takes %s', (pattern) => expect(isPythonRegex(pattern)).toBe(true));

  it.each([
    '^\\p{L}+$',
    '[^\\p{Cc}\\P{L}]',
    '(?<year>\\d+)',
    '\\u{1F600}',
    '\\k<a>',
    '\\z',
    '(',
    '[a',
    'a\\',
    '\\cA',
    '\\x4',
  ])('refuses %s', (pattern) => expect(isPythonRegex(pattern)).toBe(false));
});
