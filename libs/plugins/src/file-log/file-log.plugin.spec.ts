import { Writable } from 'node:stream';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { pluginMetadata, type LogRecord, type Sink, type SinkEntry } from '#libs/plugin-api';
import { fileLogConfig } from './file-log.config.js';
import { FileLogPlugin } from './file-log.plugin.js';
import { StandardStream } from './standard-stream.js';

const entry = (value: object): SinkEntry => ({
  record: value as LogRecord,
  json: Buffer.from(JSON.stringify(value)),
});

describe('file-log', () => {
  let folder: string;
  let path: string;
  let warnings: string[];
  const plugin = new FileLogPlugin();
  const sinkFor = (config: object): Sink => plugin.sink(fileLogConfig.parse(config));
  const lines = (name = path) =>
    readFileSync(name, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidegate-file-log-'));
    path = join(folder, 'claude.json');
    warnings = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('has Kong’s name and priority', () => {
    expect(pluginMetadata(FileLogPlugin)).toMatchObject({ name: 'file-log', priority: 9 });
  });

  it('writes one line of JSON per record, whatever is in it', async () => {
    const sink = sinkFor({ path });
    const written: object[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.object({ withNullPrototype: false }), { maxLength: 5 }), async (values) => {
        const batch = values.map(entry);
        written.push(...batch.map(({ json }) => JSON.parse(json.toString()) as object));
        await sink.write(batch);
        expect(lines()).toEqual(written);
      }),
      { numRuns: 30 },
    );
    await sink.close?.();
  });

  it('two entries with one path share the file: their lines never mix', async () => {
    const [a, b] = [sinkFor({ path }), sinkFor({ path: join(folder, '.', 'claude.json') })];
    const large = (from: string) => entry({ from, text: from.repeat(300_000) });
    await Promise.all([a.write([large('a')]), b.write([large('b')]), a.write([entry({ from: 'c' })])]);
    expect(lines()).toMatchObject([{ from: 'a' }, { from: 'b' }, { from: 'c' }]);
    await a.close?.();
    await b.write([entry({ from: 'd' })]);
    expect(lines()).toHaveLength(4);
    await b.close?.();
  });

  it('opens the file anew when told to, and for every write with reopen', async () => {
    const [kept, reopening] = [sinkFor({ path }), sinkFor({ path: `${path}.2`, reopen: true })];
    for (const sink of [kept, reopening]) await sink.write([entry({ n: 1 })]);
    await kept.reopen?.();
    renameSync(path, `${path}.old`);
    for (const sink of [kept, reopening]) await sink.write([entry({ n: 2 })]);
    expect(lines()).toEqual([{ n: 2 }]);
    expect(lines(`${path}.old`)).toEqual([{ n: 1 }]);
    expect(lines(`${path}.2`)).toEqual([{ n: 1 }, { n: 2 }]);
    for (const sink of [kept, reopening]) await sink.close?.();
  });

  it('rotates, for all who write to the file, as the newest entry says', async () => {
    const first = sinkFor({ path, rotate: { max_size: 10 } });
    await first.write([entry({ n: 1 }), entry({ n: 2 })]);
    const second = sinkFor({ path });
    await first.write([entry({ n: 3 }), entry({ n: 4 })]);
    expect(lines()).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);
    const [part = ''] = readdirSync(folder).filter((name) => name !== 'claude.json');
    expect(lines(join(folder, part))).toEqual([{ n: 1 }]);
    for (const sink of [first, second]) await sink.close?.();
  });

  it.each([
    [{ rotate: {} }, 'needs max_size or max_age'],
    [{ path: '/dev/stdout', rotate: { max_age: 60 } }, '/dev/stdout is no file that could be set aside'],
  ])('refuses %j', (config, message) => {
    expect(plugin.check(fileLogConfig.parse({ path, ...config }))).toEqual([{ path: ['rotate'], message }]);
  });

  it('sets custom fields', async () => {
    const sink = sinkFor({ path, custom_fields_by_lua: { team: 'return "core"', secret: 'return nil' } });
    await sink.write([entry({ secret: 1, seq: 2 })]);
    expect(lines()).toEqual([{ seq: 2, team: 'core' }]);
    await sink.close?.();
  });

  it('one write that fails does not stop the next', async () => {
    const sink = sinkFor({ path: join(folder, 'none', 'log') });
    expect(warnings).toEqual([expect.stringContaining(`folder ${join(folder, 'none')}: ENOENT`)]);
    await expect(sink.write([entry({})])).rejects.toThrow('its folder does not exist');
    await expect(sink.write([entry({})])).rejects.toThrow('its folder does not exist');
    await sink.close?.();
  });

  it.each(['', ' a', 'a ', 'a*b', 'a&b', 'a%b', 'a`b', 'a\\b'])('refuses the path "%s", as Kong does', (bad) => {
    expect(fileLogConfig.safeParse({ path: bad }).success).toBe(false);
  });

  it('reports a folder at once', () => {
    const config = (value: string) => fileLogConfig.parse({ path: value });
    expect(plugin.check(config(folder))).toEqual([{ path: ['path'], message: `${folder} is a folder, not a file` }]);
    expect(plugin.check(config('/tmp/new/'))).toHaveLength(1);
    expect(plugin.check(config(path))).toEqual([]);
    expect(plugin.check(config('/dev/stdout'))).toEqual([]);
  });

  it('writes to the gateway’s own output without opening it', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockImplementation(((_: unknown, done: () => void) => {
      done();
      return true;
    }) as typeof process.stdout.write);
    const sink = sinkFor({ path: '/dev/stdout' });
    await sink.write([entry({ n: 1 })]);
    await sink.close?.();
    expect(String(write.mock.calls[0]?.[0])).toBe('{"n":1}\n');
  });

  it('survives an output whose reader is gone', async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(new Error('EPIPE: the reader is gone')),
    });
    const uncaught = jest.fn();
    process.once('uncaughtException', uncaught);
    const target = new StandardStream(output);
    await expect(target.append(Buffer.from('1\n'))).rejects.toThrow('the reader is gone');
    await expect(target.append(Buffer.from('2\n'))).rejects.toThrow();
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });
});
