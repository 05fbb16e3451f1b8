import { describe, expect, it } from '@jest/globals';
import { joinUpstreamPath } from './upstream-path.js';

describe('joinUpstreamPath', () => {
  // Kong's documentation, "Path handling algorithms": the table of examples.
  it.each([
    ['/s', '/fv0', false, 'v0', '/fv0/req', '/s/fv0/req'],
    ['/s', '/fv1', false, 'v1', '/fv1/req', '/sfv1/req'],
    ['/s', '/tv0', true, 'v0', '/tv0/req', '/s/req'],
    ['/s', '/tv1', true, 'v1', '/tv1/req', '/s/req'],
    ['/s', '/fv0/', false, 'v0', '/fv0/req', '/s/fv0/req'],
    ['/s', '/fv1/', false, 'v1', '/fv1/req', '/sfv1/req'],
    ['/s', '/tv0/', true, 'v0', '/tv0/req', '/s/req'],
    ['/s', '/tv1/', true, 'v1', '/tv1/req', '/sreq'],
    ['/s/', '/fv0', false, 'v0', '/fv0/req', '/s/fv0/req'],
    ['/s/', '/fv1', false, 'v1', '/fv1/req', '/s/fv1/req'],
    ['/s/', '/tv0', true, 'v0', '/tv0/req', '/s/req'],
    ['/s/', '/tv1', true, 'v1', '/tv1/req', '/s/req'],
  ] as const)(
    '%s + %s (strip %s, %s): %s → %s',
    (servicePath, routePath, strip_path, path_handling, path, expected) => {
      expect(joinUpstreamPath({ strip_path, path_handling }, servicePath, path, routePath.length)).toBe(expected);
    },
  );

  it.each([
    ['/s', true, '/tv0', 4, '/s'],
    ['/s', true, '/tv0/', 4, '/s/'],
    ['/s/', true, '/tv0', 4, '/s'],
    ['/s/', true, '/tv0/', 4, '/s/'],
    ['/', true, '/tv0', 4, '/'],
    ['/', true, '/tv0/x', 4, '/x'],
    ['/s', false, '/', 0, '/s'],
    ['/s/', false, '/', 0, '/s/'],
    ['/s', true, '/', 1, '/s'],
    ['/s/', true, '/', 1, '/s/'],
    ['/s', true, '/anythingelse', 9, '/s/else'],
  ])(
    'v0 joins with one slash: %s (strip %s) + %s, %d matched → %s',
    (servicePath, strip_path, path, matched, expected) => {
      expect(joinUpstreamPath({ strip_path, path_handling: 'v0' }, servicePath, path, matched)).toBe(expected);
    },
  );

  it('does not climb out of the service path by a prefix that ends within a segment', () => {
    const route = { strip_path: true, path_handling: 'v0' } as const;
    expect(joinUpstreamPath(route, '/s/public', '/api../secret', 4)).toBe('/s/public/secret');
    expect(joinUpstreamPath(route, '/s/public', '/api..', 4)).toBe('/s/public');
  });
});
