/**
 * `npm run test:client`: drives the real Claude Code through the gateway. Arguments go to jest, for example
 * `npm run test:client -- 2.1.330 -t 'parallel'`. Ends with the line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, ROOT } from '../../tools/setup.mjs';
import { installClaudeCode, VERSIONS } from './install.mjs';

const selection = process.argv.slice(2);
const named = VERSIONS.filter((version) => selection.includes(version));

ensureReady();
try {
  for (const version of named.length > 0 ? named : VERSIONS) installClaudeCode(version);
} catch (error) {
  console.log(`✗ ${error.message}\n0 passed, 1 failed`);
  process.exit(1);
}
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
const config = join(ROOT, 'test/client/jest.client.config.mjs');
const { status } = spawnSync(process.execPath, [...flags, jest, '--config', config, ...selection], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
