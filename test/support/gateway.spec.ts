import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { startGateway, stopGateways, type GatewayOptions } from './gateway.js';
import { howToConfig } from './how-to-config.js';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.js';

/** Says what it was started with, is ready, and ends as the gateway does. */
const STAND_IN = `
import { readFileSync } from 'node:fs';
const config = readFileSync(process.argv[4], 'utf8');
if (config.includes('broken')) {
  console.error('tidegate: cannot start: broken');
  process.exit(1);
}
process.on('SIGHUP', () => console.error('reloaded ' + readFileSync(process.argv[4], 'utf8').trim()));
process.on('SIGTERM', () => process.exit(0));
console.error(JSON.stringify({ args: process.argv.slice(2), env: process.env }));
console.log('a line before');
console.log(JSON.stringify({ event: 'ready', proxy: 'http://p', status: 'http://s', ...(config.includes('admin') && { admin: 'http://a' }) }));
setInterval(() => {}, 60_000);
`;

let workshop: TemporaryDirectory;
const start = (options: Partial<GatewayOptions> = {}) =>
  startGateway({ config: 'admin: on', command: [process.execPath, join(workshop.path, 'stand-in.mjs')], ...options });

beforeAll(async () => {
  workshop = await temporaryDirectory();
  await appendFile(join(workshop.path, 'stand-in.mjs'), STAND_IN);
});
afterEach(stopGateways);
afterAll(() => workshop.remove());

describe('startGateway', () => {
  it('runs the program on free ports, in a directory and an environment of its own', async () => {
    const gateway = await start({ env: { OWN: 'yes' }, files: { 'plugins/a.js': 'export {}' } });
    expect([gateway.proxy, gateway.admin, gateway.status]).toEqual(['http://p', 'http://a', 'http://s']);
    const { args, env } = JSON.parse(await gateway.logLine((line) => line.includes('args'))) as {
      args: string[];
      env: Record<string, string>;
    };
    expect(args).toEqual(['start', '--config', gateway.path('tidegate.yaml')]);
    expect(env).toEqual({
      PATH: process.env['PATH'],
      TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
      TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
      TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
      TIDEGATE_DATA_DIR: gateway.path('data'),
      OWN: 'yes',
    });
    expect(existsSync(gateway.path('plugins/a.js'))).toBe(true);
    expect(gateway.stdout).toHaveLength(2);
  });

  it('ends it with its exit code and leaves nothing behind', async () => {
    const gateway = await start();
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    expect(existsSync(gateway.directory)).toBe(false);
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    const killed = await start();
    expect(await killed.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('keeps a directory that it was given', async () => {
    const gateway = await start({ directory: workshop.path, config: (path) => `dir: ${path}` });
    await gateway.stop();
    expect(await readFile(join(workshop.path, 'tidegate.yaml'), 'utf8')).toBe(`dir: ${workshop.path}`);
    expect(() => gateway.admin).toThrow('turned off');
  });

  it('fails with the standard error of a program that does not get ready', async () => {
    await expect(start({ config: 'broken' })).rejects.toThrow(
      'the gateway ended (1) before it was ready:\ntidegate: cannot start: broken',
    );
  });

  it('changes the configuration, sends signals and waits for what they cause', async () => {
    const gateway = await start();
    await gateway.writeConfig({ _format_version: '3.0' });
    const reloaded = gateway.logLine((line) => line.startsWith('reloaded'));
    gateway.signal('SIGHUP');
    expect(await reloaded).toBe('reloaded _format_version: "3.0"');
    await expect(gateway.logLine((line) => line === 'never', 10)).rejects.toThrow('no such line');
  });

  it('gives log records as they come', async () => {
    const gateway = await start();
    const records = gateway.logRecords(gateway.path('log.json'), 1);
    await appendFile(gateway.path('log.json'), '{"client_ip":"127.0.0.1"}\n');
    expect(await records).toEqual([{ client_ip: '127.0.0.1' }]);
  });
});

describe('howToConfig', () => {
  it('is the file of the how-to', async () => {
    const gateway = await start({
      config: (path) => ({ ...howToConfig({ upstreamUrl: 'http://u', logPath: join(path, 'log.json') }), admin: 1 }),
    });
    expect(parse(await readFile(gateway.path('tidegate.yaml'), 'utf8'))).toEqual({
      _format_version: '3.0',
      admin: 1,
      services: [{ name: 'example-service', url: 'http://httpbin.konghq.com/anything' }],
      routes: [{ name: 'example-route', paths: ['/anything'], service: { name: 'example-service' } }],
      plugins: [
        {
          name: 'ai-proxy',
          config: {
            llm_format: 'anthropic',
            route_type: 'llm/v1/chat',
            auth: {
              header_name: 'Authorization',
              header_value: 'Bearer sk-upstream-key-of-the-gateway',
              allow_override: false,
            },
            model: {
              provider: 'openai',
              name: 'gpt-5-mini',
              options: { upstream_url: 'http://u/v1/chat/completions' },
            },
            max_request_body_size: 524_288,
          },
        },
        { name: 'file-log', config: { path: gateway.path('log.json') } },
      ],
    });
  });

  it('takes other values', () => {
    const { plugins } = howToConfig({
      upstreamUrl: 'http://u',
      model: null,
      options: { max_tokens: 5 },
      aiProxy: { route_type: 'llm/v1/responses' },
      plugins: [{ name: 'prometheus' }],
    });
    expect(plugins).toEqual([
      {
        name: 'ai-proxy',
        config: expect.objectContaining({
          route_type: 'llm/v1/responses',
          model: { provider: 'openai', options: { upstream_url: 'http://u/v1/chat/completions', max_tokens: 5 } },
        }),
      },
      { name: 'prometheus' },
    ]);
  });
});
