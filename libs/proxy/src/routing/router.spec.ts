import { describe, expect, it } from '@jest/globals';
import type { RouteEntity } from '#libs/plugin-api';
import { route, service } from '../testing/entities.js';
import type { RoutedRequest } from './route-rule.js';
import { Router } from './router.js';

const request = (path: string, fields: Partial<RoutedRequest> = {}): RoutedRequest => ({
  method: 'GET',
  path,
  host: 'localhost',
  port: 8000,
  headers: {},
  ...fields,
});

/** The name of the route that takes a request; asked twice, because the second answer comes from the cache. */
function taken(routes: readonly RouteEntity[], asked: RoutedRequest): string | undefined {
  const router = new Router(routes, []);
  const first = router.match(asked)?.route.name;
  expect(router.match(asked)?.route.name).toBe(first);
  return first;
}

describe('Router', () => {
  it('matches a prefix of the path, as Kong does also within a segment', () => {
    const routes = [route('a', { paths: ['/anything'] })];
    expect(taken(routes, request('/anything'))).toBe('a');
    expect(taken(routes, request('/anything/v1/messages'))).toBe('a');
    expect(taken(routes, request('/anythingelse'))).toBe('a');
    expect(taken(routes, request('/any'))).toBeUndefined();
    expect(taken(routes, request('/Anything'))).toBeUndefined();
  });

  it('compares the normalised path', () => {
    const routes = [route('a', { paths: ['/a/b'] })];
    expect(taken(routes, request('/x/..//a/%62'))).toBe('a');
    expect(taken(routes, request('/a/../b'))).toBeUndefined();
  });

  it('prefers the longer prefix, also among the paths of one route', () => {
    const routes = [route('short', { paths: ['/a', '/z/very/long'] }), route('long', { paths: ['/a/b'] })];
    expect(taken(routes, request('/a/b/c'))).toBe('long');
    expect(taken(routes, request('/a/x'))).toBe('short');
    expect(new Router(routes, []).match(request('/z/very/long/x'))?.matchedPath).toBe('/z/very/long');
  });

  it('prefers a regular expression to a prefix, and among those regex_priority', () => {
    const routes = [
      route('prefix', { paths: ['/users/all'] }),
      route('low', { paths: ['~/users/[a-z]+$'], regex_priority: 1 }),
      route('high', { paths: ['~/users/a'], regex_priority: 2 }),
    ];
    expect(taken(routes, request('/users/all'))).toBe('high');
    expect(taken(routes, request('/users/bob'))).toBe('low');
    expect(taken(routes, request('/users/all/x'))).toBe('high');
    expect(taken(routes, request('/users/bob/x'))).toBeUndefined();
  });

  it('anchors a regular expression at the start, all of its alternatives', () => {
    const routes = [route('a', { paths: ['~/a|/b'] })];
    expect(taken(routes, request('/b'))).toBe('a');
    expect(taken(routes, request('/x/b'))).toBeUndefined();
  });

  it('gives the named captures and what follows the match', () => {
    const router = new Router([route('a', { paths: ['~/m/(?<model>[^/]+)/(?P<kind>[a-z]+)(?<none>!)?'] })], []);
    const match = router.match(request('/m/gpt-5/chat/v1/messages'));
    expect(match?.uriCaptures).toEqual({ model: 'gpt-5', kind: 'chat' });
    expect(match?.matchedPath).toBe('/m/gpt-5/chat');
    expect(match?.pathBelowRoute).toBe('/v1/messages');
  });

  it('takes the flag (?i) and names the route of a broken expression', () => {
    expect(taken([route('a', { paths: ['~(?i)/A'] })], request('/a'))).toBe('a');
    expect(() => new Router([route('a', { paths: ['~/('] })], [])).toThrow(
      'route a: path "~/(" is not a regular expression',
    );
  });

  it.each([
    ['/anything', '/anything', ''],
    ['/anything', '/anything/', '/'],
    ['/anything', '/anything/v1/models', '/v1/models'],
    ['/anything', '/anythingelse', '/else'],
    ['/', '/v1/models', '/v1/models'],
    ['/', '/', ''],
  ])('the path below %s in %s is "%s"', (path, asked, below) => {
    expect(new Router([route('a', { paths: [path] })], []).match(request(asked))?.pathBelowRoute).toBe(below);
  });

  it('puts more kinds of criteria first, then plain hosts, then more headers', () => {
    const routes = [
      route('path', { paths: ['/a/very/long/path'] }),
      route('method', { paths: ['/a'], methods: ['GET'] }),
      route('wildcard', { paths: ['/a'], hosts: ['*.test'] }),
      route('host', { paths: ['/a'], hosts: ['x.test'] }),
      route('two-headers', { paths: ['/a'], headers: { 'x-a': ['1'], 'x-b': ['1'] } }),
      route('header', { paths: ['/a'], headers: { 'x-a': ['1'] } }),
    ];
    const asked = (fields: Partial<RoutedRequest>) => taken(routes, request('/a/very/long/path', fields));
    expect(asked({ method: 'POST' })).toBe('path');
    expect(asked({})).toBe('method');
    expect(asked({ host: 'y.test', method: 'POST' })).toBe('wildcard');
    expect(asked({ host: 'x.test' })).toBe('host');
    expect(asked({ headers: { 'x-a': '1' }, method: 'POST' })).toBe('header');
    expect(asked({ headers: { 'x-a': '1', 'x-b': '1' }, method: 'POST' })).toBe('two-headers');
  });

  it('keeps the given order where Kong leaves it open', () => {
    const twins = [route('first', { paths: ['/a'] }), route('second', { paths: ['/a'] })];
    expect(taken(twins, request('/a'))).toBe('first');
    expect(taken(twins.toReversed(), request('/a'))).toBe('second');
  });

  it('matches hosts without case, by wildcard on either side, and by port', () => {
    const host = (entry: string, given: string, port = 8000) =>
      taken([route('a', { hosts: [entry] })], request('/', { host: given, port })) === 'a';
    expect(host('Example.com', 'example.com')).toBe(true);
    expect(host('example.com', 'www.example.com')).toBe(false);
    expect(host('*.example.com', 'www.example.com')).toBe(true);
    expect(host('*.example.com', 'example.com')).toBe(false);
    expect(host('example.*', 'example.org')).toBe(true);
    expect(host('example.*', 'example')).toBe(false);
    expect(host('example.com:8000', 'example.com')).toBe(true);
    expect(host('example.com:8000', 'example.com', 9000)).toBe(false);
    expect(host('*.example.com:8000', 'www.example.com', 9000)).toBe(false);
  });

  it('matches headers without case, as a regular expression, and any of several values', () => {
    const header = (accepted: string[], given: string | string[] | undefined) =>
      taken([route('a', { headers: { 'X-Team': accepted } })], request('/', { headers: { 'x-team': given } })) === 'a';
    expect(header(['Red'], 'rEd')).toBe(true);
    expect(header(['red', 'blue'], 'blue')).toBe(true);
    expect(header(['red'], 'blue')).toBe(false);
    expect(header(['red'], undefined)).toBe(false);
    expect(header(['red'], 'blue, red')).toBe(true);
    expect(header(['red'], ['blue', 'red'])).toBe(true);
    expect(header(['~*^r.d$'], 'RAD')).toBe(true);
    expect(header(['~*^r.d$'], 'braid')).toBe(false);
  });

  it('does not mix up requests that differ only in what a route looks at', () => {
    const router = new Router(
      [route('get', { paths: ['/a'], methods: ['GET'] }), route('host', { paths: ['/a'], hosts: ['x.test'] })],
      [],
    );
    expect(router.match(request('/a'))?.route.name).toBe('get');
    expect(router.match(request('/a', { method: 'POST' }))?.route.name).toBeUndefined();
    expect(router.match(request('/a', { method: 'POST', host: 'x.test' }))?.route.name).toBe('host');
    expect(router.match(request('/a'))?.route.name).toBe('get');
  });

  it('stays right when more paths come than it remembers', () => {
    const router = new Router([route('a', { paths: ['/a'] })], []);
    const names = Array.from(
      { length: 2500 },
      (_, i) => router.match(request(`/${i % 2 ? 'a' : 'b'}/${i}`))?.route.name,
    );
    expect(new Set(names.filter((_, i) => i % 2))).toEqual(new Set(['a']));
    expect(new Set(names.filter((_, i) => i % 2 === 0))).toEqual(new Set([undefined]));
    expect(router.match(request(`/a/${'x'.repeat(5000)}`))?.route.name).toBe('a');
  });

  it('gives the same match for the same path', () => {
    const router = new Router([route('a', { paths: ['/a'] })], []);
    expect(router.match(request('/a/b'))).toBe(router.match(request('/a/b', { method: 'POST', host: 'other' })));
  });

  it('leaves out routes of a disabled service and those for other protocols', () => {
    const off = service('off', { enabled: false });
    const routes = [
      route('disabled', { paths: ['/a'], service: { id: 'off' } }),
      route('grpc', { paths: ['/a'], protocols: ['grpc'] }),
    ];
    expect(new Router(routes, [off]).match(request('/a'))).toBeUndefined();
  });

  it('gives the service, its path joined, and whether only https will do', () => {
    const backend = service('backend', { path: '/s' });
    const routes = [
      route('plain', { paths: ['/a'], service: { id: 'backend' } }),
      route('secure', { paths: ['/b'], service: { id: 'backend' }, protocols: ['https'], strip_path: false }),
    ];
    const router = new Router(routes, [backend]);
    expect(router.match(request('/a/caf%c3%a9'))).toMatchObject({
      service: backend,
      upstreamPath: '/s/caf%C3%A9',
      httpsOnly: false,
    });
    expect(router.match(request('/b/c'))).toMatchObject({ upstreamPath: '/s/b/c', httpsOnly: true });
  });

  it('matches a route without paths by its other criteria and keeps the whole path', () => {
    const router = new Router([route('a', { methods: ['GET'], service: { id: 's' } })], [service('s')]);
    expect(router.match(request('/x/y'))).toMatchObject({
      matchedPath: '',
      pathBelowRoute: '/x/y',
      upstreamPath: '/x/y',
    });
  });
});
