import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LineFile } from './line-file.js';

describe('LineFile', () => {
  let folder: string;
  let path: string;
  let file: LineFile;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidegate-file-log-'));
    path = join(folder, 'log.json');
    file = new LineFile(path);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await file.close();
    rmSync(folder, { recursive: true });
  });

  const append = (text: string) => file.append(Buffer.from(text));
  const content = () => readFileSync(path, 'utf8');

  it('makes the file for its owner alone and appends to it', async () => {
    await append('1\n');
    await append('2\n3\n');
    expect(content()).toBe('1\n2\n3\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('leaves what is there, and the mode of a file it has not made', async () => {
    writeFileSync(path, 'old\n', { mode: 0o644 });
    await append('new\n');
    expect(content()).toBe('old\nnew\n');
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('goes on in a new file when the old one is renamed', async () => {
    await append('1\n');
    renameSync(path, `${path}.1`);
    await append('2\n');
    await append('3\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('1\n');
    expect(content()).toBe('2\n3\n');
  });

  it('goes on in the file that has been put in its place', async () => {
    await append('1\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'header\n');
    await append('2\n');
    expect(content()).toBe('header\n2\n');
  });

  it('goes on in a new file when the old one is deleted', async () => {
    await append('1\n');
    rmSync(path);
    await append('2\n');
    expect(content()).toBe('2\n');
  });

  it('goes on at the beginning when the file is truncated', async () => {
    await append('1\n');
    truncateSync(path);
    await append('2\n');
    expect(content()).toBe('2\n');
  });

  it('begins a line of its own after a torn one', async () => {
    writeFileSync(path, '{"torn":');
    await append('2\n');
    await append('3\n');
    expect(content()).toBe('{"torn":\n2\n3\n');
  });

  /** Lets the next write stop after `bytes` and the one after it fail; `between` happens between the two. */
  const fillDisk = async (bytes: number, between = () => {}) => {
    const handle = await open(join(folder, 'other'), 'w');
    await handle.close();
    const prototype = Object.getPrototypeOf(handle) as {
      write: (this: FileHandle, buffer: Buffer, offset: number) => Promise<unknown>;
    };
    const original = prototype.write;
    jest
      .spyOn(prototype, 'write')
      .mockImplementationOnce(function (this: FileHandle, buffer: Buffer, offset: number) {
        return original.call(this, buffer.subarray(0, offset + bytes), offset);
      })
      .mockImplementationOnce(() => {
        between();
        return Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
      });
  };

  it('takes a half-written batch back, so that the repeated one is there once', async () => {
    await append('1\n');
    await fillDisk(4);
    await expect(append('22\n33\n')).rejects.toThrow(`cannot write to ${path}: the disk is full (ENOSPC)`);
    expect(content()).toBe('1\n');
    await append('22\n33\n');
    expect(content()).toBe('1\n22\n33\n');
  });

  it('takes nothing back when somebody else has written behind it, but ends the torn line', async () => {
    await append('1\n');
    await fillDisk(4, () => appendFileSync(path, '<other>'));
    await expect(append('22\n33\n')).rejects.toThrow('the disk is full');
    await append('22\n33\n');
    expect(content()).toBe('1\n22\n3<other>\n22\n33\n');
  });

  it.each([
    ['a missing folder', () => join(folder, 'none', 'log'), /its folder does not exist \(ENOENT\)/],
    ['a folder', () => folder, /it is a folder \(EISDIR\)/],
    ['a path through a file', () => (writeFileSync(path, ''), join(path, 'log')), /its folder is a file \(ENOTDIR\)/],
    ['a full disk', () => '/dev/full', /the disk is full \(ENOSPC\)/],
  ])('says what is wrong with %s', async (_, make, message) => {
    const target = new LineFile(make());
    await expect(target.append(Buffer.from('1\n'))).rejects.toThrow(message);
    await target.close();
  });

  it('recovers when the folder appears', async () => {
    file = new LineFile(join(folder, 'later', 'log'));
    await expect(append('1\n')).rejects.toThrow('its folder does not exist');
    mkdirSync(join(folder, 'later'));
    await append('2\n');
    expect(readFileSync(join(folder, 'later', 'log'), 'utf8')).toBe('2\n');
  });

  it('refuses a pipe, whose opening would wait for a reader', async () => {
    execFileSync('mkfifo', [path]);
    await expect(append('1\n')).rejects.toThrow('it is no file but a pipe or socket');
  });
});
