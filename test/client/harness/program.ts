import { readFile } from 'node:fs/promises';
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

/** A version that `../install.mjs` has installed. */
export async function clientProgram(version: ClientVersion): Promise<ClientProgram> {
  const folder = join(CACHE, version, PACKAGE);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { bin: { claude: string } };
  const entry = join(folder, manifest.bin.claude);
  return entry.endsWith('.js')
    ? { version, command: process.execPath, args: [entry] }
    : { version, command: entry, args: [] };
}
