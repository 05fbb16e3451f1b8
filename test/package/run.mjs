/**
 * `npm run test:package`: packs the gateway, installs the tarball into an empty folder as a user would, and uses it there.
 * Ends with `N passed, N failed`.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ensureReady, ROOT } from '../../tools/setup.mjs';

const run = promisify(execFile);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tidegate-package-')));
const env = {
  ...process.env,
  TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
  TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
  TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
};
delete env.OPENAI_API_KEY;
const inFolder = { cwd: folder, env };
let passed = 0;
let failed = 0;

async function step(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`✓ ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`✗ ${name}\n${error.stack}\n${error.stderr ?? ''}`);
  }
}

ensureReady();

try {
  await step('the tarball installs into an empty folder', async () => {
    await run('npm', ['pack', '--pack-destination', folder, '--loglevel=error'], { cwd: ROOT });
    const [tarball] = readdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    await run('npm', ['install', `./${tarball}`, '--no-audit', '--no-fund', '--loglevel=error'], inFolder);
  });

  await step('it brings the shipped configuration, and check names the missing variable', async () => {
    copyFileSync(join(folder, 'node_modules/tidegate/tidegate.yaml'), join(folder, 'tidegate.yaml'));
    const failure = await run('npx', ['--no-install', 'tidegate', 'check', 'tidegate.yaml'], inFolder).then(
      () => assert.fail('check passed without OPENAI_API_KEY'),
      (error) => error,
    );
    assert.equal(failure.code, 1);
    assert.match(failure.stdout, /^tidegate\.yaml:\d+:\d+ .*OPENAI_API_KEY is not set/m);
    await run('npx', ['--no-install', 'tidegate', 'check', 'tidegate.yaml'], {
      ...inFolder,
      env: { ...env, OPENAI_API_KEY: 'sk-test' },
    });
  });

  await step(
    'npx tidegate start serves, answers without a key in the client’s format, and ends on SIGTERM',
    async () => {
      copyFileSync(join(ROOT, 'docs/examples/slow-exchanges.plugin.js'), join(folder, 'slow-exchanges.plugin.js'));
      const gateway = spawn(process.execPath, ['node_modules/.bin/tidegate', 'start'], {
        ...inFolder,
        env: { ...env, TIDEGATE_PLUGINS: './slow-exchanges.plugin.js' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(gateway, 'exit');
      try {
        const ready = await Promise.race([
          once(createInterface({ input: gateway.stdout }), 'line').then(([line]) => JSON.parse(line)),
          exited.then(([code]) => assert.fail(`the gateway ended with ${code} before it was ready`)),
        ]);
        assert.equal(ready.event, 'ready');
        assert.equal((await fetch(`${ready.status}/status/ready`)).status, 200);
        const reply = await fetch(`${ready.proxy}/anything/v1/messages`, {
          method: 'POST',
          headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
          body: '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}',
        });
        const body = await reply.json();
        assert.equal(body.type, 'error');
        assert.match(body.error.message, /OPENAI_API_KEY is not set/);
      } finally {
        gateway.kill('SIGTERM');
      }
      assert.deepEqual(await exited, [0, null]);
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
