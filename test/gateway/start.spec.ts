import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { get, startGateway, stopGateways, temporaryDirectory, type TemporaryDirectory } from '../support/index.js';

const CONFIG = { _format_version: '3.0', services: [{ name: 'a', host: 'example.com' }] };

let folder: TemporaryDirectory;
beforeAll(async () => {
  folder = await temporaryDirectory();
});
afterEach(stopGateways);
afterAll(() => folder.remove());

const start = (env: Readonly<Record<string, string>> = {}, directory?: string) =>
  startGateway({ config: CONFIG, env, ...(directory !== undefined && { directory }) });

describe('the ready line', () => {
  it('is all that standard output gets, and tells the real addresses', async () => {
    const gateway = await start({ TIDEGATE_PROXY_LISTEN: '[::1]:0', TIDEGATE_LOG_LEVEL: 'trace' });
    expect(gateway.proxy).toMatch(/^http:\/\/\[::1\]:[1-9]\d+$/);
    for (const url of [gateway.admin, gateway.status]) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect((await get(gateway.proxy)).status).toBe(404);
    expect((await get(gateway.admin)).status).toBe(200);
    expect((await get(`${gateway.status}/status`)).status).toBe(200);
    gateway.signal('SIGHUP');
    await gateway.logLine((line) => line.includes('SIGHUP'));
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    expect(gateway.stdout).toEqual([
      JSON.stringify({ event: 'ready', proxy: gateway.proxy, admin: gateway.admin, status: gateway.status }),
    ]);
    // The process's own log: JSON lines.
    for (const line of gateway.stderr) expect(JSON.parse(line)).toMatchObject({ msg: expect.any(String) });
  });

  it('leaves out a listener that is turned off', async () => {
    const gateway = await start({ TIDEGATE_ADMIN_LISTEN: 'off' });
    expect(Object.keys(JSON.parse(gateway.stdout[0] ?? '') as object)).toEqual(['event', 'proxy', 'status']);
    expect((await get(`${gateway.status}/services`)).status).toBe(404);
  });
});

it.each(['TIDEGATE_PROXY_LISTEN', 'TIDEGATE_ADMIN_LISTEN', 'TIDEGATE_STATUS_LISTEN'])(
  'tells that the port of %s is in use, and ends',
  async (variable) => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as { port: number };
    try {
      await expect(start({ [variable]: `127.0.0.1:${port}` })).rejects.toThrow(
        `the gateway ended (1) before it was ready:\ntidegate: cannot start:\n` +
          `${variable}: cannot listen on 127.0.0.1:${port}: the port is in use`,
      );
    } finally {
      occupant.close();
    }
  },
);

describe('the data directory', () => {
  it('belongs to one gateway: a second one is refused and told whose it is', async () => {
    const first = await start({}, folder.path);
    await expect(start({}, folder.path)).rejects.toThrow(
      `the data directory ${first.path('data')} is held by another gateway (process ${first.pid})`,
    );
    expect((await get(`${first.status}/status/ready`)).status).toBe(200);
  });

  it('is taken over from a gateway that was killed', async () => {
    const first = await start({}, folder.path);
    const node = await readFile(first.path('data/node-id'), 'utf8');
    expect(await first.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    const second = await start({}, folder.path);
    expect((await get(second.admin)).json()).toMatchObject({ node_id: node.trim() });
  });
});
