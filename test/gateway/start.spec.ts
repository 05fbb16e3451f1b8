import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { get, startGateway, stopGateways, temporaryDirectory } from '../support/index.js';

const CONFIG = { _format_version: '3.0', services: [{ name: 'a', host: 'example.com' }] };

afterEach(stopGateways);

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

it('ends when a port is in use, and names its setting', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  const { port } = occupant.address() as AddressInfo;
  const variables = ['TIDEGATE_PROXY_LISTEN', 'TIDEGATE_ADMIN_LISTEN', 'TIDEGATE_STATUS_LISTEN'];
  await Promise.all(
    variables.map((variable) =>
      expect(start({ [variable]: `127.0.0.1:${port}` })).rejects.toThrow(
        `the gateway ended (1) before it was ready:\ntidegate: cannot start:\n` +
          `${variable}: cannot listen on 127.0.0.1:${port}: the port is in use`,
      ),
    ),
  );
  occupant.close();
});

it('shares its data directory with no other gateway, and takes over that of one that was killed', async () => {
  const folder = await temporaryDirectory();
  const first = await start({}, folder.path);
  await expect(start({}, folder.path)).rejects.toThrow(
    `the data directory ${first.path('data')} is held by another gateway (process ${first.pid})`,
  );
  expect((await get(`${first.status}/status/ready`)).status).toBe(200);
  const node = await readFile(first.path('data/node-id'), 'utf8');
  expect(await first.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });

  const second = await start({}, folder.path);
  expect((await get(second.admin)).json()).toMatchObject({ node_id: node.trim() });
  await second.stop();
  await folder.remove();
});
