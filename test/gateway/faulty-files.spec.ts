import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryDirectory, type TemporaryDirectory } from '../support/index.js';
import { lines, tidegate } from './command.js';

const FAULTY = `_format_version: "3.0"
services:
- name: a
  url: http://127.0.0.1:1
  retrys: 3
routes:
- {name: r, paths: [/r], service: aa}
plugins:
- name: ai-proxy
  config:
    route_type: llm/v1/chat
    llm_format: gemini
    auth: {header_name: Authorization}
    model: {provider: openai, options: {temperature: hot}}
- name: rate-limiting
- name: file-log
- name: prometheus
  config: {wasm_metrics: true}
`;

/** Each fault of that file: FILE:LINE:COLUMN, the path, what is wrong, what is allowed. */
const FAULTS: readonly RegExp[] = [
  /^faulty\.yaml:5:3 services\[0\]\.retrys: unknown field \(did you mean retries\?\); allowed: .*\bretries\b/,
  /^faulty\.yaml:7:35 routes\[0\]\.service: invalid reference 'service: aa' .*\(did you mean a\?\)$/,
  /^faulty\.yaml:12:17 plugins\[0\]\.config\.llm_format: format "gemini" is not available in this gateway, allowed: anthropic, openai$/,
  /^faulty\.yaml:14:54 plugins\[0\]\.config\.model\.options\.temperature: expected a number, got the string "hot"$/,
  /^faulty\.yaml:15:9 plugins\[1\]\.name: rate-limiting is a plugin of Kong that is not available.*available: .*ai-proxy/,
  /^faulty\.yaml:16:3 plugins\[2\]\.config\.path: is required: expected a string$/,
  // Seen by the plugin itself, not by its schema.
  /^faulty\.yaml:18:26 plugins\[3\]\.config\.wasm_metrics: is not available in this gateway/,
];

let folder: TemporaryDirectory;
beforeAll(async () => {
  folder = await temporaryDirectory();
  await Promise.all([
    writeFile(join(folder.path, 'faulty.yaml'), FAULTY),
    writeFile(join(folder.path, 'broken.yaml'), '_format_version: "3.0"\nservices:\n  - name: [a\n'),
    writeFile(join(folder.path, 'good.yaml'), '_format_version: "3.0"\nservices: [{name: a, host: example.com}]\n'),
    writeFile(join(folder.path, 'more.yaml'), '_format_version: "3.0"\nroutes: [{paths: [/r], service: a}]\n'),
  ]);
});
afterAll(() => folder.remove());

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  tidegate(args, { cwd: folder.path, env });

describe('tidegate check', () => {
  it('tells every fault with its place, its path and what is allowed', async () => {
    const { code, stdout, stderr } = await run(['check', 'faulty.yaml']);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    const told = lines(stdout);
    for (const fault of FAULTS) expect(told).toContainEqual(expect.stringMatching(fault));
    expect(told).toHaveLength(FAULTS.length);
  });

  it('tells where YAML breaks off', async () => {
    const { code, stdout } = await run(['check', 'broken.yaml']);
    expect(code).toBe(1);
    expect(lines(stdout)[0]).toMatch(/^broken\.yaml:\d+:\d+ \S/);
  });

  it('takes several files for one configuration', async () => {
    expect(await run(['check', 'good.yaml', 'more.yaml'])).toEqual({
      code: 0,
      stdout: 'good.yaml, more.yaml: ok\n',
      stderr: '',
    });
  });

  it('tells of a file that is not there', async () => {
    const { code, stdout } = await run(['check', 'nowhere.yaml']);
    expect([code, stdout]).toEqual([1, 'nowhere.yaml:1:1 cannot be read: there is no such file\n']);
  });
});

describe('tidegate start', () => {
  it('refuses a faulty file with the lines of the check', async () => {
    const [checked, started] = await Promise.all([
      run(['check', 'faulty.yaml']),
      run(['start', '--config', 'faulty.yaml'], {
        TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
        TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
        TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
      }),
    ]);
    expect(started.code).toBe(1);
    expect(started.stdout).toBe('');
    const told = lines(started.stderr);
    expect(told.slice(told.indexOf('tidegate: cannot start:') + 1)).toEqual(lines(checked.stdout));
  });

  it.each([
    ['an unknown command', ['serve'], 'unknown command "serve"'],
    ['an unknown option', ['start', '--port', '8000'], "Unknown option '--port'"],
    ['a stray argument', ['start', 'tidegate.yaml'], 'unexpected argument "tidegate.yaml"'],
    ['an option without its value', ['start', '--config'], "'-c, --config <value>' argument missing"],
    ['a check of nothing', ['check'], 'name at least one declarative file'],
  ])('takes %s for misuse', async (_what, args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it.each([
    [{ TIDEGATE_PROXY_LISTEN: '8000' }, 'TIDEGATE_PROXY_LISTEN: expected HOST:PORT'],
    [{ TIDEGATE_PLUGINS: './nowhere.js' }, 'TIDEGATE_PLUGINS: "./nowhere.js" cannot be loaded'],
  ])('refuses the environment %j', async (env, message) => {
    const { code, stdout, stderr } = await run(['start', '--config', 'good.yaml'], env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });
});
