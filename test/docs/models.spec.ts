import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '#libs/config';
import { CapabilityTable } from '#libs/llm';
import { pluginCatalog } from '../../apps/gateway/src/plugin-catalog.js';
import { aiProxyConfig } from '../../libs/plugins/src/ai-proxy/ai-proxy.config.js';

const page = readFileSync('docs/models.md', 'utf8');
const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const tableAfter = (heading: string): string[][] => {
  const lines = page.slice(page.indexOf(heading)).split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  return lines.slice(start + 2, start + lines.slice(start).findIndex((line) => !line.startsWith('|'))).map(cells);
};

describe('docs/models.md', () => {
  it('says of each model what the gateway holds it for', () => {
    const table = new CapabilityTable();
    const rows = tableAfter('## What can a model do?');
    expect(rows.length).toBeGreaterThan(20);
    for (const [name = '', ...told] of rows) {
      const model = name.replaceAll('`', '');
      const facts = table.for(model, /^(?:gpt-\d|o\d)/.test(model) ? 'openai' : 'compat');
      const number = (value: number | undefined): string => value?.toLocaleString('en-US') ?? '–';
      const yes = (value: boolean): string => (value ? 'yes' : 'no');
      expect([model, ...told]).toEqual([
        model,
        number(facts.contextWindow),
        number(facts.maxOutput),
        facts.efforts.map((effort) => `\`${effort}\``).join(' ') || '–',
        yes(facts.vision),
        yes(facts.pdf),
        yes(facts.endpoints.includes('chat')),
      ]);
    }
  });

  it('lists the capabilities that an operator can set', () => {
    const told = tableAfter('Where the table is wrong').map(([field = '']) => field.replaceAll('`', ''));
    const { capabilities } = aiProxyConfig.shape.model.shape.options.unwrap().shape;
    expect(told.sort()).toEqual(Object.keys(capabilities.unwrap().shape).sort());
  });

  it('shows configurations that load', async () => {
    const texts = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
    expect(texts).toHaveLength(2);
    for (const text of texts) {
      const file = { file: 'models.md', text };
      const { faults, snapshot } = parseConfig([file], await pluginCatalog([]), { OPENAI_API_KEY: 'sk-x' });
      expect(faults).toEqual([]);
      expect(snapshot?.plugins).toHaveLength(1);
    }
  });
});
