import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { formatFault } from './faults.js';
import { parseConfig } from './load.js';
import type { ConfigSnapshot } from './snapshot.js';
import { catalog, load, snapshotOf } from './testing/catalog.js';

/** The file of Kong's how-to "Route Claude CLI traffic through Kong AI Gateway and OpenAI", as decK gets it. */
const HOW_TO = `_format_version: "3.0"
services:
- name: example-service
  url: http://httpbin.konghq.com/anything      # protocol, host, port and path in one
routes:
- name: example-route
  paths: ["/anything"]
  service: {name: example-service}             # object form (decK)
  protocols: [http, https]
plugins:
- name: ai-proxy
  config: {llm_format: anthropic, route_type: llm/v1/chat, auth: {header_name: Authorization, header_value: "Bearer \${{ env \\"DECK_OPENAI_API_KEY\\" }}", allow_override: false}, model: {provider: openai, name: gpt-5-mini}, max_request_body_size: 524288}
- name: file-log
  config: {path: /tmp/claude.json}
`;

describe('the how-to of Kong', () => {
  it('loads unchanged', () => {
    const snapshot = snapshotOf(HOW_TO, { DECK_OPENAI_API_KEY: 'sk-1' });
    expect(snapshot.services).toEqual([
      expect.objectContaining({
        name: 'example-service',
        protocol: 'http',
        host: 'httpbin.konghq.com',
        port: 80,
        path: '/anything',
      }),
    ]);
    expect(snapshot.routes).toEqual([
      expect.objectContaining({
        name: 'example-route',
        paths: ['/anything'],
        service: { id: snapshot.services[0]?.id },
      }),
    ]);
    expect(snapshot.plugins.map(({ name, config }) => [name, config])).toEqual([
      [
        'ai-proxy',
        {
          llm_format: 'anthropic',
          route_type: 'llm/v1/chat',
          max_request_body_size: 524288,
          auth: { header_name: 'Authorization', header_value: 'Bearer sk-1', allow_override: false },
          model: { provider: 'openai', name: 'gpt-5-mini', options: {} },
        },
      ],
      ['file-log', { path: '/tmp/claude.json', reopen: false }],
    ]);
    expect(snapshot.warnings).toEqual([]);
  });

  it('loads without the key, and says so', () => {
    const { snapshot, faults } = load(HOW_TO);
    expect(faults.map(formatFault)).toEqual([
      't.yaml:12:117 plugins[0].config.auth.header_value: environment variable DECK_OPENAI_API_KEY is not set',
    ]);
    expect([...(snapshot?.unready.values() ?? [])]).toEqual([
      'environment variable DECK_OPENAI_API_KEY is not set (t.yaml:12)',
    ]);
  });
});

describe('a snapshot', () => {
  it('cannot be changed, at any depth', () => {
    const snapshot = snapshotOf(HOW_TO);
    const write = (target: object, key: string) => () => Object.assign(target, { [key]: 1 });
    const config = snapshot.plugins[0]?.config as { auth: object };
    for (const target of [
      snapshot,
      snapshot.services,
      snapshot.routes[0] ?? {},
      config,
      config.auth,
      snapshot.credentials,
    ]) {
      expect(write(target, 'x')).toThrow(TypeError);
    }
    const unready = snapshot.unready as Map<string, string>;
    expect(() => unready.set('a', 'b')).toThrow(TypeError);
    expect(() => unready.delete('a')).toThrow(TypeError);
    expect(() => unready.clear()).toThrow(TypeError);
    expect(unready.size).toBe(1);
  });

  it('of nothing has a hash of zeros, as in Kong', () => {
    expect(snapshotOf('_format_version: "3.0"').hash).toBe('0'.repeat(32));
  });

  it('has a hash of what is written: 32 hex digits, no secret of the environment in it', () => {
    const { hash } = snapshotOf(HOW_TO, { DECK_OPENAI_API_KEY: 'sk-1' });
    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(snapshotOf(HOW_TO, { DECK_OPENAI_API_KEY: 'sk-2' }).hash).toBe(hash);
    expect(snapshotOf(`# a comment\n${HOW_TO}`).hash).toBe(hash);
    expect(snapshotOf(HOW_TO.replace('gpt-5-mini', 'gpt-5')).hash).not.toBe(hash);
    expect(snapshotOf(`${HOW_TO}_workspace: team`).hash).not.toBe(hash);
    expect(snapshotOf(HOW_TO.replace('DECK_OPENAI_API_KEY', 'OTHER')).hash).not.toBe(hash);
  });

  it('is not there when there is an error', () => {
    const { snapshot, faults } = load(HOW_TO.replace('file-log', 'file-lock'));
    expect(snapshot).toBeUndefined();
    expect(faults.map(({ severity }) => severity)).toEqual(['warning', 'error']);
  });
});

/** What must be equal whatever the text looked like: everything but lines and the time of loading. */
function essence({ plugins, files: _files, warnings: _warnings, ...rest }: ConfigSnapshot): unknown {
  const timeless = JSON.stringify({ ...rest, unready: [...rest.unready.keys()] }, (key, value: unknown) =>
    key === 'created_at' || key === 'updated_at' ? 0 : value,
  );
  return [JSON.parse(timeless), plugins.map(({ position: _position, ...plugin }) => plugin)];
}

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const pluginArb = fc.constantFrom(
  { name: 'file-log', config: { path: '/x' } },
  { name: 'oddities', config: { even: 2 } },
  { name: 'ai-proxy', config: { route_type: 'llm/v1/chat', model: { provider: 'openai' } } },
);
const pluginsArb = fc.uniqueArray(pluginArb, { selector: ({ name }) => name, maxLength: 3 });

/** Services with routes with plugins, all with names of their own. */
const treeArb = fc
  .array(
    fc.record({
      plugins: pluginsArb,
      routes: fc.array(fc.record({ path: word, plugins: pluginsArb }), { maxLength: 3 }),
    }),
    { maxLength: 4 },
  )
  .map((services) =>
    services.map(({ plugins, routes }, s) => ({
      name: `s${s}`,
      host: 'h',
      plugins,
      routes: routes.map(({ path, plugins: own }, r) => ({ name: `s${s}-r${r}`, paths: [`/${path}`], plugins: own })),
    })),
  );

describe('loading', () => {
  it('gives the same for nested entities and for references, by name or by object', () => {
    fc.assert(
      fc.property(treeArb, fc.boolean(), (services, asObject) => {
        const to = (name: string) => (asObject ? { name } : name);
        const flat = {
          _format_version: '3.0',
          services: services.map(({ name, host }) => ({ name, host })),
          routes: services.flatMap((service) =>
            service.routes.map(({ name, paths }) => ({ name, paths, service: to(service.name) })),
          ),
          plugins: services.flatMap((service) => [
            ...service.plugins.map((plugin) => ({ ...plugin, service: to(service.name) })),
            ...service.routes.flatMap(({ name, plugins }) => plugins.map((plugin) => ({ ...plugin, route: to(name) }))),
          ]),
        };
        const nested = snapshotOf(stringify({ _format_version: '3.0', services }));
        expect(essence(snapshotOf(stringify(flat)))).toEqual(essence(nested));
        expect(essence(snapshotOf(JSON.stringify(flat)))).toEqual(essence(nested));
      }),
      { numRuns: 20 },
    );
  });

  it('gives the same for any order of the keys at the root', () => {
    const roots: [string, unknown][] = [
      ['_format_version', '3.0'],
      ['_info', { select_tags: ['t'], defaults: { service: { retries: 1 } } }],
      ['_plugin_configs', { log: { path: '/x' } }],
      ['services', [{ name: 's', host: 'h', routes: [{ name: 'r', paths: ['/r'] }] }]],
      ['routes', [{ name: 'q', paths: ['/q'], service: 's' }, { paths: ['/nameless'] }]],
      ['consumers', [{ username: 'c', keyauth_credentials: [{ key: 'k' }] }]],
      [
        'plugins',
        [
          { name: 'file-log', _config: 'log' },
          { name: 'oddities', route: 'q', consumer: 'c' },
        ],
      ],
      ['upstreams', [{ name: 'u', targets: [{ target: 't' }] }]],
    ];
    const expected = essence(snapshotOf(stringify(Object.fromEntries(roots))));
    fc.assert(
      fc.property(fc.shuffledSubarray(roots, { minLength: roots.length }), (shuffled) => {
        expect(essence(snapshotOf(stringify(Object.fromEntries(shuffled))))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('never throws: whatever the text, there is a snapshot or an error with a position in it', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...HOW_TO.split('\n')),
      fc.constantFrom(
        '- ',
        '  - {',
        '}',
        '[',
        '&a',
        '*a',
        '<<: *a',
        '!!binary x',
        '%YAML 1.1',
        '---',
        '...',
        '? :',
        '|',
        '>+2',
        '\t',
        "''",
        '"',
        '${{ env "X" | toInt }}',
        '${{',
        '#',
        'constructor: {}',
        '__proto__: 1',
        'toString: [1]',
      ),
    );
    const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'));
    check(text, 200);
  });

  it('never throws: whatever the data', () => {
    const names =
      'services routes plugins consumers config paths service url tags id _info defaults _plugin_configs vaults valueOf';
    const name = fc.oneof(fc.constantFrom(...names.split(' ')), fc.string());
    const json = fc.jsonValue({ maxDepth: 2 });
    const entity = fc.dictionary(name, fc.oneof(json, fc.array(fc.dictionary(name, json), { maxLength: 2 })), {
      maxKeys: 5,
    });
    const root = fc.dictionary(name, fc.oneof(json, fc.array(fc.oneof(json, entity), { maxLength: 3 })), {
      maxKeys: 5,
    });
    check(
      root.map((value) => JSON.stringify({ _format_version: '3.0', ...value }, null, 1)),
      100,
    );
  });

  it('never throws: whatever stands in the place of one part of a good file', () => {
    const good = JSON.stringify({
      _format_version: '3.0',
      _info: { select_tags: ['t'], defaults: { service: { retries: 1 } } },
      services: [
        {
          url: 'http://h',
          plugins: [{ name: 'file-log', _config: 'log' }],
          routes: [{ paths: ['/'], headers: { a: ['b'] } }],
        },
      ],
      consumers: [{ username: 'c', keyauth_credentials: [{ key: 'k' }] }],
      plugins: [
        {
          name: 'ai-proxy',
          config: { route_type: 'llm/v1/chat', auth: { header_value: 'x' }, model: { provider: 'openai' } },
        },
      ],
      vaults: [{ name: 'env', prefix: 'v', config: { prefix: 'P_' } }],
      _plugin_configs: { log: { path: '/x' } },
    });
    const places = [...good.matchAll(/(?<=[:[,])("[^"]*"(?!:)|\{|\[)/g)].map(({ index }) => index);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('${{ env "X" }}', '{vault://v/x}', null, [null], {}),
    );
    const broken = fc.tuple(fc.constantFrom(...places), value).map(([place, part]) => {
      const end = endOfValue(good, place);
      return good.slice(0, place) + JSON.stringify(part) + good.slice(end);
    });
    check(broken, 150);
  });

  /** Where the JSON value that begins at `start` ends. */
  function endOfValue(text: string, start: number): number {
    for (let end = start + 1; end <= text.length; end += 1) {
      try {
        JSON.parse(text.slice(start, end));
        return end;
      } catch {
        // Not the whole value yet.
      }
    }
    throw new Error('no JSON value begins here');
  }

  function check(texts: fc.Arbitrary<string>, numRuns: number): void {
    fc.assert(
      fc.property(texts, (text) => {
        const { snapshot, faults } = parseConfig([{ file: 'f', text }], catalog, { X: 'x' });
        expect(snapshot === undefined).toBe(faults.some(({ severity }) => severity === 'error'));
        const lines = text.split('\n').length;
        for (const { file, line: row, column, message } of faults) {
          expect(file).toBe('f');
          expect(row).toBeGreaterThanOrEqual(1);
          expect(row).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(message).not.toMatch(/^$|\n|undefined|\[object|function/);
        }
      }),
      { numRuns },
    );
  }
});
