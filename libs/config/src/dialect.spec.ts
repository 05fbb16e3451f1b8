import { describe, expect, it } from '@jest/globals';
import { parseConfig } from './load.js';
import { formatFault } from './faults.js';
import { catalog, faultsOf, load, snapshotOf } from './testing/catalog.js';

const HEAD = '_format_version: "3.0"\n';

describe('the root', () => {
  it.each(['"1.1"', '"2.1"', '"3.0"', "'3.0'"])('has the format version %s', (version) => {
    expect(faultsOf(`_format_version: ${version}`)).toEqual([]);
  });

  it.each([
    ['', 't.yaml:1:1 the file is empty'],
    ['- a', 't.yaml:1:1 the file must be a map with the key _format_version'],
    ['services: []', 't.yaml:1:1 _format_version: is required: must be one of "1.1", "2.1", "3.0", in quotes'],
    ['_format_version: 3.0', 't.yaml:1:18 _format_version: must be a string, in quotes: one of "1.1", "2.1", "3.0"'],
    [
      '_format_version: "4.0"',
      't.yaml:1:18 _format_version: must be one of "1.1", "2.1", "3.0" (did you mean 2.1?); got "4.0"',
    ],
  ])('%j: %s', (text, fault) => {
    expect(faultsOf(text)[0]).toBe(fault.replace('2.1?', text.includes('4.0') ? '3.0?' : '2.1?'));
  });

  it('may have comments, ignored parts and lists of nothing', () => {
    const text = `${HEAD}_transform: true\n_comment: hi\n_ignore: [1, {a: b}]\nservices:\nroutes: []\ncertificates: []\n`;
    expect(faultsOf(`${text}plugins: [{name: file-log, config: {path: /x}, _comment: hi, _ignore: [1]}]`)).toEqual([]);
  });

  it('tells an unknown key from one that is not supported and one that does no harm', () => {
    expect(
      faultsOf(`${HEAD}servises: []\ntoString: [1]\nconsumer_groups: [{name: a}]\nlicenses: [{}]\n_konnect: {a: b}`),
    ).toEqual([
      expect.stringMatching(/^t\.yaml:3:1 toString: unknown field; allowed: _format_version, .*services/),
      't.yaml:4:1 consumer_groups: is not supported by this gateway: consumer groups are an Enterprise feature of Kong',
      't.yaml:5:1 licenses: is ignored: no licence is needed',
      't.yaml:6:1 _konnect: is ignored: nothing is sent to Konnect',
    ]);
    expect(faultsOf(`${HEAD}servises: [1]`)[0]).toContain(
      'servises: unknown field (did you mean services?); allowed: ',
    );
  });

  it('has lists of maps', () => {
    expect(faultsOf(`${HEAD}services: {name: x}\nplugins: [file-log]`)).toEqual([
      't.yaml:2:11 services: expected a list of services',
      't.yaml:3:11 plugins[0]: expected a map, one of the plugins',
    ]);
  });

  it('names the workspace', () => {
    expect(snapshotOf(HEAD).workspace).toEqual({ id: '0dc6f45b-8f8d-40d2-a504-473544ee190b', name: 'default' });
    expect(snapshotOf(`${HEAD}_workspace: team-a`).workspace.name).toBe('team-a');
  });
});

describe('settings for all entities', () => {
  it('_info.defaults stand behind what an entity says', () => {
    const { services, routes } = snapshotOf(`${HEAD}
_info:
  defaults:
    service: {retries: 1, connect_timeout: 5}
    route: {strip_path: false, protocols: [https]}
services:
- {name: a, host: h}
- {name: b, host: h, retries: 2, routes: [{name: r, paths: [/r]}]}
`);
    expect(services.map(({ retries, connect_timeout }) => [retries, connect_timeout])).toEqual([
      [1, 5],
      [2, 5],
    ]);
    expect(routes[0]).toMatchObject({ strip_path: false, protocols: ['https'] });
  });

  it('_info.defaults are checked by name, whether something uses them or not', () => {
    expect(faultsOf(`${HEAD}_info: {defaults: {service: {retrys: 1}, plugin: {}}}`)).toEqual([
      expect.stringContaining('_info.defaults.service.retrys: unknown field (did you mean retries?)'),
      expect.stringContaining('_info.defaults.plugin: unknown field; allowed: service, route, upstream, target'),
    ]);
  });

  it('a wrong default is told once', () => {
    const text = `${HEAD}_info: {defaults: {service: {port: 70000}}}\nservices: [{name: a, host: h}, {name: b, host: h}]`;
    expect(faultsOf(text)).toEqual(['t.yaml:2:36 _info.defaults.service.port: must be at most 65535; got 70000']);
  });

  it('_info.select_tags are given to every entity', () => {
    const { services, plugins } = snapshotOf(`${HEAD}_info: {select_tags: [team, eu]}
services: [{name: a, host: h, tags: [own, eu], plugins: [{name: file-log, config: {path: /x}}]}]`);
    expect(services[0]?.tags).toEqual(['own', 'eu', 'team']);
    expect(plugins[0]?.tags).toEqual(['team', 'eu']);
  });

  it('what concerns the syncing of decK only is ignored with a warning', () => {
    const { snapshot, faults } = load(`${HEAD}_info: {default_lookup_tags: {services: [x]}}`);
    expect(faults.map(formatFault)).toEqual([
      't.yaml:2:30 _info.default_lookup_tags: concerns the syncing of decK and is ignored',
    ]);
    expect(snapshot?.warnings).toEqual(faults);
  });

  it('hashed passwords are refused, whichever way the file announces them', () => {
    const consumers = 'consumers: [{username: a, basicauth_credentials: [{username: a, password: p}]}]';
    expect(faultsOf(`${HEAD}${consumers}`)).toEqual([]);
    for (const setting of ['_transform: false', '_info: {skip_hash_for_basic_auth: true}']) {
      expect(faultsOf(`${HEAD}${setting}\n${consumers}`)[0]).toContain(
        'hashed passwords (_transform: false) are not supported',
      );
    }
  });

  it('need the environment to be complete', () => {
    expect(faultsOf(`${HEAD}_workspace: \${{ env "WS" }}`)).toEqual([
      't.yaml:2:13 _workspace: environment variable WS is not set',
    ]);
    expect(snapshotOf(`${HEAD}_workspace: \${{ env "WS" }}`, { WS: 'w' }).workspace.name).toBe('w');
  });
});

describe('several files', () => {
  const files = (...texts: string[]) =>
    parseConfig(
      texts.map((text, index) => ({ file: `${index}.yaml`, text })),
      catalog,
      {},
    );

  it('are one configuration', () => {
    const { snapshot, faults } = files(
      `${HEAD}routes: [{name: r, paths: [/], service: s}]\nplugins: [{name: file-log, _config: log}]`,
      'services: [{name: s, host: h}]\n_plugin_configs: {log: {path: /x}}\n_info: {defaults: {route: {strip_path: false}}}',
    );
    expect(faults).toEqual([]);
    expect(snapshot?.routes[0]).toMatchObject({ strip_path: false, service: { id: snapshot?.services[0]?.id } });
    expect(snapshot?.plugins[0]?.config).toEqual({ path: '/x', reopen: false });
    expect(snapshot?.files).toEqual(['0.yaml', '1.yaml']);
  });

  it('must not contradict each other', () => {
    const { faults } = files(
      `${HEAD}_workspace: a\nservices: [{name: s, host: h}]\n_plugin_configs: {x: {}}`,
      `_workspace: b\nservices: [{name: s, host: h}]\n_plugin_configs: {x: {}}`,
    );
    expect(faults.map(formatFault)).toEqual([
      '1.yaml:1:13 _workspace: the files name different workspaces; there is one',
      "1.yaml:2:13 services[0].name: uniqueness violation: 'services' entity with name set to 's' already declared, in 0.yaml:3",
      '1.yaml:3:19 _plugin_configs.x: a plugin configuration of this name is already declared',
    ]);
  });
});

describe('formats before 3.0', () => {
  it('mark regular expressions among the paths of routes', () => {
    const paths = (version: string) =>
      snapshotOf(`_format_version: "${version}"\nroutes: [{name: r, paths: [/plain-1.x/%20, "/v(?<n>\\\\d+)"]}]`)
        .routes[0]?.paths;
    expect(paths('1.1')).toEqual(['/plain-1.x/%20', '~/v(?<n>\\d+)']);
    expect(() => paths('3.0')).toThrow('a regex path starts with ~/');
  });
});
