import { describe, expect, it } from '@jest/globals';
import { z } from '#libs/plugin-api';
import { formatFault } from './faults.js';
import { parseConfig } from './load.js';
import { catalog, faultsOf, load, snapshotOf } from './testing/catalog.js';

const HEAD = '_format_version: "3.0"\n';
const AI = 'route_type: llm/v1/chat, model: {provider: openai}';

describe('plugins', () => {
  it('carry the output of their schema, their scope and their position', () => {
    const { plugins } = snapshotOf(`${HEAD}plugins:
- name: file-log
  instance_name: to-disk
  protocols: [http, grpc]
  tags: [a]
  config: {path: /x}
`);
    expect(plugins).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name: 'file-log',
        instance_name: 'to-disk',
        enabled: true,
        protocols: ['http', 'grpc'],
        tags: ['a'],
        config: { path: '/x', reopen: false },
        position: 't.yaml:3',
      },
    ]);
  });

  it('that do not exist: a misspelt one, one of Kong, none at all', () => {
    expect(faultsOf(`${HEAD}plugins: [{name: file-lgo}, {name: key-auth}, {}, {name: 7}]`)).toEqual([
      't.yaml:2:18 plugins[0].name: unknown plugin file-lgo (did you mean file-log?); available: ai-proxy, file-log, oddities',
      't.yaml:2:36 plugins[1].name: key-auth is a plugin of Kong that is not available in this gateway; available: ai-proxy, file-log, oddities',
      't.yaml:2:47 plugins[2].name: is required: expected a string',
      't.yaml:2:58 plugins[3].name: expected a string, got the number 7; put it in quotes',
    ]);
  });

  it('that are disabled are left out, but checked', () => {
    const { snapshot, faults } = load(`${HEAD}plugins:
- {name: file-log, enabled: false, config: {path: "\${{ env "X" }}"}}
- {name: key-auth, enabled: no}
`);
    expect(snapshot?.plugins).toEqual([]);
    expect(faults.map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', 'key-auth is a plugin of Kong that is not available in this gateway; it is disabled here anyway'],
    ]);
    expect(faultsOf(`${HEAD}plugins: [{name: file-log, enabled: false, config: {pat: x, path: /x}}]`)[0]).toContain(
      'unknown field',
    );
  });

  it('have fields that cannot be honoured', () => {
    expect(
      faultsOf(
        `${HEAD}plugins: [{name: file-log, config: {path: /x}, ordering: {before: {access: [a]}}, consumer_group: g}]`,
      ),
    ).toEqual([
      't.yaml:2:48 plugins[0].ordering: is not supported by this gateway: plugins run in the order of their priorities',
      't.yaml:2:83 plugins[0].consumer_group: is not supported by this gateway: consumer groups are an Enterprise feature of Kong',
    ]);
  });

  it('are checked beyond the schema', () => {
    expect(faultsOf(`${HEAD}plugins: [{name: ai-proxy, config: {${AI}, auth: {header_name: x}}}]`)).toEqual([
      't.yaml:2:95 plugins[0].config.auth: header_name and header_value must be set together',
    ]);
  });

  it('with a schema that cannot be used are a fault, not an accident', () => {
    const config = z.strictObject({ path: z.string().refine(() => Promise.resolve(true)) });
    const entry = { metadata: { name: 'slow', priority: 1, config } };
    const text = `${HEAD}plugins: [{name: slow, config: {path: x}}]`;
    const { faults } = parseConfig([{ file: 't.yaml', text }], new Map([['slow', entry]]), {});
    expect(faults.map(formatFault)).toEqual([
      expect.stringContaining('t.yaml:2:32 plugins[0].config: the plugin cannot check its configuration: '),
    ]);
  });
});

describe('shared configurations', () => {
  const shared = `${HEAD}_plugin_configs:\n  logs: {path: /shared, headers: {a: "1", b: "2"}}\n`;

  it('stand behind the plugin’s own, at every depth', () => {
    const { plugins } = snapshotOf(
      `${shared}plugins: [{name: file-log, _config: logs, config: {path: /own, headers: {b: "3"}}}]`,
    );
    expect(plugins[0]?.config).toEqual({ path: '/own', reopen: false, headers: { a: '1', b: '3' } });
    expect(snapshotOf(`${shared}plugins: [{name: file-log, _config: logs}]`).plugins[0]?.config).toMatchObject({
      path: '/shared',
    });
  });

  it('have faults where they stand', () => {
    expect(
      faultsOf(`${HEAD}_plugin_configs:\n  logs: {pth: /x, path: /x}\nplugins: [{name: file-log, _config: logs}]`)[0],
    ).toMatch(/^t\.yaml:3:10 _plugin_configs\.logs\.pth: unknown field/);
    expect(faultsOf(`${shared}plugins: [{name: file-log, _config: log}]`)).toEqual([
      't.yaml:4:37 plugins[0]._config: no entry of _plugin_configs has this name (did you mean logs?)',
    ]);
  });
});

describe('values from the environment', () => {
  const text = `${HEAD}plugins:
- name: ai-proxy
  config:
    ${AI.replace(', ', '\n    ')}
    auth:
      header_name: Authorization
      header_value: "Bearer \${{ env "OPENAI_API_KEY" }}"
`;

  it('are put in', () => {
    const { plugins, unready, warnings } = snapshotOf(text, { OPENAI_API_KEY: 'sk-1' });
    expect(plugins[0]?.config).toMatchObject({ auth: { header_value: 'Bearer sk-1' } });
    expect(unready.size).toBe(0);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['not set', {}],
    ['empty', { OPENAI_API_KEY: '' }],
  ])('that are %s leave the plugin unready, with a warning', (state, env) => {
    const { snapshot, faults } = load(text, env);
    expect(faults.map(formatFault)).toEqual([
      `t.yaml:9:29 plugins[0].config.auth.header_value: environment variable OPENAI_API_KEY is ${state}`,
    ]);
    expect(faults[0]?.severity).toBe('warning');
    expect([...(snapshot?.unready ?? [])]).toEqual([
      [snapshot?.plugins[0]?.id, `environment variable OPENAI_API_KEY is ${state} (t.yaml:9)`],
    ]);
  });

  it('the sentence for the operator has the file, not its folder, and all that is missing', () => {
    const { snapshot } = parseConfig(
      [
        {
          file: '/etc/secret-place/t.yaml',
          text: `${HEAD}plugins: [{name: file-log, config: {path: "\${{ env "A" }}\${{ env "B" }}"}}]`,
        },
      ],
      catalog,
      {},
    );
    expect([...(snapshot?.unready.values() ?? [])]).toEqual([
      'environment variable A is not set (t.yaml:2); environment variable B is not set (t.yaml:2)',
    ]);
  });

  it.each([
    ['a text that must not be empty', 'model: {provider: openai, name: "${{ env "X" }}"}', { name: 'X' }],
    [
      'a number',
      'model: {provider: openai, options: {max_tokens: ${{ env "X" | toInt }}}}',
      { options: { max_tokens: 42 } },
    ],
    ['a URL', 'model: {provider: openai, options: {upstream_url: "${{ env "X" }}"}}', { options: {} }],
  ])('a stand-in that the schema takes is found for %s', (_, model, expected) => {
    const { snapshot, faults } = load(
      `${HEAD}plugins: [{name: ai-proxy, config: {route_type: llm/v1/chat, ${model}}}]`,
    );
    expect(faults.map(({ severity }) => severity)).toEqual(['warning']);
    expect(snapshot?.plugins[0]?.config).toMatchObject({ model: expected });
    expect(snapshot?.unready.size).toBe(1);
  });

  it('without a stand-in it is an error that names the variable, and nothing else', () => {
    const { snapshot, faults } = load(
      `${HEAD}plugins: [{name: oddities, config: {exact: "\${{ env "X" }}"}}, {name: ai-proxy, config: {route_type: "\${{ env "X" }}", model: {provider: openai}}}]`,
    );
    // `exact` may be left out, `route_type` may not.
    expect(snapshot).toBeUndefined();
    expect(faults.map((fault) => [fault.severity, fault.message])).toEqual([
      ['warning', 'environment variable X is not set'],
      ['error', 'environment variable X is not set'],
    ]);
  });
});

describe('vault references', () => {
  const ai = (reference: string, extra = '') =>
    `${HEAD}${extra}plugins: [{name: ai-proxy, config: {${AI}, auth: {header_name: x-api-key, header_value: "${reference}"}}}]`;
  const value = (text: string, env: NodeJS.ProcessEnv) => {
    const [config] = snapshotOf(text, env).plugins.map((plugin) => plugin.config as { auth: { header_value: string } });
    return config?.auth.header_value;
  };

  it('are resolved in the configuration of plugins', () => {
    expect(value(ai('{vault://env/openai-key}'), { OPENAI_KEY: 'sk-1' })).toBe('sk-1');
    expect(value(ai('{vault://env/all/openai}'), { ALL: '{"openai":"sk-2"}' })).toBe('sk-2');
    expect(value(ai('{vault://env/key?prefix=OPENAI_}'), { OPENAI_KEY: 'sk-3' })).toBe('sk-3');
    const vaults = 'vaults: [{name: env, prefix: mine, config: {prefix: OPENAI_}}]\n';
    expect(value(ai('{vault://mine/key}', vaults), { OPENAI_KEY: 'sk-4' })).toBe('sk-4');
    expect(value(ai('Bearer {vault://env/key}'), {})).toBe('Bearer {vault://env/key}');
  });

  it('are not looked for in a value from the environment', () => {
    expect(value(ai('${{ env "A" }}'), { A: '{vault://env/b}', B: 'x' })).toBe('{vault://env/b}');
  });

  it('leave the plugin unready when the variable is missing', () => {
    const { snapshot, faults } = load(ai('{vault://env/openai-key}'));
    expect(faults.map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', 'environment variable OPENAI_KEY is not set'],
    ]);
    expect([...(snapshot?.unready.values() ?? [])]).toEqual(['environment variable OPENAI_KEY is not set (t.yaml:2)']);
  });

  it.each([
    ['{vault://hcv/key}', 'the vault backend hcv is Kong'],
    ['{vault://mine/key}', 'no vault has the prefix "mine"; allowed: env'],
    ['{vault://env/}', 'the reference names no secret'],
  ])('%s is an error', (reference, message) => {
    const faults = faultsOf(ai(reference));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it('stand only where the plugin takes them', () => {
    const text = `${HEAD}plugins: [{name: ai-proxy, config: {route_type: llm/v1/chat, model: {provider: openai, name: "{vault://env/x}"}}}]`;
    expect(faultsOf(text, { X: 'gpt' })).toEqual([
      't.yaml:2:94 plugins[0].config.model.name: a vault reference cannot stand here, only in: auth.header_name, auth.header_value',
    ]);
    expect(
      snapshotOf(`${HEAD}plugins: [{name: file-log, config: {path: "{vault://env/x}"}}]`, { X: '/x' }).plugins[0]
        ?.config,
    ).toMatchObject({
      path: '/x',
    });
  });

  it('of a vault with another backend', () => {
    expect(
      faultsOf(
        `${HEAD}vaults: [{name: hcv, prefix: mine}, {name: env, prefix: env}, {name: env, prefix: ok, config: {prefix: "a b"}}]`,
      ),
    ).toEqual([
      "t.yaml:2:17 vaults[0].name: the vault backend hcv is Kong's, but not supported by this gateway; allowed is env",
      't.yaml:2:57 vaults[1].prefix: must differ from env, the name of the built-in vault',
      't.yaml:2:104 vaults[2].config.prefix: must be the beginning of a variable name',
    ]);
  });
});
