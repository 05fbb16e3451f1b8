import { describe, expect, it } from '@jest/globals';
import { faultsOf, snapshotOf } from './testing/catalog.js';

/** The faults of one plugin's config, without the part that all of them share. */
function config(name: string, yaml: string, env: NodeJS.ProcessEnv = {}): string[] {
  const text = `_format_version: "3.0"\nplugins:\n- name: ${name}\n  config: ${yaml}`;
  return faultsOf(text, env).map((fault) => fault.replace(/^t\.yaml:(\d+:\d+) plugins\[0\]\.config\.?/, '$1 '));
}

const odd = (yaml: string, env: NodeJS.ProcessEnv = {}) => config('oddities', yaml, env);
const AI = 'route_type: llm/v1/chat, model: {provider: openai}';

describe('messages about a plugin’s config', () => {
  it('an unknown field: position of the key, the nearest name, all names', () => {
    expect(config('ai-proxy', `{${AI}, auth: {header_nme: x}}`)).toEqual([
      '4:71 auth.header_nme: unknown field (did you mean header_name?); allowed: header_name, header_value, allow_override',
    ]);
    expect(odd('{early: {iner: x}}')).toEqual(
      [
        '4:12 early.inner: is required: expected a string',
        '4:20 early.iner: unknown field (did you mean inner?); allowed: inner',
      ].map((fault) => fault.replace('4:12 early.inner', '4:19 early.inner')),
    );
  });

  it('what is missing, and where', () => {
    expect(config('ai-proxy', '{model: {}}')).toEqual([
      '4:11 route_type: is required: must be one of "llm/v1/chat", "llm/v1/embeddings"',
      '4:19 model.provider: is required: must be one of "openai", "anthropic"',
    ]);
    expect(faultsOf('_format_version: "3.0"\nplugins: [{name: file-log}]')).toEqual([
      't.yaml:2:11 plugins[0].config.path: is required: expected a string',
    ]);
  });

  it.each([
    [
      '{route_type: llm/v1/chart, model: {provider: openai}}',
      '4:24 route_type: must be one of "llm/v1/chat", "llm/v1/embeddings" (did you mean llm/v1/chat?); got "llm/v1/chart"',
    ],
    [`{${AI}, max_request_body_size: -1}`, '4:87 max_request_body_size: must be at least 0; got -1'],
    [`{${AI}, max_request_body_size: "1"}`, '4:87 max_request_body_size: expected a number, got the string "1"'],
    [`{${AI}, max_request_body_size: 1.5}`, '4:87 max_request_body_size: expected a whole number, got the number 1.5'],
    [`{${AI}, auth: []}`, '4:70 auth: expected a map, got a list'],
    [`{${AI}, auth: {allow_override: maybe}}`, '4:87 auth.allow_override: expected true or false, got a string'],
    [
      `{${AI}, auth: {header_value: 12345}}`,
      '4:85 auth.header_value: expected a string, got a number; put it in quotes',
    ],
    [
      '{route_type: llm/v1/chat, model: {provider: openai, name: 4}}',
      '4:69 model.name: expected a string, got the number 4; put it in quotes',
    ],
    [
      '{route_type: llm/v1/chat, model: {provider: openai, options: {upstream_url: nowhere}}}',
      '4:87 model.options.upstream_url: must be an absolute URL',
    ],
    [
      '{route_type: llm/v1/chat, model: {provider: openai, options: {temperature: 5.1}}}',
      '4:86 model.options.temperature: must be at most 5; got 5.1',
    ],
    ['{route_type: llm/v1/chat, model: openai}', '4:44 model: expected a map, got the string "openai"'],
  ])('ai-proxy %s', (yaml, fault) => {
    expect(config('ai-proxy', yaml)).toEqual([fault]);
  });

  it.each([
    ['{port: [1]}', '4:18 port: expected a number or "auto" or "off", got a list'],
    ['{port: 1.5}', '4:18 port: expected a whole number or "auto" or "off", got the number 1.5'],
    ['{sink: {kind: udp}}', '4:25 sink.kind: must be one of "file", "tcp"; got "udp"'],
    ['{sink: {path: x}}', '4:18 sink.kind: is required: must be one of "file", "tcp"'],
    ['{sink: {kind: tcp, host: h}}', '4:18 sink.port: is required: expected a number'],
    [
      '{sink: {kind: file, pth: h, path: h}}',
      '4:31 sink.pth: unknown field (did you mean path?); allowed: kind, path, host, port',
    ],
    ['{source: {file: 1}}', '4:27 source.file: expected a string, got the number 1; put it in quotes'],
    ['{source: []}', '4:20 source: expected a map, got a list'],
    ['{even: 3}', '4:18 even: must be a multiple of 2; got 3'],
    ['{name: az}', '4:18 name: must have at least 3 characters; got "az"'],
    ['{name: abcdez}', '4:18 name: must have at most 5 characters; got "abcdez"'],
    ['{name: bbz}', '4:18 name: must be a text that starts with "a"'],
    ['{name: abc}', '4:18 name: must be a text that ends with "z"'],
    ['{list: []}', '4:18 list: must not be empty'],
    ['{list: [a, 1]}', '4:22 list[1]: expected a string, got the number 1; put it in quotes'],
    ['{list: [null]}', '4:19 list[0]: expected a string, got nothing'],
    ['{ratio: 0}', '4:19 ratio: must be more than 0; got 0'],
    ['{ratio: 1}', '4:19 ratio: must be less than 1; got 1'],
    ['{pairs: {A1: 1}}', '4:24 pairs.A1: this is no name for a field here: small letters only'],
    ['{exact: thsi}', '4:19 exact: must be "this" (did you mean this?); got "thsi"'],
    ['{nullable: [1]}', '4:22 nullable: expected a string, got a list'],
  ])('%s', (yaml, fault) => {
    expect(odd(yaml).map((line) => line.replace(/ or a string$/, ''))).toEqual([fault]);
  });

  it('come all at once, in the order of the file', () => {
    expect(odd('\n    zzz: 1\n    even: 3\n    list: 1').map((fault) => fault.split(' ')[1])).toEqual([
      'zzz:',
      'even:',
      'list:',
    ]);
  });
});

describe('secrets in messages', () => {
  const secret = 'sk-very-secret';

  it('a value from the environment is never shown, whatever the schema says about it', () => {
    const env = { S: secret };
    for (const field of ['port', 'sink', 'even', 'name', 'list', 'ratio', 'exact', 'quoting', 'throwing']) {
      const faults = odd(`{${field}: "\${{ env "S" }}"}`, env);
      expect(faults).not.toEqual([]);
      expect(faults.join()).not.toContain(secret);
      const viaVault = odd(`{${field}: "{vault://env/s}"}`, env);
      expect(viaVault).not.toEqual([]);
      expect(viaVault.join()).not.toContain(secret);
    }
  });

  it('a message of the schema’s own author is shown without the value', () => {
    expect(odd(`{quoting: "\${{ env "S" }}"}`, { S: secret })).toEqual(['4:21 quoting: REDACTED is not ok']);
    expect(odd(`{throwing: "\${{ env "S" }}"}`, { S: secret })).toEqual([
      '4:11 : the plugin cannot check its configuration: cannot use REDACTED',
    ]);
    expect(odd('{quoting: plainly}')).toEqual(['4:21 quoting: plainly is not ok']);
  });

  it('one that was put into the wrong field is not shown, neither as a value nor as a name', () => {
    for (const wrong of [secret, `Bearer ${secret}`, 'ghp_16C7e42F292c6912E7', 'a'.repeat(30) + '1']) {
      expect(config('ai-proxy', `{${AI}, max_request_body_size: "${wrong}"}`)).toEqual([
        '4:87 max_request_body_size: expected a number, got a string',
      ]);
      expect(config('ai-proxy', `{${AI}, "${wrong}": 1}`).join()).not.toContain(wrong);
    }
  });

  it('a value of a field that may hold a credential is not shown either', () => {
    expect(config('ai-proxy', `{${AI}, auth: ${secret}}`)[0]).not.toContain(secret);
    expect(config('file-log', `{path: /x, headers: ${secret}}`)[0]).not.toContain(secret);
  });
});

describe('scalars that can be read in two ways', () => {
  const configOf = (yaml: string, env: NodeJS.ProcessEnv = {}) =>
    snapshotOf(
      `_format_version: "3.0"\nplugins:\n- name: oddities\n  config: ${yaml}\n- name: file-log\n  config: {path: /x, reopen: yes}`,
      env,
    );

  it('take what the schema takes: YAML 1.1 booleans, substituted numbers, null', () => {
    const { plugins } = configOf(
      '{even: ${{ env "N" }}, list: ["${{ env "N" }}", yes], name: null, port: "${{ env "N" | toInt }}"}',
      { N: '4' },
    );
    expect(plugins.map(({ config }) => config)).toEqual([
      { path: '/x', reopen: true },
      { even: 4, list: ['4', 'yes'], port: 4, nullable: 'set' },
    ]);
  });

  it('null is kept where the schema has a meaning for it', () => {
    expect(configOf('{nullable: null}').plugins[1]?.config).toEqual({ nullable: null });
  });

  it('a quoted word stays a word', () => {
    expect(config('file-log', '{path: /x, reopen: "yes"}')).toEqual([
      '4:30 reopen: expected true or false, got the string "yes"',
    ]);
  });
});
