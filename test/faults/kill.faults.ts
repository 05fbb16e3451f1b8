import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, stopGateways } from '../support/index.js';
import { ask, audit, FaultStage, PATIENCE, randomOf, type StageOptions } from './stage.js';

const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 200);
/** Milliseconds after which no further round begins. */
const ROUNDS_WITHIN = Number(process.env['FAULT_SECONDS'] ?? 120) * 1000;
const IN_FLIGHT = 50;

let stage: FaultStage;
const open = async (options?: StageOptions) => (stage = await FaultStage.open(options));
afterEach(async () => {
  await stopGateways();
  await stage.close();
});

/** Keeps so many requests under way until the gateway is gone. Notes the exchanges whose last byte has come. */
async function hammer(url: string, answered: string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const client = async (): Promise<void> => {
    for (let answer = await ask(url, agent); answer; answer = await ask(url, agent)) answered.push(answer.id);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, client));
  agent.destroy();
}

const journal = () => stage.path('data/journal');
const segments = () =>
  readdirSync(journal())
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(journal(), name));

describe('a process that is killed', () => {
  it(
    '2. `kill -9` under load, 50 requests in flight → every answered exchange is in every sink, the others are interrupted, none twice under another id',
    async () => {
      const seed = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
      const random = randomOf(seed);
      await open({
        sinks: ['first-log', 'second-log'],
        // Streams and answers in one piece.
        answer: (_request, response) => {
          const late = 5 + random() * 60;
          if (random() < 0.5) {
            setTimeout(() => response.end('fine'), late);
            return;
          }
          response.write('begun ');
          setTimeout(() => response.write('going on '), late / 2);
          setTimeout(() => response.end('done'), late);
        },
      });
      const answered: string[] = [];
      const began = performance.now();
      let rounds = 0;
      for (; rounds < ROUNDS && performance.now() - began < ROUNDS_WITHIN; rounds++) {
        const gateway = await stage.start();
        const load = hammer(`${gateway.proxy}/r${rounds}`, answered);
        // A point in the work, not in time: a slow machine gets as far as a fast one.
        const enough = answered.length + Math.floor(random() * 150);
        await eventually(() => answered.length >= enough, { within: PATIENCE, every: 1 });
        await delay(random() * 30);
        await stage.kill();
        await load;
      }
      await stage.start();
      await stage.delivered();
      await stage.gateway.stop();
      const checked = stage.sinks.map((sink) => audit(stage.records(sink), answered));
      const repeated = checked.map((one) => one.repeated).join(' and ');
      console.log(
        `kill -9: ${rounds} rounds, seed ${seed}; ${answered.length} exchanges answered, ` +
          `${checked[0]?.interrupted} interrupted, ${repeated} records repeated`,
      );
      for (const one of checked) expect(one).toMatchObject({ holes: [], conflicts: [], missing: [] });
      expect(checked[0]?.interrupted).toBeGreaterThan(0);
      expect(answered.length).toBeGreaterThan(10 * rounds);
    },
    ROUNDS_WITHIN + 120_000,
  );

  /** A killed gateway that had so many exchanges in line. */
  async function killedWithBacklog(count: number): Promise<string[]> {
    await open();
    await stage.set('first-log', 'down');
    await stage.start();
    const answered = await stage.load(count);
    await stage.kill();
    await stage.heal('first-log', 'down');
    return answered;
  }

  it('3. the end of the journal is torn off, as by a power cut → the rest is delivered, the start succeeds', async () => {
    const answered = await killedWithBacklog(100);
    const newest = segments().at(-1) ?? '';
    truncateSync(newest, statSync(newest).size - 700);
    await stage.start();
    await stage.delivered();
    await stage.load(5);
    await stage.delivered();
    const { missing, conflicts } = audit(stage.records(), answered);
    expect(conflicts).toEqual([]);
    expect(missing.length).toBeLessThanOrEqual(2);
    expect((await stage.status()).journal.corrupt_frames).toBe(0);
  });

  it('4. a byte of the journal has flipped → that one frame is skipped and counted, all others are delivered, the exchange has a record as interrupted', async () => {
    const answered = await killedWithBacklog(100);
    const [path = ''] = segments();
    const content = readFileSync(path);
    // The last time that it is told: in its record, not in its mark.
    const at = content.lastIndexOf(`"id":"${answered[50]}"`);
    content[at + 3] = 0x7e;
    writeFileSync(path, content);
    await stage.start();
    await stage.delivered();
    expect((await stage.status()).journal.corrupt_frames).toBe(1);
    const { missing, conflicts, holes, interrupted } = audit(stage.records(), answered);
    expect(conflicts).toEqual([]);
    // Its mark is still there: the exchange has a record, though it says less.
    expect(interrupted).toBe(1);
    expect([missing.length, holes.length]).toEqual([0, 0]);
  });

  it('5. a crash between noting what is delivered and deleting it → the start succeeds, nothing is sent again', async () => {
    await killedWithBacklog(100);
    const kept = stage.path('kept');
    mkdirSync(kept);
    for (const path of segments()) copyFileSync(path, join(kept, path.slice(journal().length + 1)));
    await stage.start();
    await stage.delivered();
    await stage.gateway.stop();
    for (const name of readdirSync(kept)) {
      if (!existsSync(join(journal(), name))) copyFileSync(join(kept, name), join(journal(), name));
    }
    const before = stage.records().length;
    await stage.start();
    await stage.load(1);
    await stage.delivered();
    expect(stage.records().length).toBe(before + 1);
  });

  it('16. restarts, crashes and reloads → exchange.seq of the node goes on without holes, in every sink', async () => {
    await open({ sinks: ['first-log', 'second-log'] });
    const answered: string[] = [];
    for (const end of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
      await stage.start();
      answered.push(...(await stage.load(30)));
      stage.gateway.signal('SIGHUP');
      answered.push(...(await stage.load(30)));
      await stage.gateway.stop(end);
    }
    await stage.start();
    await stage.delivered();
    for (const sink of stage.sinks) {
      const records = stage.records(sink);
      expect(audit(records, answered)).toMatchObject({ holes: [], conflicts: [], missing: [] });
      expect(Math.max(...records.map(({ exchange }) => exchange.seq))).toBe(180);
      expect(new Set(records.map(({ exchange }) => exchange.node)).size).toBe(1);
    }
  });
});
