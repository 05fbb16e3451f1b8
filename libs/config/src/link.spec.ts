import { describe, expect, it } from '@jest/globals';
import { faultsOf, snapshotOf } from './testing/catalog.js';

const HEAD = '_format_version: "3.0"\n';
const LOG = '{name: file-log, config: {path: /x}}';

describe('relations', () => {
  it.each([
    'service: s',
    'service: {name: s}',
    'service: 7FAA1D6F-5BA6-4DF2-B1F3-1F3E5A0F4E5B',
    'service: {id: 7faa1d6f-5ba6-4df2-b1f3-1f3e5a0f4e5b}',
  ])('by %s', (relation) => {
    const { routes } = snapshotOf(
      `${HEAD}services: [{name: s, id: 7faa1d6f-5ba6-4df2-b1f3-1f3e5a0f4e5b, host: h}]\nroutes: [{name: r, paths: [/], ${relation}}]`,
    );
    expect(routes[0]?.service).toEqual({ id: '7faa1d6f-5ba6-4df2-b1f3-1f3e5a0f4e5b' });
  });

  it('may be null', () => {
    const { routes } = snapshotOf(`${HEAD}routes: [{name: r, paths: [/], service: null}]`);
    expect(routes[0]).not.toHaveProperty('service');
  });

  it('lead to consumers by their username, and to upstreams', () => {
    const { consumers, plugins, credentials, upstreams, targets } = snapshotOf(`${HEAD}
consumers: [{username: alice, custom_id: "1"}]
plugins: [{name: file-log, consumer: {username: alice}, config: {path: /x}}]
keyauth_credentials: [{consumer: alice, key: k1, ttl: 60}]
acls: [{consumer: alice, group: admins}]
upstreams: [{name: u}]
targets: [{upstream: u, target: "10.0.0.1:80"}]
`);
    const consumer = { id: consumers[0]?.id };
    expect(plugins[0]?.consumer).toEqual(consumer);
    expect(credentials.keyauth_credentials).toEqual([expect.objectContaining({ consumer, key: 'k1', ttl: 60 })]);
    expect(credentials.acls[0]).toMatchObject({ consumer, group: 'admins' });
    expect(targets[0]).toMatchObject({ upstream: { id: upstreams[0]?.id }, target: '10.0.0.1:80', weight: 100 });
  });

  it('that lead nowhere are told in the words of Kong', () => {
    expect(
      faultsOf(
        `${HEAD}services: [{name: example, host: h}]\nroutes: [{paths: [/], service: exmple}, {paths: [/], service: {id: x}}]`,
      ),
    ).toEqual([
      "t.yaml:3:32 routes[0].service: invalid reference 'service: exmple' (no such entry in 'services') (did you mean example?)",
      "t.yaml:3:63 routes[1].service: invalid reference 'service: x' (no such entry in 'services')",
    ]);
  });

  it('have no other fields than a name and an id', () => {
    const text = `${HEAD}services: [{name: s, host: h}]\nroutes: [{paths: [/], service: {name: s, hots: h}}]`;
    expect(faultsOf(text)).toEqual(['t.yaml:3:42 routes[0].service.hots: unknown field; allowed: id, name']);
  });

  it('are still good when the entity they lead to has a fault', () => {
    expect(faultsOf(`${HEAD}services: [{name: s, host: h, port: -1}]\nroutes: [{paths: [/], service: s}]`)).toEqual([
      't.yaml:2:37 services[0].port: must be at least 0; got -1',
    ]);
  });

  it('must be names, and there where they are required', () => {
    expect(
      faultsOf(
        `${HEAD}routes: [{paths: [/], service: [s]}]\ntargets: [{target: h}]\nacls: [{group: g, consumer: null}]`,
      ),
    ).toEqual([
      't.yaml:2:32 routes[0].service: expected the name or id of one of the services, as a string or as {name: …}',
      't.yaml:3:11 targets[0].upstream: is required: the name or id of one of the upstreams',
      't.yaml:4:8 acls[0].consumer: is required: the name or id of one of the consumers',
    ]);
  });

  it('of a nested entity are given by where it stands', () => {
    const nested = (service: string) =>
      `${HEAD}services: [{name: a, host: h, routes: [{name: r, paths: [/], service: ${service}}]}, {name: b, host: h}]`;
    expect(snapshotOf(nested('a')).routes[0]?.service).toEqual({ id: snapshotOf(nested('a')).services[0]?.id });
    expect(faultsOf(nested('b'))[0]).toContain(
      'this entry stands within services[0] and belongs to it; it cannot name another',
    );
  });

  it('of a plugin nested in a route are to the route alone', () => {
    const { plugins, routes } = snapshotOf(
      `${HEAD}services: [{name: s, host: h, routes: [{name: r, paths: [/], plugins: [${LOG}]}]}]`,
    );
    expect(plugins[0]).toMatchObject({ route: { id: routes[0]?.id } });
    expect(plugins[0]).not.toHaveProperty('service');
  });
});

describe('ids', () => {
  it('are those of Kong, the default workspace too', () => {
    const { services, plugins, upstreams, targets, credentials } = snapshotOf(`${HEAD}
services: [{name: my-service, host: h, plugins: [${LOG}]}]
upstreams: [{name: u, targets: [{target: t}]}]
consumers: [{username: my-user, keyauth_credentials: [{key: k}]}]
`);
    expect(services[0]).toMatchObject({
      id: '0855b320-0dd2-547d-891d-601e9b38647f',
      ws_id: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
    });
    // v5(v5(root, 'plugins'), 'plugins:*:file-log::0855b320-0dd2-547d-891d-601e9b38647f:')
    expect(plugins[0]?.id).toBe('ff5af6e2-7c22-5b6c-834e-594211031e23');
    expect(targets[0]?.upstream.id).toBe(upstreams[0]?.id);
    expect(credentials.keyauth_credentials[0]?.consumer.id).toBe('4b1b701d-de2b-5588-9aa2-3b97061d9f52');
  });

  it('of entities without a name stay as long as their content, and differ among equals', () => {
    const ids = (text: string) => snapshotOf(`${HEAD}${text}`).routes.map(({ id }) => id);
    const one = ids('routes: [{paths: [/a]}]');
    expect(ids('routes: [{protocols: [http, https], paths: [/b]}, {paths: [/a]}]')).toEqual(
      expect.arrayContaining(one),
    );
    expect(new Set(ids('routes: [{paths: [/a]}, {paths: [/a]}]')).size).toBe(2);
    expect(ids('routes: [{paths: [/b]}]')).not.toEqual(one);
  });

  it('can be given, as UUIDs', () => {
    expect(faultsOf(`${HEAD}services: [{id: one, host: h}]`)).toEqual([
      't.yaml:2:17 services[0].id: must be a UUID, e.g. 0dc6f45b-8f8d-40d2-a504-473544ee190b',
    ]);
  });
});

describe('what may exist once', () => {
  it.each([
    [
      'services: [{name: x, host: h}, {name: x, host: i}]',
      "'services' entity with name set to 'x' already declared, in t.yaml:2",
    ],
    [
      'consumers: [{username: a, custom_id: c}, {username: b, custom_id: c}]',
      "'consumers' entity with custom_id set to 'c' already declared",
    ],
    [
      'upstreams: [{name: u, targets: [{target: t}, {target: t, weight: 1}]}]',
      "'targets' entity with target set to 't' already declared",
    ],
    [
      'plugins: [{name: file-log, config: {path: /x}}, {name: file-log, config: {path: /y}, enabled: false}]',
      "'plugins' entity with name set to 'file-log' already declared in the same scope, in t.yaml:2",
    ],
    [
      'plugins: [{name: file-log, instance_name: i, config: {path: /x}}, {name: oddities, instance_name: i}]',
      "'plugins' entity with instance_name set to 'i' already declared",
    ],
    [
      'services: [{id: 7faa1d6f-5ba6-4df2-b1f3-1f3e5a0f4e5b, host: h}, {id: 7FAA1D6F-5BA6-4DF2-B1F3-1F3E5A0F4E5B, host: h}]',
      "'services' entity with primary key set to '7faa1d6f-5ba6-4df2-b1f3-1f3e5a0f4e5b' already declared",
    ],
    [
      'consumers: [{username: a, acls: [{group: g}, {group: g}]}]',
      "'acls' entity with group set to 'g' already declared",
    ],
  ])('%s', (text, message) => {
    const faults = faultsOf(HEAD + text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`uniqueness violation: ${message}`);
  });

  it('is not told of entities that belong to something unknown, or have no name', () => {
    const text = `${HEAD}plugins: [${LOG}, {name: file-log, service: nowhere, config: {path: /x}}, {}, {}]`;
    expect(faultsOf(text).filter((fault) => fault.includes('uniqueness'))).toEqual([]);
  });

  it('is told without the secret', () => {
    const [fault = ''] = faultsOf(`${HEAD}consumers: [{username: a, keyauth_credentials: [{key: sk-1}, {key: sk-1}]}]`);
    expect(fault).toContain("uniqueness violation: 'keyauth_credentials' entity with this key already declared");
    expect(fault).not.toContain('sk-1');
    const [other = ''] = faultsOf(`${HEAD}services: [{name: "\${{ env "N" }}", host: h}, {name: n1, host: h}]`, {
      N: 'n1',
    });
    expect(other).toContain('uniqueness violation');
  });

  it('a plugin may have one instance per scope', () => {
    const text = `${HEAD}plugins: [${LOG}]\nservices: [{name: s, host: h, plugins: [${LOG}], routes: [{name: r, paths: [/], plugins: [${LOG}]}]}]\nconsumers: [{username: c, plugins: [${LOG}]}]`;
    expect(snapshotOf(text).plugins).toHaveLength(4);
    expect(faultsOf(`${text}\nroutes: [{name: q, paths: [/q], plugins: [${LOG}, ${LOG}]}]`)).toHaveLength(1);
  });
});

describe('the environment', () => {
  it('must be complete outside of plugins', () => {
    expect(
      faultsOf(`${HEAD}services:\n- name: s\n  host: \${{ env "HOST" }}\n  port: \${{ env "PORT" | toInt }}`),
    ).toEqual([
      't.yaml:4:9 services[0].host: environment variable HOST is not set',
      't.yaml:5:9 services[0].port: environment variable PORT is not set',
    ]);
    expect(faultsOf(`${HEAD}services: [{name: s, url: "http://\${{ env "HOST" }}"}]`)).toEqual([
      't.yaml:2:35 services[0].url: environment variable HOST is not set',
    ]);
    expect(faultsOf(`${HEAD}routes: [{paths: [/], service: "\${{ env "S" }}"}]`)).toEqual([
      't.yaml:2:33 routes[0].service: environment variable S is not set',
    ]);
  });

  it('gives values of the type that a field has', () => {
    const text = `${HEAD}services:\n- name: s\n  url: \${{ env "URL" }}\n  retries: \${{ env "N" }}\n  enabled: \${{ env "ON" }}\n  tags: ["\${{ env "N" }}"]`;
    expect(snapshotOf(text, { URL: 'https://h/p', N: '3', ON: 'false' }).services[0]).toMatchObject({
      protocol: 'https',
      host: 'h',
      port: 443,
      path: '/p',
      retries: 3,
      enabled: false,
      tags: ['3'],
    });
    expect(faultsOf(text, { URL: 'https://h/p', N: 'three', ON: 'false' })).toEqual([
      't.yaml:5:12 services[0].retries: expected a number, got a string',
    ]);
  });

  it('is not shown where it leads nowhere', () => {
    const text = `${HEAD}routes: [{paths: [/], service: "\${{ env "S" }}"}]\nplugins: [{name: "\${{ env "S" }}"}]`;
    expect(faultsOf(text, { S: 'sk-secret' })).toEqual([
      `t.yaml:2:32 routes[0].service: invalid reference 'service: \${{ env "S" }}' (no such entry in 'services')`,
      't.yaml:3:18 plugins[0].name: unknown plugin ${{ env "S" }}; available: ai-proxy, file-log, oddities',
    ]);
  });

  it('is not asked by vault references outside of plugins', () => {
    expect(faultsOf(`${HEAD}services: [{name: s, host: "{vault://env/host}"}]`)[0]).toContain(
      'services[0].host: a vault reference can only stand in the config of a plugin',
    );
  });
});
