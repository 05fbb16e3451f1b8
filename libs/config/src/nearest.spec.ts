import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { didYouMean, nearest } from './nearest.js';

describe('nearest', () => {
  const fields = ['header_name', 'header_value', 'param_name', 'allow_override', 'path'];

  it.each([
    ['header_nme', 'header_name'],
    ['heder_value', 'header_value'],
    ['Header_Name', 'header_name'],
    ['apth', 'path'],
    ['override', 'allow_override'],
    ['allow', 'allow_override'],
    ['colour', undefined],
    ['x', undefined],
    ['', undefined],
    ['p'.repeat(65), undefined],
  ])('of %s is %s', (name, found) => {
    expect(nearest(name, fields)).toBe(found);
  });

  it('prefers the smaller distance', () => {
    expect(nearest('file-log', ['file-logs', 'file-log', 'udp-log'])).toBe('file-log');
  });

  it('finds a name with one letter wrong', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.nat(), (name, place) => {
        const at = place % name.length;
        const misspelt = `${name.slice(0, at)}#${name.slice(at + 1)}`;
        expect(fields).toContain(nearest(misspelt, fields));
      }),
    );
  });

  it('asks only when something is near', () => {
    expect(didYouMean('pth', fields)).toBe(' (did you mean path?)');
    expect(didYouMean('colour', fields)).toBe('');
  });
});
