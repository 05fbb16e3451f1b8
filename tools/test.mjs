/**
 * `npm test`: sets the checkout up, then lint, types, layout and every test that this machine can run. Arguments go to jest.
 * The last line is `N passed, N failed` (`, N skipped` when a test was left out, after its name and reason).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureReady, ROOT } from './setup.mjs';

ensureReady();

const selection = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };

if (selection.length === 0) {
  check('lint', ['oxlint', '--type-aware', 'apps', 'libs', 'test', 'tools', 'deploy']);
  check('types', ['tsc', '-p', 'tsconfig.json', '--noEmit']);
  check('layout', ['prettier', '--check', '--log-level=warn', '.']);
}
jest();

const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
process.exit(counts.failed > 0 ? 1 : 0);

function check(name, [tool, ...args]) {
  const { status } = node([join(ROOT, 'node_modules', '.bin', tool), ...args]);
  counts[status === 0 ? 'passed' : 'failed'] += 1;
  console.log(`${status === 0 ? '✓' : '✗'} ${name}`);
}

function jest() {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-test-'));
  const report = join(folder, 'jest.json');
  const { status } = node([
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${report}`,
    ...selection,
  ]);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  counts.passed += result.numPassedTests;
  // A file that cannot be loaded has no failed test of its own.
  counts.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  counts.skipped += result.numPendingTests + result.numTodoTests;
  if (status !== 0 && counts.failed === 0) counts.failed += 1;
  for (const suite of result.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === 'pending' || test.status === 'todo') console.log(`skipped: ${test.fullName}`);
    }
  }
}

function node(args) {
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
}
