import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedOpenAI } from '../../apps/simulated-openai/src/index.js';
import {
  howToConfig,
  post,
  startGateway,
  temporaryDirectory,
  UPSTREAM_KEY,
  type TemporaryDirectory,
} from '../support/index.js';
import { tidegate } from './command.js';
import { CLAUDE_CODE, question } from './stage.js';

let folder: TemporaryDirectory;
let log: string;
beforeEach(async () => {
  folder = await temporaryDirectory();
  log = join(folder.path, 'log.json');
});
afterEach(() => folder.remove());

interface Numbers {
  readonly node?: string;
  readonly id?: string;
  readonly outcome?: string;
}

function record(seq: number, { node = 'node-1', id, outcome = 'completed' }: Numbers = {}): string {
  return `${JSON.stringify({ started_at: 1, exchange: { id: id ?? `req_${node}_${seq}`, node, seq, outcome } })}\n`;
}

describe('tidegate verify', () => {
  it('proves that a log has every record, in any order, over its rotated parts', async () => {
    await writeFile(`${log}.1`, record(2) + record(1));
    await writeFile(log, record(4, { outcome: 'interrupted' }) + record(3) + record(3));
    const { code, stdout, stderr } = await tidegate(['verify', log]);
    expect(stdout).toBe(`\
${log}.1, ${log}
4 records of 1 node

node node-1
  1 to 4: 4 records, 1 repeated (same exchange), 1 interrupted by a crash

complete: no record is missing up to the last one of each node
`);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('names what is missing, torn, foreign or double', async () => {
    const torn = record(9).slice(0, 30);
    await writeFile(
      log,
      [3, 4, 8, 12].map((seq) => record(seq)).join('') + `${torn}\n{}\n` + record(12, { id: 'other' }),
    );
    const { code, stdout } = await tidegate(['verify', log]);
    expect(stdout).toBe(`\
${log}
4 records of 1 node

node node-1
  3 to 12: 4 records
  missing 8: 1–2, 5–7, 9–11
  (nothing before the first record: with --from-first the log may begin there)
  1 with the number of another exchange: 12

1 torn line left out (no JSON, as half a line that a crash has left): ${log}:5
1 foreign line left out (no record of an exchange): ${log}:6
not complete: 8 missing, 1 with a number that is taken
`);
    expect(code).toBe(1);
    const json = await tidegate(['verify', log, '--json', '--from-first']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      complete: false,
      nodes: [
        {
          node: 'node-1',
          first: 3,
          last: 12,
          records: 4,
          missing: 6,
          missing_ranges: [
            [5, 7],
            [9, 11],
          ],
          conflicting_seqs: [12],
        },
      ],
      torn: [{ file: log, line: 5 }],
      foreign: [{ file: log, line: 6 }],
    });
    expect(json.code).toBe(1);
  });

  it('lets a log begin in the middle when told so', async () => {
    await writeFile(log, record(8) + record(9) + record(1, { node: 'node-2' }));
    expect((await tidegate(['verify', log])).code).toBe(1);
    expect((await tidegate(['verify', log, '--from-first'])).code).toBe(0);
  });

  it('proves nothing of an empty log, nor of one that cannot be read to its end', async () => {
    await writeFile(log, '');
    expect(await tidegate(['verify', log])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('there is no record'),
    });
    await writeFile(`${log}.1.gz`, Buffer.from([0x1f, 0x8b, 8, 0, 0]));
    await writeFile(log, record(1));
    expect(await tidegate(['verify', log])).toMatchObject({ code: 1, stdout: expect.stringContaining('not proven') });
  });

  it('finds the log of a gateway complete, over a restart too', async () => {
    const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
    try {
      const config = howToConfig({ upstreamUrl: openai.url, logPath: log });
      for (const count of [3, 2]) {
        const gateway = await startGateway({ config, directory: folder.path });
        for (let sent = 0; sent < count; sent += 1) {
          await post(`${gateway.proxy}/anything/v1/messages`, question(), CLAUDE_CODE);
        }
        await post(`${gateway.proxy}/nowhere`, '{}');
        await gateway.stop();
      }
    } finally {
      await openai.close();
    }
    const { code, stdout } = await tidegate(['verify', log, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, nodes: [{ first: 1, last: 7, records: 7 }] });
    expect(code).toBe(0);
  });

  it.each([
    [['/nope.json'], /\/nope\.json: no such file/],
    [['--strict'], /--strict/],
  ])('says what is wrong with %j and ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await tidegate(['verify', ...args]);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});
