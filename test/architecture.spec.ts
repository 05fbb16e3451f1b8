import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Who may import whom; a room may always import itself. `plugins` is checked per plugin folder. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'plugin-api': [],
  llm: [],
  config: ['plugin-api'],
  lifecycle: ['plugin-api'],
  delivery: ['plugin-api'],
  reports: ['plugin-api'],
  proxy: ['plugin-api', 'config', 'lifecycle'],
  sinks: ['plugin-api'],
  plugins: ['plugin-api', 'llm', 'sinks'],
};

/** The pure rooms: no framework, no I/O. */
const NO_PACKAGES: Readonly<Record<string, RegExp>> = {
  llm: /^(?:@nestjs\/|rxjs|undici|fastify|node:(?:fs|http|https|net|tls|child_process))/,
};

interface SourceFile {
  /** Relative to the root, e.g. `libs/llm/src/sse.ts`. */
  readonly path: string;
  readonly imports: readonly string[];
}

const files = ['apps', 'libs'].flatMap(sourcesOf);

function sourcesOf(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(ROOT, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      const imports = [...text.matchAll(/^(?:import|export)\b[^;'"]*?from\s*'([^']+)'|\bimport\('([^']+)'\)/gm)];
      return { path, imports: imports.map((match) => match[1] ?? match[2] ?? '') };
    });
}

/** `libs/llm/src/x.ts` → `llm`; `libs/plugins/src/file-log/x.ts` → `plugins/file-log`; apps → their folder. */
function roomOf(path: string): string {
  const [top, room = '', , inner = ''] = path.split('/');
  if (top === 'apps') return `apps/${room}`;
  return room === 'plugins' && !inner.endsWith('.ts') ? `plugins/${inner}` : room;
}

/** The file an import means, or undefined for a package. */
function target(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#libs/')) return `libs/${specifier.slice('#libs/'.length)}/src/index.ts`;
  if (!specifier.startsWith('.')) return undefined;
  return relative('.', normalize(join(dirname(from), specifier))).replace(/\.js$/, '.ts');
}

describe('the architecture', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  it('has rooms that import only whom they may know', () => {
    const breaches: string[] = [];
    for (const { path, imports } of files) {
      const room = roomOf(path);
      if (room.startsWith('apps/')) continue;
      const allowed = MAY_IMPORT[room.split('/')[0] ?? ''];
      if (!allowed) breaches.push(`${path}: ${room} is no known room`);
      for (const specifier of imports) {
        const other = target(path, specifier);
        if (other === undefined) {
          if (NO_PACKAGES[room]?.test(specifier) === true) breaches.push(`${path} imports ${specifier}`);
          continue;
        }
        const otherRoom = roomOf(other);
        const isPluginIndex = room === 'plugins' && otherRoom.startsWith('plugins/');
        if (otherRoom !== room && !isPluginIndex && allowed?.includes(otherRoom) !== true) {
          breaches.push(`${path} imports ${specifier}`);
        }
      }
    }
    expect(breaches).toEqual([]);
  });

  it('keeps applications apart from each other', () => {
    const breaches = files.flatMap(({ path, imports }) =>
      imports
        .map((specifier) => target(path, specifier))
        .filter((other) => other !== undefined && other.startsWith('apps/') && roomOf(other) !== roomOf(path))
        .map((other) => `${path} imports ${other}`),
    );
    // The demo starts the simulated OpenAI beside the gateway.
    expect(breaches.filter((breach) => !breach.startsWith('apps/gateway/src/cli/demo.ts'))).toEqual([]);
  });

  it('has no circle of imports', () => {
    const graph = new Map(
      files.map(({ path, imports }) => [
        path,
        imports.map((specifier) => target(path, specifier)).filter((t) => t !== undefined),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });
});
