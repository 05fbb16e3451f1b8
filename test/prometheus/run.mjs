/**
 * `npm run test:prometheus`: a real Prometheus scrapes a real gateway; every query of every dashboard and alert must have data.
 * Needs the programs `prometheus` and `promtool` (Debian: `apt-get install prometheus`); without them the suite is skipped.
 * Ends with the line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, ROOT } from '../../tools/setup.mjs';

const missing = ['prometheus', 'promtool'].filter((program) => spawnSync(program, ['--version']).status !== 0);
if (missing.length > 0) {
  console.log(`SKIPPED: npm run test:prometheus, because ${missing.join(' and ')} cannot be started`);
  console.log('         (Debian, Ubuntu: apt-get install prometheus; macOS: brew install prometheus)');
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}

ensureReady();
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
const config = join(ROOT, 'test/prometheus/jest.prometheus.config.mjs');
const { status } = spawnSync(process.execPath, [...flags, jest, '--config', config, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
