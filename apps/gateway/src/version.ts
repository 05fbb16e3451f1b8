import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's version; package.json lies above the sources and, once more, above their build. */
export const version = findVersion(dirname(fileURLToPath(import.meta.url)));

function findVersion(folder: string): string {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      name?: string;
      version?: string;
    };
    if (manifest.name === 'tidegate' && manifest.version !== undefined) return manifest.version;
  } catch {
    // Not here; look further up.
  }
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json of tidegate not found');
  return findVersion(parent);
}
