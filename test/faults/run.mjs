/**
 * `npm run test:faults`: what becomes of the records when sinks, disks and processes fail. Arguments go to jest, for example
 * `npm run test:faults -- -t 'kill -9'`; `--write` puts what came out into docs/delivery.md, otherwise the page has to say it
 * already. `FAULT_ROUNDS` (200), `FAULT_SECONDS` (120) and `FAULT_SEED` steer the kills. Ends with the line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReady, ROOT } from '../../tools/setup.mjs';
import { faultTable, tableIn, writeTable } from './table.mjs';

const PAGE = join(ROOT, 'docs/delivery.md');
const write = process.argv.includes('--write');
const selection = process.argv.slice(2).filter((argument) => argument !== '--write');

ensureReady();
const folder = mkdtempSync(join(tmpdir(), 'tidegate-faults-'));
const path = join(folder, 'results.json');
spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--config',
    join(ROOT, 'test/faults/jest.faults.config.mjs'),
    ...selection,
  ],
  { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, FAULT_RESULTS: path } },
);
const { whole, results, crashed } = JSON.parse(readFileSync(path, 'utf8'));
rmSync(folder, { recursive: true });

const count = (status) => results.filter((result) => result.status === status).length;
const skipped = count('pending');
let passed = count('passed');
let failed = results.length - passed - skipped + crashed;
if (whole && skipped === 0) {
  const table = faultTable(results);
  if (write) writeTable(PAGE, table);
  if (tableIn(PAGE) === table) {
    passed += 1;
    console.log('✓ docs/delivery.md tells what this run has shown');
  } else {
    failed += 1;
    console.log('✗ docs/delivery.md does not tell what this run has shown: npm run test:faults -- --write');
  }
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 ? 1 : 0);
