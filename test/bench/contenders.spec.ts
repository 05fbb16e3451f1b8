import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carries, Contender } from './contender.mjs';
import { LOADS, slowStreams } from './loads.mjs';
import { Faults, holdStreams, prove } from './measure.mjs';
import { Upstream } from './upstream.mjs';

const directory = mkdtempSync(join(tmpdir(), 'tidegate-bench-spec-'));
let upstream: Awaited<ReturnType<typeof Upstream.start>>;

beforeAll(async () => {
  upstream = await Upstream.start();
});

afterAll(() => {
  upstream.stop();
  rmSync(directory, { recursive: true });
});

describe.each(['pass-through', 'buffered-pass-through', 'plain-translator'])('%s', (name) => {
  let contender: InstanceType<typeof Contender>;

  beforeAll(async () => {
    contender = new Contender(name, { upstream: upstream.origin, directory, prometheus: false }, { core: undefined });
    await contender.ready();
  }, 30_000);

  afterAll(async () => {
    expect(await contender.stop()).toBeUndefined();
  });

  it.each(Object.entries(LOADS).filter(([, load]) => carries(name, load)))(
    'carries %s without loss',
    async (_, load) => {
      await upstream.serve(load);
      expect(await prove(contender, load, upstream)).toBeUndefined();
    },
  );

  it('holds many streams at once', async () => {
    // Long enough for all of them to be open at once on a busy machine.
    const load = slowStreams(200, 5);
    const faults = new Faults();
    await upstream.serve(load);
    expect(await holdStreams(contender, load, faults)).toMatchObject({ concurrent: 200, failed: 0 });
    expect(faults.list).toEqual([]);
  });
});

describe('a contender that dies', () => {
  it('is reported with what it said', async () => {
    const contender = new Contender(
      'pass-through',
      { upstream: 'nonsense', directory, prometheus: false },
      { core: undefined },
    );
    await expect(contender.ready()).rejects.toThrow(/pass-through died \(status 1\): [\s\S]*Invalid URL/);
  });
});
