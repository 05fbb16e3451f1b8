import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';

/** Packages that a built module and all it imports need before they run; what is imported later on does not count. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;'"]*?(?:from\s*)?'([^']+)'/gm);
  for (const [, specifier = ''] of imports) {
    if (specifier.startsWith('.')) {
      for (const name of packagesOf(join(dirname(file), specifier), seen)) packages.add(name);
    } else packages.add(specifier);
  }
  return packages;
}

it('OpenTelemetry is not loaded with the plugins, only where an entry asks for it', () => {
  const withPlugins = packagesOf('dist/libs/plugins/src/index.js');
  expect(withPlugins).toContain('@nestjs/common');
  expect([...withPlugins].filter((name) => name.startsWith('@opentelemetry/'))).toEqual([]);
  expect(packagesOf('dist/libs/plugins/src/opentelemetry/telemetry.js')).toContain('@opentelemetry/sdk-node');
});
