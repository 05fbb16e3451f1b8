import { describe, expect, it } from '@jest/globals';
import { array, assert, constantFrom, property, string, tuple } from 'fast-check';
import { putHeaders } from './upstream.js';

describe('putHeaders', () => {
  it('adds, replaces whatever the case, and takes away', () => {
    const headers = ['Accept', '*/*', 'TraceParent', 'old', 'b3', '0', 'accept', 'text/html'];
    const put = putHeaders(headers, { traceparent: 'new', b3: undefined, extra: '1' });
    expect(put).toEqual(['Accept', '*/*', 'accept', 'text/html', 'traceparent', 'new', 'extra', '1']);
  });

  it('leaves all others as they are, in their order', () => {
    const pairs = array(tuple(constantFrom('a', 'b', 'A', 'c'), string()));
    assert(
      property(pairs, string(), (list, value) => {
        const put = putHeaders(list.flat(), { a: value });
        expect(put).toEqual([...list.filter(([name]) => name.toLowerCase() !== 'a').flat(), 'a', value]);
      }),
    );
  });
});
