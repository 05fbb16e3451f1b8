import { spawn } from 'node:child_process';
import { join } from 'node:path';
// TEMPORARY until test/support/gateway.ts exists
export interface Gateway {
  readonly proxy: string;
  stop(): Promise<void>;
}
export async function startGateway({
  folder,
  configFile,
  env = {},
}: {
  folder: string;
  configFile: string;
  env?: Record<string, string>;
}): Promise<Gateway> {
  const entry = process.env['STANDIN'] ?? 'dist/apps/gateway/src/main.js';
  const child = spawn(process.execPath, [entry, 'start', '--config', configFile], {
    env: {
      PATH: process.env['PATH'],
      TIDEGATE_CONFIG: configFile,
      TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
      TIDEGATE_ADMIN_LISTEN: 'off',
      TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
      TIDEGATE_DATA_DIR: join(folder, 'data'),
      ...env,
    },
    stdio: ['ignore', 'pipe', process.env['GWERR'] ? 'inherit' : 'ignore'],
  });
  const ready = await new Promise<{ proxy: string }>((ok, fail) => {
    child.stdout.setEncoding('utf8').on('data', (t: string) => {
      for (const l of t.split('\n')) if (l.includes('"ready"')) ok(JSON.parse(l));
    });
    child.on('exit', (c) => fail(new Error(`gateway ended with ${c}`)));
  });
  return {
    proxy: ready.proxy,
    stop: () =>
      new Promise((ok) => {
        child.on('exit', () => ok());
        child.kill('SIGTERM');
      }),
  };
}
