import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { formatFault } from './faults.js';
import { loadConfig } from './load.js';
import { catalog } from './testing/catalog.js';

const SERVICE = (name: string) => `services: [{name: ${name}, host: h}]\n`;
const HEAD = '_format_version: "3.0"\n';

describe('reading files', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tidegate-config-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  const put = async (name: string, content: string | Buffer) => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };
  const load = async (...files: string[]) => {
    const { snapshot, faults } = await loadConfig(files, catalog, {});
    return {
      services: snapshot?.services.map(({ name }) => name),
      files: snapshot?.files,
      faults: faults.map(formatFault),
    };
  };

  it('several, YAML and JSON', async () => {
    const yaml = await put('a.yaml', HEAD + SERVICE('a'));
    const json = await put('b.json', '{"_format_version": "3.0", "services": [{"name": "b", "host": "h"}]}');
    expect(await load(yaml, json)).toEqual({ services: ['a', 'b'], files: [yaml, json], faults: [] });
  });

  it('a directory: its declarative files in the order of their names, nothing below it, nothing hidden', async () => {
    const b = await put('b.yml', SERVICE('b'));
    const a = await put('a.yaml', HEAD + SERVICE('a'));
    const c = await put('c.json', '{}');
    await put('README.md', '# no YAML: [');
    await put('.hidden.yaml', 'no: [');
    await mkdir(join(directory, '..2024_01_01'));
    await mkdir(join(directory, 'd.yaml'));
    expect(await load(directory)).toEqual({ services: ['a', 'b'], files: [a, b, c], faults: [] });
  });

  it('standard input', async () => {
    const stdin = Object.getOwnPropertyDescriptor(process, 'stdin');
    Object.defineProperty(process, 'stdin', {
      configurable: true,
      value: Readable.from([HEAD, SERVICE('in'), 'routes: x']),
    });
    try {
      expect((await load('-')).faults).toEqual(['stdin:3:9 routes: expected a list of routes']);
    } finally {
      if (stdin !== undefined) Object.defineProperty(process, 'stdin', stdin);
    }
  });

  it('what cannot be read is a fault of the file', async () => {
    const good = await put('good.yaml', HEAD + SERVICE('a'));
    const missing = join(directory, 'missing.yaml');
    const latin1 = await put('latin1.yaml', Buffer.from('_comment: caf\xe9', 'latin1'));
    await mkdir(join(directory, 'empty'));
    expect(await load(good, missing, latin1, join(directory, 'empty'))).toEqual({
      services: undefined,
      files: undefined,
      faults: [
        `${missing}:1:1 cannot be read: there is no such file`,
        `${latin1}:1:1 cannot be read: the file is not UTF-8 text`,
        `${join(directory, 'empty')}:1:1 cannot be read: the directory has no *.yaml, *.yml or *.json file`,
      ],
    });
    expect((await load()).faults).toEqual(['(none):1:1 no declarative file is named']);
  });
});
