import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataDirectory } from './data-directory.js';

describe('DataDirectory', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidegate-data-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('refuses a second gateway and names the folder and the process that holds it', () => {
    const first = new DataDirectory(folder);
    expect(() => new DataDirectory(folder)).toThrow(`${folder} is held by another gateway (process ${process.pid})`);
    first.release();
    new DataDirectory(folder).release();
  });

  it('takes over the lock of a process that is gone, also when its number is in use again', () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 30, started: '1' }));
    new DataDirectory(folder).release();
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: process.pid, started: '1' }));
    new DataDirectory(folder).release();
    writeFileSync(join(folder, 'lock'), 'torn');
    new DataDirectory(folder).release();
  });

  it('keeps node id and keys over restarts, readable by the owner alone', () => {
    const first = new DataDirectory(folder);
    const key = first.key('reasoning');
    expect(key).toHaveLength(32);
    expect(first.key('other')).not.toEqual(key);
    expect(statSync(join(folder, 'keys', 'reasoning')).mode & 0o777).toBe(0o600);
    first.release();
    const second = new DataDirectory(folder);
    expect(second.nodeId).toBe(first.nodeId);
    expect(second.key('reasoning')).toEqual(key);
    second.release();
  });

  it('says what is wrong with a folder that cannot be used', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => new DataDirectory(file)).toThrow(/TIDEGATE_DATA_DIR/);
  });
});
