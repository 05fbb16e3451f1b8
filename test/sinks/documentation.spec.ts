import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { formatFault, parseConfig, type CatalogEntry } from '#libs/config';
import { builtInPlugins } from '#libs/plugins';
import { pluginMetadata, type GatewayPlugin } from '#libs/plugin-api';
import { selfSigned } from '../support/index.js';

const page = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

const catalog = new Map<string, CatalogEntry>(
  builtInPlugins.flatMap((type) => {
    const metadata = pluginMetadata(type);
    const plugin = type.prototype as GatewayPlugin;
    return metadata ? [[metadata.name, { metadata, check: (config: unknown) => plugin.check?.(config) ?? [] }]] : [];
  }),
);
const env = { LOG_PASSWORD: 'p', KAFKA_PASSWORD: 'p', KAFKA_CA: selfSigned().certificate };

describe.each(['sinks.md', 'kafka.md'])('docs/%s', (name) => {
  it('has examples that load as they stand', async () => {
    const examples = [...(await page(name)).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml);
    expect(examples.length).toBeGreaterThan(1);
    for (const text of examples) {
      const { faults } = parseConfig([{ file: name, text }], catalog, env);
      expect([text, faults.map(formatFault)]).toEqual([text, []]);
    }
  });
});

it('every log sink has an example', async () => {
  const text = (await page('sinks.md')) + (await page('kafka.md'));
  for (const name of catalog.keys()) if (name.endsWith('log')) expect(text).toContain(`- name: ${name}\n`);
});

it('docs/kafka.md shows the consumer that there is', async () => {
  const [, shown] =
    /<!-- file: examples\/kafka-consumer\.mjs -->\n\n```js\n(.*?)^```$/ms.exec(await page('kafka.md')) ?? [];
  expect(shown).toBe(await page('examples/kafka-consumer.mjs'));
});
