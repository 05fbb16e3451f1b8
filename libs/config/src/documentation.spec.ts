import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { formatFault } from './faults.js';
import { load } from './testing/catalog.js';

const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml);

describe('docs/configuration.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(3);
  });

  it.each(examples)('an example loads as it stands:\n%s', (yaml) => {
    const env = { OPENAI_API_KEY: 'k', SERVICE_URL: 'https://h/p', DECK_RETRIES: '3', ENABLED: 'true' };
    expect(load(yaml, env).faults.map(formatFault)).toEqual([]);
  });

  it('the example of sharing means what it says', () => {
    const shared = examples.find((yaml) => yaml.includes('_plugin_configs')) ?? '';
    const { snapshot } = load(shared);
    expect(snapshot?.services).toEqual([expect.objectContaining({ tags: ['team-a'], read_timeout: 300_000 })]);
    expect(snapshot?.plugins.map(({ config }) => (config as { model: { name: string } }).model.name).sort()).toEqual([
      'gpt-5',
      'gpt-5-mini',
    ]);
  });
});
