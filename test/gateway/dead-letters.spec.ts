import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import {
  eventually,
  get,
  startGateway,
  stopGateways,
  temporaryDirectory,
  type TemporaryDirectory,
} from '../support/index.js';
import { tidegate } from './command.js';

let folder: TemporaryDirectory;
beforeEach(async () => {
  folder = await temporaryDirectory();
});
afterEach(async () => {
  await stopGateways();
  await folder.remove();
});

/** Refuses for good what was asked for below /poison, as long as a file says so. */
const PICKY = `
import { appendFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { FinalSinkError, Plugin, z } from 'tidegate/plugin-api';
class Picky {
  sink({ path }) {
    return {
      async write(batch) {
        if (existsSync(path + '.refuse') && batch.some(({ record }) => record.request.uri.startsWith('/poison'))) {
          throw new FinalSinkError('poison is not wanted here');
        }
        await appendFile(path, batch.map(({ json }) => json + '\\n').join(''));
      },
    };
  }
}
export default Plugin({ name: 'picky-log', priority: 5, config: z.strictObject({ path: z.string() }) })(Picky);
`;

const config = (directory: string) => ({
  _format_version: '3.0',
  plugins: [{ name: 'picky-log', instance_name: 'picky', config: { path: join(directory, 'log.json') } }],
});

function start(env: Record<string, string> = {}) {
  return startGateway({
    config,
    directory: folder.path,
    files: { 'picky.js': PICKY, 'log.json.refuse': '', 'package.json': '{"type":"module"}' },
    env: { TIDEGATE_PLUGINS: './picky.js', ...env },
  });
}

const run = (...args: string[]) =>
  tidegate(['dead-letters', ...args], { env: { TIDEGATE_DATA_DIR: join(folder.path, 'data') } });

async function withPoison(env?: Record<string, string>) {
  const gateway = await start(env);
  for (const path of ['/a', '/poison/1', '/b', '/poison/2', '/c']) await get(`${gateway.proxy}${path}`);
  await gateway.logRecords(gateway.path('log.json'), 3);
  const letters = await eventually(
    async () => {
      const { stdout } = await run('list', '--json');
      const { data } = JSON.parse(stdout || '{"data":[]}') as {
        data: { exchange: string; reason: string; sink: string }[];
      };
      return data.length === 2 ? data : undefined;
    },
    { within: 20_000, what: 'two dead letters' },
  );
  return { gateway, letters };
}

describe('tidegate dead-letters', () => {
  it('lists, sends again and deletes while the gateway runs (test 9)', async () => {
    const { gateway, letters } = await withPoison();
    expect(letters).toMatchObject([
      { sink: 'picky', reason: 'poison is not wanted here' },
      { sink: 'picky', reason: 'poison is not wanted here' },
    ]);
    expect((await run('list', '--exchange', letters[0]!.exchange)).stdout).toContain(letters[0]!.exchange);
    const { unlink } = await import('node:fs/promises');
    await unlink(gateway.path('log.json.refuse'));
    expect(await run('retry', '--exchange', letters[0]!.exchange)).toMatchObject({
      code: 0,
      stdout: '1 in line again\n',
    });
    const records = await gateway.logRecords(gateway.path('log.json'), 4);
    expect(records.at(-1)?.exchange.id).toBe(letters[0]!.exchange);
    expect((await run('drop')).code).toBe(2);
    expect(await run('drop', '--all')).toMatchObject({ code: 0, stdout: '1 deleted\n' });
    expect((await run()).stdout).toBe('no dead letters\n');
    const page = JSON.parse((await get(`${gateway.status}/status`)).text) as { sinks: object[] };
    expect(page.sinks).toMatchObject([{ name: 'picky', delivered: 4, dead: 2, deadLetters: 0 }]);
  });

  it('sends again with the next start what is retried while none runs', async () => {
    const { gateway } = await withPoison();
    await gateway.stop();
    const { unlink } = await import('node:fs/promises');
    await unlink(gateway.path('log.json.refuse'));
    expect((await run('retry')).stdout).toBe('2 in line again\n');
    const next = await startGateway({ config, directory: folder.path, env: { TIDEGATE_PLUGINS: './picky.js' } });
    const records = await next.logRecords(next.path('log.json'), 5);
    expect(records.map(({ exchange }) => exchange.seq).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
  });

  it('says what it needs when the gateway has no admin API, and what it does not know', async () => {
    const gateway = await start({ TIDEGATE_ADMIN_LISTEN: 'off' });
    const { code, stderr } = await run('list');
    expect([code, stderr]).toEqual([1, expect.stringContaining('has no admin API')]);
    await gateway.stop();
    expect(await run('send')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected list, retry or drop'),
    });
  });

  it('is not for forms of web pages', async () => {
    const gateway = await start();
    const response = await fetch(`${gateway.admin}/dead-letters/retry`, {
      method: 'POST',
      body: new URLSearchParams(),
    });
    expect(response.status).toBe(400);
    expect((await fetch(`${gateway.status}/dead-letters`)).status).toBe(404);
  });
});
