import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigWatcher } from './watcher.js';

describe('ConfigWatcher', () => {
  let directory: string;
  let watcher: ConfigWatcher | undefined;
  let changes: number;
  let waiting: (() => void) | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tidegate-watch-'));
    changes = 0;
  });

  afterEach(async () => {
    watcher?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const watch = (file: string, settle = 60) => {
    watcher = new ConfigWatcher(
      [file],
      () => {
        changes += 1;
        waiting?.();
      },
      { settle },
    );
  };
  /** Resolves when the callback has been called for the `n`-th time; the test's own time limit is the other way out. */
  const changed = (n: number) =>
    new Promise<void>((resolve) => {
      waiting = () => {
        if (changes >= n) resolve();
      };
      waiting();
    });
  const path = (...names: string[]) => join(directory, ...names);

  it('tells of a file that is written', async () => {
    await writeFile(path('t.yaml'), 'a');
    watch(path('t.yaml'));
    await writeFile(path('t.yaml'), 'b');
    await changed(1);
    await writeFile(path('t.yaml'), 'c');
    await changed(2);
    expect(changes).toBe(2);
  });

  it('tells of a file that an editor replaces by renaming, again and again', async () => {
    await writeFile(path('t.yaml'), '0');
    watch(path('t.yaml'));
    for (let round = 1; round <= 3; round += 1) {
      await writeFile(path('t.yaml~'), String(round));
      await rename(path('t.yaml~'), path('t.yaml'));
      await changed(round);
    }
    expect(changes).toBe(3);
  });

  it('tells of a file that appears and goes', async () => {
    watch(path('t.yaml'));
    await writeFile(path('t.yaml'), 'a');
    await changed(1);
    await rm(path('t.yaml'));
    await changed(2);
    expect(changes).toBe(2);
  });

  it('tells of a link that is turned, as Kubernetes does with a ConfigMap', async () => {
    for (const version of ['..1', '..2', '..3']) {
      await mkdir(path(version));
      await writeFile(path(version, 't.yaml'), version);
    }
    await symlink('..1', path('..data'));
    await symlink('..data/t.yaml', path('t.yaml'));
    watch(path('t.yaml'));
    for (const [round, version] of ['..2', '..3'].entries()) {
      await symlink(version, path('..tmp'));
      await rename(path('..tmp'), path('..data'));
      await changed(round + 1);
    }
    await writeFile(path('..3', 't.yaml'), 'in place, behind the link');
    await changed(3);
    expect(changes).toBe(3);
  });

  it('tells of files in a directory', async () => {
    await mkdir(path('conf'));
    await writeFile(path('conf', 'a.yaml'), 'a');
    watch(path('conf'));
    await writeFile(path('conf', 'b.yaml'), 'b');
    await changed(1);
    await writeFile(path('conf', 'a.yaml'), 'c');
    await changed(2);
    await rm(path('conf', 'b.yaml'));
    await changed(3);
    expect(await readdir(path('conf'))).toEqual(['a.yaml']);
  });

  it('outlives the directory of the file', async () => {
    await mkdir(path('conf', 'deep'), { recursive: true });
    await writeFile(path('conf', 'deep', 't.yaml'), 'a');
    watch(path('conf', 'deep', 't.yaml'));
    await rm(path('conf'), { recursive: true });
    await changed(1);
    await mkdir(path('conf', 'deep'), { recursive: true });
    await writeFile(path('conf', 'deep', 't.yaml'), 'b');
    await changed(2);
    expect(changes).toBe(2);
  });

  it('does not mind other files, nor the same content under the same name being left alone', async () => {
    await writeFile(path('t.yaml'), 'a');
    watch(path('t.yaml'));
    await writeFile(path('other.log'), 'x');
    await writeFile(path('t.yaml'), 'b');
    await changed(1);
    for (let line = 0; line < 20; line += 1) await writeFile(path('other.log'), 'x'.repeat(line));
    await writeFile(path('t.yaml'), 'c');
    await changed(2);
    expect(changes).toBe(2);
  });

  it('several writes in a row are one change, told when the file has come to rest', async () => {
    await writeFile(path('t.yaml'), '');
    watch(path('t.yaml'), 400);
    for (let line = 0; line < 5; line += 1) await writeFile(path('t.yaml'), 'x'.repeat(line));
    await changed(1);
    await writeFile(path('t.yaml'), 'end');
    await changed(2);
    expect(changes).toBe(2);
  });

  it('says nothing once it is closed, and standard input needs no watching', async () => {
    const [closed, open] = [path('closed.yaml'), path('open.yaml')];
    let calls = 0;
    const silent = new ConfigWatcher([closed, '-'], () => (calls += 1), { settle: 2 });
    silent.close();
    watch(open);
    await writeFile(closed, 'b');
    await writeFile(open, 'a');
    await changed(1);
    expect(calls).toBe(0);
  });
});
