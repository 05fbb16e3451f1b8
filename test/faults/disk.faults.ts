import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { get, post, startGateway, stopGateways } from '../support/index.js';
import { audit, FaultStage, type StageOptions } from './stage.js';

let stage: FaultStage;
const mounts: string[] = [];
const open = async (options?: StageOptions) => (stage = await FaultStage.open(options));
afterEach(async () => {
  await stopGateways();
  for (const path of mounts.splice(0)) spawnSync('umount', [path]);
  await stage.close();
});

const MIB = 2 ** 20;

/** A file system of its own in the place of the data directory. */
function mountData(options: string): boolean {
  const path = stage.path('data');
  mkdirSync(path, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  if (status === 0) mounts.push(path);
  return status === 0;
}

/** Whether this machine lets us mount; otherwise the tests that need it are skipped by name. */
const canMount = (() => {
  const path = `/tmp/tidegate-mount-${process.pid}`;
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]);
  if (status === 0) spawnSync('umount', [path]);
  spawnSync('rmdir', [path]);
  return status === 0;
})();
const mounted = canMount ? it : it.skip;

describe('the disk and the journal', () => {
  mounted(
    '6. the disk is full → traffic goes on, the oldest records go, `dropped` is the real loss, and it ends when there is room',
    async () => {
      await open({ sinks: ['first-log', 'second-log'] });
      mountData('size=9m');
      await stage.set('first-log', 'down');
      await stage.start();
      const answered = await stage.load(5000, 40);
      expect(answered).toHaveLength(5000);
      expect((await stage.sink('first-log')).dropped).toBeGreaterThan(0);
      await stage.delivered(['second-log']);
      expect(audit(stage.records('second-log'), answered)).toMatchObject({ holes: [], missing: [], repeated: 0 });
      await stage.heal('first-log', 'down');
      await stage.delivered();
      const kept = stage.records();
      const { dropped } = await stage.sink('first-log');
      expect(kept.length + dropped).toBe(5000);
      // The newest ones are there.
      expect(kept.at(-1)?.exchange.seq).toBeGreaterThan(4900);
      expect(stage.gateway.stderr.join('\n')).toContain('the journal cannot be written');
      const more = await stage.load(20);
      await stage.delivered();
      expect(audit(stage.records(), more).missing).toEqual([]);
      expect((await stage.status()).journal.failing).toBeUndefined();
    },
  );

  it('6. the journal is full, `drop_newest` → traffic goes on, the first records stay, `dropped` is the real loss', async () => {
    await open();
    await stage.set('first-log', 'down');
    await stage.start({ TIDEGATE_JOURNAL_MAX_BYTES: '1MiB', TIDEGATE_JOURNAL_WHEN_FULL: 'drop_newest' });
    // One after the other, so that they end in the order in which they began.
    expect(await stage.load(1500, 1)).toHaveLength(1500);
    await stage.heal('first-log', 'down');
    await stage.delivered();
    const kept = stage.records();
    const { dropped } = await stage.sink('first-log');
    expect(dropped).toBeGreaterThan(0);
    expect(kept.length + dropped).toBe(1500);
    // Where a record has no room a slightly shorter one behind it may.
    const [firstLost = Infinity] = audit(kept, []).holes;
    expect(kept.filter(({ exchange }) => exchange.seq > firstLost).length).toBeLessThan(5);
  });

  it('6. the journal is full, `refuse` → clients get 503 before anything goes upstream, no record is lost, traffic comes back', async () => {
    let asked = 0;
    await open({
      answer: (_request, response) => {
        asked++;
        response.end('fine');
      },
    });
    await stage.set('first-log', 'down');
    await stage.start({ TIDEGATE_JOURNAL_MAX_BYTES: '2MiB', TIDEGATE_JOURNAL_WHEN_FULL: 'refuse' });
    const answered = await stage.load(1600);
    expect(answered.length).toBeGreaterThan(300);
    expect(answered.length).toBeLessThan(1500);
    expect(asked).toBe(answered.length);
    const refused = await get(`${stage.gateway.proxy}/x`);
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('no room left for the records')]);
    await stage.heal('first-log', 'down');
    await stage.delivered();
    expect(audit(stage.records(), answered)).toMatchObject({ conflicts: [], missing: [] });
    expect(await stage.load(10)).toHaveLength(10);
  });

  mounted('7. the data directory is read-only → the start is refused and says why', async () => {
    await open();
    mountData('ro');
    await expect(stage.start()).rejects.toThrow(/TIDEGATE_DATA_DIR\) cannot be used/);
  });

  it('7. the data directory cannot be made → the start is refused and says why', async () => {
    await open();
    await expect(stage.start({ TIDEGATE_DATA_DIR: stage.path('tidegate.yaml/data') })).rejects.toThrow(
      /TIDEGATE_DATA_DIR\) cannot be used: ENOTDIR/,
    );
  });
});

describe('large bodies', () => {
  it('12. 200 bodies of 5 MB, payloads logged → each is cut with its size and digest, memory stays bounded', async () => {
    await open({
      answer: (request, response) => {
        request.resume();
        request.on('end', () => {
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({
              id: 'chatcmpl-1',
              object: 'chat.completion',
              created: 1,
              model: 'm',
              choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'fine' } }],
              usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
            }),
          );
        });
      },
    });
    const gateway = await startGateway({
      directory: stage.path('payloads'),
      config: {
        _format_version: '3.0',
        services: [{ name: 'llm', url: 'http://127.0.0.1:1', routes: [{ name: 'ai', paths: ['/ai'] }] }],
        plugins: [
          {
            name: 'ai-proxy',
            route: 'ai',
            config: {
              route_type: 'llm/v1/chat',
              logging: { log_payloads: true, log_statistics: true },
              model: {
                provider: 'openai',
                name: 'm',
                options: { upstream_url: `${stage.upstreamUrl}/v1/chat/completions` },
              },
              auth: { header_name: 'Authorization', header_value: 'Bearer none' },
            },
          },
          { name: 'file-log', config: { path: stage.log('payloads') } },
        ],
      },
    });
    stage.gateway = gateway;
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x'.repeat(5_000_000) }] });
    let left = 200;
    const client = async (): Promise<void> => {
      while (left-- > 0)
        expect((await post(`${gateway.proxy}/ai`, body, { 'content-type': 'application/json' })).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 20 }, client));
    await stage.delivered(['file-log']);
    const records = stage.records('payloads');
    expect(records).toHaveLength(200);
    for (const { ai } of records) {
      expect(ai?.payload).toMatchObject({
        request_truncated: { bytes: body.length, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      });
    }
    expect((await stage.status()).memory.rss_bytes / MIB).toBeLessThan(1500);
  });
});
