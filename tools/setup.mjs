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

/** Several commands may be started at once in one checkout: one sets it up, the others wait for it. */
export function ensureReady() {
  if (!isCheckout) return;
  const release = lock();
  try {
    ensureDependencies();
    ensureBuild();
  } finally {
    release();
  }
}

function ensureDependencies() {
  const lock = sha256(readFileSync(join(ROOT, 'package-lock.json')));
  if (readIfThere(LOCK_STAMP) === lock) return;
  say('installing the locked dependencies …');
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(LOCK_STAMP, lock);
}

function ensureBuild() {
  const sources = fingerprintOfSources();
  if (readIfThere(BUILD_STAMP) === sources) return;
  say('building …');
  run(process.execPath, [join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js'), 'build']);
  removeOrphans();
  writeFileSync(BUILD_STAMP, sources);
}

/** Takes away what was built from sources that are gone; the rest stays in place for whoever runs it. */
function removeOrphans() {
  for (const folder of ['apps', 'libs']) {
    const built = join(ROOT, 'dist', folder);
    for (const name of readdirSync(built, { recursive: true }).filter((n) => n.endsWith('.js'))) {
      if (existsSync(join(ROOT, folder, name.replace(/\.js$/, '.ts')))) continue;
      for (const end of ['.js', '.js.map', '.d.ts']) rmSync(join(built, name.replace(/\.js$/, end)), { force: true });
    }
  }
}

/** @returns the release */
function lock() {
  const file = join(ROOT, '.cache', 'setup.lock');
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isRunning(Number(readIfThere(file)))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    else rmSync(file, { force: true });
  }
}

function isRunning(pid) {
  // Created and not yet written: its owner is alive.
  if (!pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
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
