/**
 * Makes a fresh clone runnable with nothing but Node and npm: installs the locked dependencies when they are missing or
 * stale, builds when the sources have changed since the last build. In an installed package, where there are no sources,
 * it does nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const LOCK_STAMP = join(ROOT, 'node_modules', '.tidegate-lock');
const BUILD_STAMP = join(ROOT, 'dist', '.tidegate-build');

/** True in a source checkout, false in an installed package. */
export const isCheckout = existsSync(join(ROOT, 'tsconfig.build.json'));

export function ensureReady() {
  if (!isCheckout) return;
  ensureDependencies();
  ensureBuild();
}

export function ensureDependencies() {
  const lock = sha256(readFileSync(join(ROOT, 'package-lock.json')));
  if (readIfThere(LOCK_STAMP) === lock) return;
  say('installing the locked dependencies …');
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(LOCK_STAMP, lock);
}

export function ensureBuild() {
  const sources = fingerprintOfSources();
  if (readIfThere(BUILD_STAMP) === sources) return;
  say('building …');
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js'), 'build']);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(BUILD_STAMP, sources);
}

function fingerprintOfSources() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json']) {
    hash.update(readFileSync(join(ROOT, name)));
  }
  for (const folder of ['apps', 'libs']) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((e) => e.isFile() && !e.name.endsWith('.spec.ts'))
      .map((e) => join(e.parentPath, e.name))
      .sort()) {
      const { size, mtimeMs } = statSync(entry);
      hash.update(`${entry.slice(ROOT.length)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function run(command, args) {
  // Standard output belongs to the program that is started next (its ready line); progress goes to standard error.
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) {
    say(`"${[command, ...args].join(' ')}" failed`);
    process.exit(status ?? 1);
  }
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function say(text) {
  process.stderr.write(`tidegate: ${text}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) ensureReady();
