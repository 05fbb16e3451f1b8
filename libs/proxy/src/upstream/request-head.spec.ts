import { describe, expect, it } from '@jest/globals';
import { requestHead, type RequestHead } from './request-head.js';

const head = (fields: Partial<RequestHead>) =>
  requestHead({ method: 'POST', path: '/a?b', host: 'h:1', headers: [], length: 5, ...fields });

describe('requestHead', () => {
  it('adds what is missing and frames the body', () => {
    expect(head({ headers: ['x-a', '1', 'X-A', 'ü'] })).toBe(
      'POST /a?b HTTP/1.1\r\nhost: h:1\r\nconnection: keep-alive\r\nx-a: 1\r\nX-A: ü\r\ncontent-length: 5\r\n\r\n',
    );
    expect(head({ headers: ['Host', 'other'] })).not.toContain('h:1');
    expect(head({ length: undefined })).toContain('\r\ntransfer-encoding: chunked\r\n');
    expect(head({ length: undefined, headers: ['content-length', '7'] })).not.toContain('chunked');
    expect(head({ length: null })).toContain('\r\ncontent-length: 0\r\n');
    expect(head({ length: null, method: 'GET' })).not.toContain('content-length');
  });

  it('leaves the connection and its coding to the connection', () => {
    const written = head({ headers: ['Connection', 'close', 'Transfer-Encoding', 'gzip'] });
    expect(written.match(/connection/gi)).toHaveLength(1);
    expect(written).not.toContain('gzip');
  });

  it.each<Partial<RequestHead>>([
    { headers: ['bad header', '1'] },
    { headers: ['x', 'a\r\nb: c'] },
    { headers: ['x', 'a\u0000'] },
    { headers: ['x', '中'] },
    { headers: ['', 'x'] },
    { headers: ['content-length', '6'] },
    { path: 'x' },
    { path: '/a b' },
    { path: '/a\r\n' },
    { path: '/中' },
    { method: 'GET /' },
  ])('refuses %j', (fields) => {
    expect(() => head(fields)).toThrow();
  });
});
