/**
 * `npm run test:live`: the cases that only the real API can settle, asked of OpenAI with `OPENAI_API_KEY`; they cost some cents.
 * `LIVE_MODEL` (default `gpt-5.6`) and `LIVE_SMALL_MODEL` (default `gpt-4o-mini`) choose the models, `OPENAI_BASE_URL` another server.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, ROOT } from '../../tools/setup.mjs';

if (!process.env['OPENAI_API_KEY']) {
  console.log('SKIPPED: OPENAI_API_KEY is not set. Nothing was asked of OpenAI, nothing is proven.');
  process.exit(0);
}

ensureReady();
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    '--config',
    join(ROOT, 'test/live/jest.live.config.mjs'),
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
);
process.exit(status ?? 1);
