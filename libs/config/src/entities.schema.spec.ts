import { describe, expect, it } from '@jest/globals';
import { compileRoutePath } from './fields.schema.js';
import { faultsOf, snapshotOf } from './testing/catalog.js';

const HEAD = '_format_version: "3.0"\n';

const service = (fields: string) => snapshotOf(`${HEAD}services: [{${fields}}]`).services[0];
const route = (fields: string) => snapshotOf(`${HEAD}routes: [{${fields}}]`).routes[0];
const serviceFault = (fields: string) =>
  faultsOf(`${HEAD}services: [{${fields}}]`).map((fault) => fault.split(' ').slice(1).join(' '));
const routeFault = (fields: string) =>
  faultsOf(`${HEAD}routes: [{${fields}}]`).map((fault) => fault.split(' ').slice(1).join(' '));

describe('services', () => {
  it('have the defaults of Kong', () => {
    expect(service('host: example.com')).toEqual({
      id: expect.any(String),
      protocol: 'http',
      host: 'example.com',
      port: 80,
      retries: 5,
      enabled: true,
      connect_timeout: 60_000,
      write_timeout: 60_000,
      read_timeout: 60_000,
      ws_id: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
  });

  it.each([
    ['http://h', { protocol: 'http', host: 'h', port: 80 }, undefined],
    ['https://h', { protocol: 'https', host: 'h', port: 443 }, undefined],
    ['http://h:443/', { protocol: 'http', host: 'h', port: 443 }, '/'],
    ['HTTP://example.com:8080/a/b', { protocol: 'http', host: 'example.com', port: 8080 }, '/a/b'],
    ['http://[::1]:80/a b', { protocol: 'http', host: '[::1]', port: 80 }, '/a%20b'],
  ])('with the url %s', (url, parts, path) => {
    expect(service(`url: "${url}"`)).toMatchObject(parts);
    expect(service(`url: "${url}"`)?.path).toBe(path);
  });

  it.each([
    ['url: example.com', 'services[0].url: expected a URL such as http://example.com:8080/path'],
    ['url: [1]', 'services[0].url: expected a URL such as http://example.com:8080/path'],
    ['url: "http://u:p@h"', 'services[0].url: a user name or password in the URL is not supported by this gateway'],
    ['url: "http://h/?a=b"', 'services[0].url: a query or fragment cannot be part of the URL of a service'],
    ['url: "tcp://h"', 'services[0].protocol: the protocol tcp is not supported by this gateway; allowed: http, https'],
    ['url: "http://h:99999"', 'services[0].port: must be at most 65535'],
    ['url: "http://h", host: i', 'services[0].host: is ignored: url tells it'],
  ])('%s: %s', (fields, fault) => {
    const [first = ''] = serviceFault(fields);
    expect(first.replace(/; got 99999$/, '')).toBe(fault.replace(/services\[0\]\.(protocol|port)/, 'services[0].url'));
  });

  it('a url of its own wins over the defaults of the file', () => {
    const text = `${HEAD}_info: {defaults: {service: {protocol: https, port: 1}}}\nservices: [{url: "http://h"}, {host: h}]`;
    expect(faultsOf(text)).toEqual([]);
    expect(
      snapshotOf(text)
        .services.map(({ protocol, port }) => `${protocol} ${port}`)
        .sort(),
    ).toEqual(['http 80', 'https 1']);
  });

  it.each([
    ['name: s', 'services[0].host: is required: expected a string'],
    ['host: "a b"', 'services[0].host: must be a host name or an IP address, without scheme, port and path'],
    ['host: "h:80"', 'services[0].host: must be a host name or an IP address, without scheme, port and path'],
    [
      'host: h, path: a',
      'services[0].path: must start with "/" and hold only characters that a URL path can have, others percent-encoded',
    ],
    ['host: h, path: /a//b', 'services[0].path: must not have empty segments (//)'],
    [
      'host: h, name: "a b"',
      'services[0].name: must consist of letters, digits, ".", "-", "_" and "~", and not be empty',
    ],
    [
      'host: h, tags: ["a,b"]',
      'services[0].tags[0]: a tag consists of printable characters without "," and "/", and is not empty',
    ],
    ['host: h, retries: 32768', 'services[0].retries: must be at most 32767; got 32768'],
    ['host: h, read_timeout: 0', 'services[0].read_timeout: must be at least 1; got 0'],
    ['host: h, tls_verify: true', 'services[0].tls_verify: can only be set when protocol is https'],
    [
      'host: h, protocol: grpcs',
      'services[0].protocol: the protocol grpcs is not supported by this gateway; allowed: http, https',
    ],
    [
      'host: h, tls_verify_depth: 1',
      'services[0].tls_verify_depth: is not supported by this gateway: the length of certificate chains is not limited',
    ],
    ['host: h, prot: http', 'services[0].prot: unknown field (did you mean port?)'],
  ])('{%s}: %s', (fields, fault) => {
    const [first = ''] = serviceFault(fields);
    expect(first.replace(/; allowed: id, .*/, '')).toBe(fault);
  });

  it('may name their times', () => {
    expect(service('host: h, created_at: 5, updated_at: 6')).toMatchObject({ created_at: 5, updated_at: 6 });
  });
});

describe('routes', () => {
  it('have the defaults of Kong', () => {
    expect(route('paths: [/a]')).toEqual({
      id: expect.any(String),
      protocols: ['http', 'https'],
      paths: ['/a'],
      regex_priority: 0,
      strip_path: true,
      path_handling: 'v0',
      preserve_host: false,
      request_buffering: true,
      response_buffering: true,
      https_redirect_status_code: 426,
      ws_id: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
  });

  it.each([
    'paths: [/]',
    'paths: ["~/v(?<version>[0-9]+)/x$"]',
    'paths: [/%20/a:b@c]',
    'hosts: ["*.example.com", "example.*", "h:8000"]',
    'methods: [GET]',
    'headers: {X-A: [b, c]}',
    'headers: {x-a: ["~*^b+$"]}',
    'paths: ["~(?i)/v1"]',
  ])('match by %s', (fields) => {
    expect(routeFault(fields)).toEqual([]);
  });

  it('have headers with small names', () => {
    expect(route('headers: {X-Api: [B]}')?.headers).toEqual({ 'x-api': ['B'] });
  });

  it.each([
    ['name: r', "routes[0]: must set one of 'paths', 'hosts', 'methods', 'headers'"],
    ['paths: [a]', 'routes[0].paths[0]: should start with: / (fixed path) or ~/ (regex path)'],
    ['paths: [/a//b]', 'routes[0].paths[0]: must not have empty segments (//)'],
    ['paths: [/a/../b]', 'routes[0].paths[0]: must not have the segments "." and ".."'],
    [
      'paths: ["/a(b)+[c]"]',
      'routes[0].paths[0]: must hold only characters that a URL path can have, others percent-encoded; a regex path starts with ~/',
    ],
    [
      'paths: ["/%zz"]',
      'routes[0].paths[0]: must hold only characters that a URL path can have, others percent-encoded; a regex path starts with ~/',
    ],
    [
      'paths: ["~/("]',
      'routes[0].paths[0]: this regular expression cannot be compiled; JavaScript syntax is taken, e.g. ~/v1/(?<model>[^/]+)',
    ],
    [
      'hosts: ["a.*.b"]',
      'routes[0].hosts[0]: must be a host name, optionally with a port; one "*" may stand for the leftmost or rightmost label',
    ],
    ['methods: [get]', 'routes[0].methods[0]: must be an HTTP method in capital letters, e.g. POST'],
    ['headers: {Host: [a]}', "routes[0].headers.Host: cannot contain the 'host' header, which is matched by 'hosts'"],
    ['headers: {x: ["~*("]}', 'routes[0].headers.x[0]: behind ~* must stand a regular expression in JavaScript syntax'],
    ['headers: {x: a}', 'routes[0].headers.x: expected a list, got a string'],
    [
      'paths: [/], https_redirect_status_code: 300',
      'routes[0].https_redirect_status_code: must be one of 426, 301, 302, 307, 308; got 300',
    ],
    ['paths: [/], protocols: []', 'routes[0].protocols: must not be empty'],
    ['paths: [/], snis: [a]', 'routes[0].snis: is not supported by this gateway: TLS ends before this gateway'],
    [
      'expression: x',
      'routes[0].expression: is not supported by this gateway: routes match by methods, hosts, paths and headers',
    ],
  ])('{%s}: %s', (fields, fault) => {
    expect(routeFault(fields)).toContain(fault);
  });

  it('null and an empty list stand for a field that is not supported and not used', () => {
    expect(routeFault('paths: [/], snis: null, sources: [], methods: null, tags: null')).toEqual([]);
  });

  it('compile their regular expressions anchored at the start', () => {
    const regex = compileRoutePath('~/v1|/v2/(?<model>[^/]+)');
    expect(regex.exec('/v2/gpt/x')?.groups).toEqual({ model: 'gpt' });
    expect(regex.test('/x/v1')).toBe(false);
    expect(compileRoutePath('~(?i)/v1/(?P<rest>.*)').exec('/V1/a')?.groups).toEqual({ rest: 'a' });
  });
});

describe('consumers and their credentials', () => {
  it('are kept by the names of their lists', () => {
    const { credentials } = snapshotOf(`${HEAD}consumers:
- username: alice
  keyauth_credentials: [{key: k}]
  basicauth_credentials: [{username: u, password: p}]
  hmacauth_credentials: [{username: u, secret: s}]
  jwt_secrets: [{key: k, secret: s}]
  oauth2_credentials: [{name: app, client_id: i, client_secret: s, redirect_uris: ["http://a/b"]}]
  acls: [{group: g}]
  mtls_auth_credentials: [{subject_name: n}]
`);
    expect(Object.values(credentials).map((list) => list.length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(credentials.jwt_secrets[0]).toMatchObject({ algorithm: 'HS256', consumer: { id: expect.any(String) } });
    expect(credentials.oauth2_credentials[0]).toMatchObject({ client_type: 'confidential', hash_secret: false });
  });

  it.each([
    ['{tags: [a]}', "consumers[0]: at least one of 'username', 'custom_id' is required"],
    [
      '{username: a, groups: [{name: g}]}',
      'consumers[0].groups: is not supported by this gateway: consumer groups are an Enterprise feature of Kong',
    ],
    [
      '{username: a, keyauth_credentials: [{}]}',
      'consumers[0].keyauth_credentials[0].key: is required: expected a string',
    ],
    [
      '{username: a, jwt_secrets: [{key: k, algorithm: RS256}]}',
      'consumers[0].jwt_secrets[0].rsa_public_key: is required with the algorithm RS256',
    ],
    [
      '{username: a, jwt_secrets: [{key: k}]}',
      'consumers[0].jwt_secrets[0].secret: is required with the algorithm HS256',
    ],
    [
      '{username: a, mtls_auth_credentials: [{subject_name: n, ca_certificate: {id: x}}]}',
      'consumers[0].mtls_auth_credentials[0].ca_certificate: is not supported by this gateway: TLS ends before this gateway',
    ],
  ])('%s: %s', (consumer, fault) => {
    expect(faultsOf(`${HEAD}consumers: [${consumer}]`).map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      fault,
    ]);
  });
});

describe('upstreams and targets', () => {
  it('are kept, but not balanced: a service that relies on them gets a warning', () => {
    const text = `${HEAD}upstreams: [{name: u}]\nservices: [{host: u}, {host: v}, {url: "http://u"}]`;
    expect(faultsOf(text)).toEqual([
      't.yaml:3:19 services[0].host: names an upstream, but requests are not balanced over targets here; the name is looked up as a host',
      't.yaml:3:40 services[2].url: names an upstream, but requests are not balanced over targets here; the name is looked up as a host',
    ]);
    expect(snapshotOf(text).services).toHaveLength(3);
  });

  it('have the defaults of Kong', () => {
    const { upstreams, targets } = snapshotOf(
      `${HEAD}upstreams: [{name: u.internal, targets: [{target: "10.0.0.1:80"}, {target: h, weight: 0}]}]`,
    );
    expect(upstreams[0]).toMatchObject({
      algorithm: 'round-robin',
      hash_on: 'none',
      hash_fallback: 'none',
      hash_on_cookie_path: '/',
      slots: 10_000,
      use_srv_name: false,
      healthchecks: {
        threshold: 0,
        active: {
          type: 'http',
          timeout: 1,
          concurrency: 10,
          http_path: '/',
          healthy: { interval: 0, http_statuses: [200, 302] },
        },
        passive: { type: 'http', unhealthy: { http_statuses: [429, 500, 503], tcp_failures: 0 } },
      },
    });
    expect(targets.map(({ target, weight }) => `${target} ${weight}`).sort()).toEqual(['10.0.0.1:80 100', 'h 0']);
  });

  it.each([
    ['{name: u, hash_on: header}', 'upstreams[0].hash_on: header needs the field hash_on_header'],
    [
      '{name: u, hash_on: ip, hash_fallback: query_arg}',
      'upstreams[0].hash_fallback: query_arg needs the field hash_fallback_query_arg',
    ],
    ['{name: u, slots: 9}', 'upstreams[0].slots: must be at least 10; got 9'],
    [
      '{name: u, targets: [{target: "a b"}]}',
      'upstreams[0].targets[0].target: must be a host name or an IP address, optionally with a port, e.g. 10.0.0.1:8000',
    ],
    [
      '{name: u, healthchecks: {activ: {}}}',
      'upstreams[0].healthchecks.activ: unknown field (did you mean active?); allowed: threshold, active, passive',
    ],
  ])('%s: %s', (upstream, fault) => {
    expect(faultsOf(`${HEAD}upstreams: [${upstream}]`).map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      fault,
    ]);
  });
});
