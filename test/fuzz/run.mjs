/**
 * `npm run fuzz -- --streams N [--seed N]`: plays N streams of an upstream, of any content and order, broken off anywhere, and
 * stops at the first one that the client could not read. Ends with the number of streams per second.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureReady, ROOT } from '../../tools/setup.mjs';

const { values } = parseArgs({
  options: { streams: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
for (const [option, value] of Object.entries(values)) {
  if (!/^-?\d+$/.test(value)) {
    console.error(`--${option} takes a whole number, not ${value}`);
    process.exit(2);
  }
}

ensureReady();
const started = performance.now();
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--config',
    join(ROOT, 'test/fuzz/jest.fuzz.config.mjs'),
  ],
  {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, FUZZ_STREAMS: values.streams, ...(values.seed && { FUZZ_SEED: values.seed }) },
  },
);
const seconds = (performance.now() - started) / 1000;
if (status === 0)
  console.log(`${values.streams} streams in ${seconds.toFixed(0)} s, none that a client could not read`);
process.exit(status ?? 1);
