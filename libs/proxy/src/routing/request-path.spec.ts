import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { encodePath, normalizePath } from './request-path.js';

/** Paths made of what makes paths difficult. */
const path = fc
  .array(
    fc.constantFrom('/', '//', '.', '..', 'a', 'b', '%2e', '%2E', '%2f', '%41', '%25', '%zz', '%', '~', '%c3%a9', ' '),
    {
      maxLength: 12,
    },
  )
  .map((parts) => `/${parts.join('')}`);

describe('normalizePath', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['/a//b///c', '/a/b/c'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/b/.', '/a/b/'],
    ['/../../etc', '/etc'],
    ['/..', '/'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/.%2E/b', '/b'],
    ['/a%2f..%2fb', '/a%2F..%2Fb'],
    ['/%41%62c', '/Abc'],
    ['/a%3fb', '/a%3Fb'],
    ['/%252e%252e/b', '/%252e%252e/b'],
    ['/a/...', '/a/...'],
    ['/.well-known/x', '/.well-known/x'],
    ['/100%', '/100%'],
    ['/caf%c3%a9', '/cafÃ©'],
  ])('%s → %s', (given, expected) => {
    expect(normalizePath(given)).toBe(expected);
  });

  it('leaves no dot segment and no double slash, whatever comes', () => {
    fc.assert(
      fc.property(path, (given) => {
        const segments = normalizePath(given).split('/').slice(1, -1);
        expect(segments).not.toContain('..');
        expect(segments).not.toContain('.');
        expect(segments).not.toContain('');
      }),
    );
  });

  it('is stable once the result is encoded again', () => {
    fc.assert(
      fc.property(path, (given) => {
        const once = normalizePath(given);
        // A lone `%` can become the beginning of a triplet by decoding what follows it; that is no path of a URI.
        fc.pre(!/%(?![0-9a-f]{2})/i.test(given));
        expect(normalizePath(encodePath(once))).toBe(once);
      }),
    );
  });
});

describe('encodePath', () => {
  it('gives only what a request line may hold', () => {
    fc.assert(
      fc.property(path, (given) => {
        expect(encodePath(normalizePath(given))).toMatch(/^[!#$%&'()*+,/:;=?@[\]A-Za-z0-9\-_.~]*$/);
      }),
    );
  });

  it('brings the bytes back that were sent', () => {
    expect(encodePath(normalizePath('/caf%C3%A9/%00%0d%0a'))).toBe('/caf%C3%A9/%00%0D%0A');
  });
});
