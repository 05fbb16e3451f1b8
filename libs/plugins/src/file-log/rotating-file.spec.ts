import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { RotatingFile, type Rotation } from './rotating-file.js';

describe('RotatingFile', () => {
  let folder: string;
  let path: string;
  let warnings: string[];
  const opened: RotatingFile[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidegate-rotation-'));
    path = join(folder, 'claude.json');
    warnings = [];
  });
  afterEach(async () => {
    jest.useRealTimers();
    for (const file of opened.splice(0)) await closed(file);
    rmSync(folder, { recursive: true });
  });

  const closed = async (file: RotatingFile) => {
    await file.close();
    await file.end();
  };
  const open = (rotation: Partial<Rotation>, at = path): RotatingFile => {
    const file = new RotatingFile(at, { compress: false, ...rotation }, (text) => warnings.push(text));
    opened.push(file);
    return file;
  };
  const append = (file: RotatingFile, text: string) => file.append(Buffer.from(text));
  /** Names of what has been set aside, oldest first. */
  const parts = () =>
    readdirSync(folder)
      .filter((name) => name.startsWith('claude.json.'))
      .sort();
  const read = (name: string) => {
    const bytes = readFileSync(join(folder, name));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  };
  const everything = () => [...parts(), 'claude.json'].filter((name) => existsSync(join(folder, name))).map(read);

  it('sets the file aside before it would be too large', async () => {
    const file = open({ maxSize: 10 });
    for (const text of ['1234\n', '5678\n', '9\n']) await append(file, text);
    expect(everything()).toEqual(['1234\n5678\n', '9\n']);
    expect(parts()).toEqual([expect.stringMatching(/^claude\.json\.\d{8}T\d{6}\.\d{3}Z$/)]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('cuts a batch between lines, and leaves a line that is too long in one piece', async () => {
    const file = open({ maxSize: 10 });
    await append(file, '1\n22\n333\n4444\n55555\n666666666666666\n7\n8\n');
    expect(everything()).toEqual(['1\n22\n333\n', '4444\n', '55555\n', '666666666666666\n', '7\n8\n']);
  });

  it('keeps every line whole and in order, whatever the batches are', async () => {
    const line = fc.stringMatching(/^[a-z]{0,12}$/).map((text) => `${text}\n`);
    const batches = fc.array(fc.array(line, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 30 }), async (written, maxSize) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        const file = open({ maxSize });
        for (const batch of written) await append(file, batch.join(''));
        const files = everything();
        expect(files.join('')).toBe(written.flat().join(''));
        for (const text of files) {
          expect(text).toMatch(/\n$/);
          expect(text.length <= maxSize || text.indexOf('\n') === text.length - 1).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('goes on with a file that is there already', async () => {
    writeFileSync(path, '12345678\n');
    await append(open({ maxSize: 10 }), '9\n');
    expect(everything()).toEqual(['12345678\n', '9\n']);
  });

  it('sets a file aside whose last record is of an earlier period', async () => {
    const file = open({ maxAge: 3600 });
    await append(file, '1\n');
    const hour = 3_600_000;
    const lastHour = new Date(Math.floor(Date.now() / hour) * hour - 1);
    utimesSync(path, lastHour, lastHour);
    await append(file, '2\n');
    expect(everything()).toEqual(['1\n', '2\n']);
  });

  it('names what is set aside in order, also when the clock has been set back', async () => {
    const file = open({ maxSize: 2 });
    jest.useFakeTimers({ now: Date.UTC(2026, 10, 28, 12), doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    await append(file, '1\n2\n');
    jest.setSystemTime(Date.UTC(2026, 10, 28, 11));
    await append(file, '3\n');
    expect(parts()).toEqual(['claude.json.20261128T120000.000Z', 'claude.json.20261128T120000.001Z']);
    expect(everything()).toEqual(['1\n', '2\n', '3\n']);
  });

  it('keeps as many as it is told to, the newest', async () => {
    await append(open({ maxSize: 2, keep: 2 }), '1\n2\n3\n4\n5\n');
    await settled(() => parts().length === 2);
    expect(everything()).toEqual(['3\n', '4\n', '5\n']);
  });

  it('compresses what it has set aside, readable by its owner alone', async () => {
    const file = open({ maxSize: 2, compress: true });
    await append(file, '1\n2\n3\n');
    await settled(() => parts().every((name) => name.endsWith('.gz')) && parts().length === 2);
    expect(everything()).toEqual(['1\n', '2\n', '3\n']);
    for (const name of parts()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('finishes what a process before it has left half done', async () => {
    const mark = 'claude.json.20261128T120000.000Z';
    writeFileSync(join(folder, mark), 'old\n');
    writeFileSync(join(folder, `${mark}.gz.tmp`), 'half');
    writeFileSync(join(folder, 'claude.json.bak'), 'not ours');
    await append(open({ maxSize: 100, compress: true }), '1\n');
    await settled(() => parts().join() === `${mark}.gz,claude.json.bak`);
    expect(read(`${mark}.gz`)).toBe('old\n');
  });

  it('sets aside the file behind a link', async () => {
    const real = join(folder, 'claude.json');
    const link = join(folder, 'link');
    writeFileSync(real, '12345\n');
    symlinkSync(real, link);
    await append(open({ maxSize: 6 }, link), '6\n');
    expect(everything()).toEqual(['12345\n', '6\n']);
    expect(read('link')).toBe('6\n');
  });

  it('goes on writing when nothing can be set aside, and says so once', async () => {
    const longest = join(folder, 'a'.repeat(250));
    const file = open({ maxSize: 2 }, longest);
    for (const text of ['1\n', '2\n3\n', '4\n']) await append(file, text);
    expect(readFileSync(longest, 'utf8')).toBe('1\n2\n3\n4\n');
    expect(warnings).toEqual([expect.stringContaining('cannot be set aside, it goes on growing: ENAMETOOLONG')]);
  });

  /** Waits for work in the background. */
  async function settled(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
