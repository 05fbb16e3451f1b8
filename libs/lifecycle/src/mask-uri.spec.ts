import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { maskedQuery, maskUri } from './mask-uri.js';

describe('maskUri', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a?beta=true', '/a?beta=true'],
    ['/a?key=AIzaSecret&alt=sse', '/a?key=REDACTED&alt=sse'],
    [
      '/a?x=1&api-key=s&API_KEY=s&apikey=s&x-api-key=s',
      '/a?x=1&api-key=REDACTED&API_KEY=REDACTED&apikey=REDACTED&x-api-key=REDACTED',
    ],
    ['/a?token=s&access_token=s&page_token=p', '/a?token=REDACTED&access_token=REDACTED&page_token=p'],
    [
      '/a?auth=s&client_secret=s&password=s&sig=s',
      '/a?auth=REDACTED&client_secret=REDACTED&password=REDACTED&sig=REDACTED',
    ],
    ['/a?%6bey=s', '/a?%6bey=REDACTED'],
    ['/a?key=', '/a?key='],
    ['/a?key', '/a?key'],
    ['/a?max_tokens=5&idempotency-key=k', '/a?max_tokens=5&idempotency-key=k'],
    ['/a?mine=s', '/a?mine=REDACTED'],
    ['http://user:pa@ss@host/a', 'http://REDACTED@host/a'],
    ['/a?next=https://h/x?token=s', '/a?next=https%3A%2F%2Fh%2Fx%3Ftoken%3DREDACTED'],
    ['/a?next=https%3A%2F%2Fh%2Fx%3Ftoken%3Ds&b=1', '/a?next=https%3A%2F%2Fh%2Fx%3Ftoken%3DREDACTED&b=1'],
    ['/a?bad=%zz&key=%zz', '/a?bad=%zz&key=REDACTED'],
  ])('%s', (uri, masked) => {
    expect(maskUri(uri, new Set(['mine']))).toBe(masked);
  });

  it('changes nothing that names no secret', () => {
    const plain = fc.stringMatching(/^[a-j0-9%._~]{0,12}$/);
    fc.assert(
      fc.property(plain, fc.array(fc.tuple(plain, plain)), (path, pairs) => {
        const uri = `/${path}?${pairs.map(([name, value]) => `n${name}x=${value}`).join('&')}`;
        expect(maskUri(uri)).toBe(uri);
      }),
    );
  });

  it('leaves no value of a secret parameter, whatever stands around it', () => {
    const text = fc.string().map(encodeURIComponent);
    fc.assert(
      fc.property(text, fc.array(fc.tuple(text, text)), fc.nat(), (canary, pairs, place) => {
        const parts = pairs.map(([name, value]) => `${name}=${value}`);
        parts.splice(place % (parts.length + 1), 0, `key=CANARY${canary}`);
        const uri = `/p?${parts.join('&')}`;
        expect(maskUri(uri)).not.toContain('CANARY');
        expect(JSON.stringify(maskedQuery(parts.join('&')))).not.toContain('CANARY');
      }),
    );
  });
});

describe('maskedQuery', () => {
  it.each([
    ['', {}],
    ['beta=true', { beta: 'true' }],
    ['flag&empty=&flag', { flag: [true, true], empty: '' }],
    ['a=1&a=2&b=3&a=4', { a: ['1', '2', '4'], b: '3' }],
    ['q=a+b%20c&%C3%A4=%E2%82%AC', { q: 'a b c', ä: '€' }],
    ['q=100%&r=%ff', { q: '100%', r: '%ff' }],
    ['&&a=1&', { a: '1' }],
    ['key=s&key=t', { key: ['REDACTED', 'REDACTED'] }],
    ['constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ])('%s', (query, expected) => {
    expect(maskedQuery(query)).toEqual(expected);
  });

  it('takes __proto__ for a name like any other', () => {
    expect(JSON.stringify(maskedQuery('__proto__=a&__proto__=b'))).toBe('{"__proto__":["a","b"]}');
  });
});
