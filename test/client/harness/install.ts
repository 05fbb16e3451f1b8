import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ClientVersion = '2.0.37' | '2.1.112' | '2.1.330';

/** How to start one installed version: `command ...args <flags>`. */
export interface ClientProgram {
  readonly version: ClientVersion;
  readonly command: string;
  readonly args: readonly string[];
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
/** Installed clients, one folder a version, and what is kept of failed scenarios. */
export const CACHE = join(ROOT, '.cache', 'claude-code');
const PACKAGE = join('node_modules', '@anthropic-ai', 'claude-code');

/**
 * Claude Code from npm in a folder of its own, `.cache/claude-code/<version>/`, installed on the first call.
 * @throws Error with npm's own words when it cannot be installed or does not start.
 */
export async function installClaudeCode(version: ClientVersion): Promise<ClientProgram> {
  const folder = join(CACHE, version);
  if (!existsSync(folder)) await install(version, folder);
  const program = await locate(version, folder);
  const said = await run(program.command, [...program.args, '--version'], folder);
  if (!said.startsWith(`${version} `)) throw new Error(`${folder} holds "${said.trim()}", expected ${version}`);
  return program;
}

/** Works in a temporary folder and renames it at the end, so that an interrupted install is never taken for a whole one. */
async function install(version: ClientVersion, folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(CACHE, `.${version}-`));
  try {
    await writeFile(join(work, 'package.json'), '{ "name": "claude-code-under-test", "private": true }\n');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const flags = ['--prefix', work, '--save-exact', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
    await run(npm, ['install', ...flags, `@anthropic-ai/claude-code@${version}`], work);
    // From 2.1.113 on the package is a shell around a native binary, which its install script puts in place.
    const script = join(work, PACKAGE, 'install.cjs');
    if (existsSync(script)) await run(process.execPath, [script], dirname(script));
    await rename(work, folder);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

async function locate(version: ClientVersion, folder: string): Promise<ClientProgram> {
  const manifest = JSON.parse(await readFile(join(folder, PACKAGE, 'package.json'), 'utf8')) as {
    bin: { claude: string };
  };
  const entry = join(folder, PACKAGE, manifest.bin.claude);
  return entry.endsWith('.js')
    ? { version, command: process.execPath, args: [entry] }
    : { version, command: entry, args: [] };
}

/** Standard output of a program that must succeed. */
function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: cleanOfNpm(process.env), stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`"${[command, ...args].join(' ')}" ended with ${code}: ${err.trim() || out.trim()}`));
    });
  });
}

/** Without what `npm run` says about this project; registry, proxy and cache settings stay. */
function cleanOfNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_(package|lifecycle|config_(local_)?prefix|command)/.test(name)),
  );
}
