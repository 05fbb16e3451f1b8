/**
 * Installs the versions of Claude Code that the scenarios drive: from npm, each into a folder of its own,
 * `.cache/claude-code/<version>/`, which is kept. One after the other, before any scenario starts, and tried again when the network fails:
 * a scenario then never competes with a download.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/setup.mjs';

export const VERSIONS = ['2.0.37', '2.1.112', '2.1.330'];

/** Installed clients, and what is kept of failed scenarios. */
const CACHE = join(ROOT, '.cache', 'claude-code');
const PACKAGE = join('node_modules', '@anthropic-ai', 'claude-code');
const ATTEMPTS = 3;

/**
 * @param {string} version
 * @throws {Error} with npm's own words when it cannot be installed or does not start
 */
export function installClaudeCode(version) {
  const folder = join(CACHE, version);
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (!existsSync(folder)) install(version, folder);
      checkVersion(version, folder);
      return;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      if (attempt === ATTEMPTS) throw error;
      console.log(`Claude Code ${version} cannot be installed, trying again: ${error.message}`);
    }
  }
}

/** Works in a temporary folder and renames it at the end, so that an interrupted install is never taken for a whole one. */
function install(version, folder) {
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, `.${version}-`));
  try {
    writeFileSync(join(work, 'package.json'), '{ "name": "claude-code-under-test", "private": true }\n');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const flags = ['--prefix', work, '--save-exact', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
    run(npm, ['install', ...flags, `@anthropic-ai/claude-code@${version}`], work);
    // From 2.1.113 on the package is a shell around a native binary, which its install script puts in place.
    const script = join(work, PACKAGE, 'install.cjs');
    if (existsSync(script)) run(process.execPath, [script], join(work, PACKAGE));
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function checkVersion(version, folder) {
  const { bin } = JSON.parse(readFileSync(join(folder, PACKAGE, 'package.json'), 'utf8'));
  const entry = join(folder, PACKAGE, bin.claude);
  const [command, ...args] = entry.endsWith('.js') ? [process.execPath, entry] : [entry];
  const said = run(command, [...args, '--version'], folder);
  if (!said.startsWith(`${version} `)) throw new Error(`${folder} holds "${said.trim()}", expected ${version}`);
}

/** @returns {string} standard output of a program that must succeed */
function run(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: cleanOfNpm(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(`"${[command, ...args].join(' ')}" ended with ${status}: ${stderr.trim() || stdout.trim()}`);
  }
  return stdout;
}

/** Without what `npm run` says about this project; registry, proxy and cache settings stay. */
function cleanOfNpm(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_(package|lifecycle|config_(local_)?prefix|command)/.test(name)),
  );
}
