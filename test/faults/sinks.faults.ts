import { copyFileSync, existsSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, openStream, startGateway, stopGateways, temporaryDirectory } from '../support/index.js';
import { audit, FaultStage, PATIENCE, recordsOf, type StageOptions } from './stage.js';

let stage: FaultStage;
const open = async (options?: StageOptions) => (stage = await FaultStage.open(options));
afterEach(async () => {
  await stopGateways();
  await stage.close();
});

const MIB = 2 ** 20;

describe('sinks', () => {
  it('1. a sink is away for 5 000 exchanges → all are answered, and delivered in order when it is back', async () => {
    await open({ sinks: ['first-log', 'second-log'] });
    await stage.set('first-log', 'down');
    await stage.start();
    const answered = await stage.load(5000, 40);
    expect(answered).toHaveLength(5000);
    expect(await stage.sink('first-log')).toMatchObject({
      depth: 5000,
      delivered: 0,
      failingSince: expect.any(String),
    });
    await stage.heal('first-log', 'down');
    await stage.delivered();
    const records = stage.records();
    expect(audit(records, answered)).toMatchObject({ holes: [], conflicts: [], missing: [], repeated: 0 });
    const order = (sink: string) => stage.records(sink).map(({ exchange }) => exchange.seq);
    expect(order('first-log')).toEqual(order('second-log'));
  });

  it('8. a sink is stuck beside three others → the others get everything, the stuck one later', async () => {
    await open({ sinks: ['first-log', 'second-log', 'third-log', 'fourth-log'] });
    await stage.set('second-log', 'stuck');
    await stage.start();
    const answered = await stage.load(500);
    await stage.delivered(['first-log', 'third-log', 'fourth-log']);
    for (const name of ['first-log', 'third-log', 'fourth-log']) {
      expect(audit(stage.records(name), answered)).toMatchObject({ holes: [], missing: [], repeated: 0 });
      expect((await stage.sink(name)).lagSeconds).toBe(0);
    }
    const stuck = await stage.sink('second-log');
    expect(stuck.depth).toBe(500);
    expect(stuck.lagSeconds).toBeGreaterThan(0);
    await stage.heal('second-log', 'stuck');
    await stage.delivered();
    expect(audit(stage.records('second-log'), answered)).toMatchObject({ holes: [], missing: [], repeated: 0 });
  });

  it('9. a sink refuses one record for good → it is set aside with the reason, the rest flows, it can be sent again', async () => {
    await open();
    await stage.set('first-log', 'poison');
    await stage.start();
    const fine = await stage.load(40);
    const poisoned = await stage.load(1, 1, '/poison');
    fine.push(...(await stage.load(40)));
    await stage.delivered();
    expect(audit(stage.records(), fine).missing).toEqual([]);
    const letters = (await (await fetch(`${stage.gateway.admin}/dead-letters`)).json()) as { data: object[] };
    expect(letters.data).toMatchObject([{ exchange: poisoned[0], reason: 'poison is not wanted here' }]);
    await stage.heal('first-log', 'poison');
    const headers = { 'content-type': 'application/json' };
    const retried = await fetch(`${stage.gateway.admin}/dead-letters/retry`, { method: 'POST', headers, body: '{}' });
    expect(await retried.json()).toEqual({ retried: 1 });
    await stage.delivered();
    expect(audit(stage.records(), [...fine, ...poisoned])).toMatchObject({ holes: [], missing: [], repeated: 0 });
  });

  it('11. a sink is away for long → memory stays where it was, what waits lies on disk', async () => {
    await open();
    await stage.set('first-log', 'down');
    await stage.start();
    await stage.load(3000, 40);
    const before = (await stage.status()).memory.rss_bytes;
    await stage.load(9000, 40);
    const { memory, journal } = await stage.status();
    expect(journal.bytes).toBeGreaterThan(12_000 * 1000);
    expect((memory.rss_bytes - before) / MIB).toBeLessThan(100);
  });
});

describe('the log file', () => {
  it('14. the log file is renamed, or copied and cut, under load → no line is lost or broken', async () => {
    await open();
    const path = stage.path('rotated.json');
    const directory = await temporaryDirectory();
    const gateway = await startGateway({
      directory: directory.path,
      config: { _format_version: '3.0', plugins: [{ name: 'file-log', config: { path } }] },
    });
    stage.gateway = gateway;
    const answered: string[] = [];
    const parts: string[] = [];
    const served = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left--) {
        const { headers } = await fetch(`${gateway.proxy}/x`);
        answered.push(String(headers.get('request-id')));
      }
    };
    for (let round = 0; round < 5; round++) {
      const load = Promise.all([served(40), served(40), served(40)]);
      await eventually(() => existsSync(path), { within: PATIENCE });
      renameSync(path, `${path}.${round}`);
      parts.push(`${path}.${round}`);
      await load;
    }
    await stage.delivered(['file-log']);
    copyFileSync(path, `${path}.copy`);
    truncateSync(path);
    parts.push(`${path}.copy`, path);
    await served(40);
    await stage.delivered(['file-log']);
    await gateway.stop();
    const records = parts.flatMap(recordsOf);
    expect(audit(records, answered)).toMatchObject({ holes: [], conflicts: [], missing: [], repeated: 0 });
    expect(records).toHaveLength(answered.length);
    await directory.remove();
  });
});

describe('the process', () => {
  it('13. SIGTERM with 50 live streams → the process drains, ends in time, and the cut streams have a record', async () => {
    await open({
      answer: (request, response) => {
        response.write('begun');
        if (request.url === '/short') setTimeout(() => response.end(), 300);
      },
    });
    await stage.start({ TIDEGATE_DRAIN_SECONDS: '2' });
    const streams = await Promise.all(
      Array.from({ length: 50 }, (_, index) => openStream(`${stage.gateway.proxy}/${index < 10 ? 'short' : 'long'}`)),
    );
    await Promise.all(streams.map((stream) => stream.until('begun')));
    stage.gateway.signal('SIGTERM');
    const ends = await Promise.allSettled(streams.map((stream) => stream.rest()));
    expect((await stage.gateway.exited).code).toBe(0);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const records = stage.records();
    const outcomes = records.map(({ exchange }) => exchange.outcome).sort();
    expect(outcomes).toEqual([...Array<string>(10).fill('completed'), ...Array<string>(40).fill('interrupted')]);
    expect(audit(records, []).holes).toEqual([]);
  });

  it('13. SIGTERM while a sink is away → the process does not wait for it, the next start delivers', async () => {
    await open();
    await stage.set('first-log', 'down');
    await stage.start({ TIDEGATE_DRAIN_SECONDS: '3600' });
    const answered = await stage.load(50);
    expect((await stage.gateway.stop()).code).toBe(0);
    expect(stage.gateway.stderr.join('\n')).toContain('50 records were not delivered and stay in the journal');
    await stage.heal('first-log', 'down');
    await stage.start();
    await stage.delivered();
    expect(audit(stage.records(), answered)).toMatchObject({ holes: [], missing: [], repeated: 0 });
  });

  it('15. the clock jumps back by an hour → order and sequence numbers go on, everything is delivered', async () => {
    await open();
    const jump = stage.path('jump');
    const preload = stage.path('jump.mjs');
    writeFileSync(
      preload,
      `import { existsSync } from 'node:fs';
const now = Date.now;
Date.now = () => now() - (existsSync(${JSON.stringify(jump)}) ? 3_600_000 : 0);\n`,
    );
    const env = { NODE_OPTIONS: `--import=${preload}` };
    await stage.start(env);
    const answered = await stage.load(100);
    writeFileSync(jump, '');
    answered.push(...(await stage.load(100)));
    await stage.delivered();
    expect((await stage.sink('first-log')).lagSeconds).toBe(0);
    await stage.kill();
    await stage.start(env);
    answered.push(...(await stage.load(100)));
    await stage.delivered();
    const records = stage.records();
    expect(audit(records, answered)).toMatchObject({ holes: [], conflicts: [], missing: [] });
    const first = records[0]?.started_at ?? 0;
    expect(records.at(-1)?.started_at).toBeLessThan(first - 3_000_000);
  });
});
