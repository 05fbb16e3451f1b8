import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { aiProxyConfig } from '../../libs/plugins/src/ai-proxy/ai-proxy.config.js';

const page = readFileSync('docs/translation.md', 'utf8');

/** The first two columns of the table below this heading of its first column. */
function rowsOf(heading: string): [field: string, preset: string][] {
  const lines = page.slice(page.indexOf(heading)).split('\n');
  const rows = lines.slice(
    2,
    lines.findIndex((line) => !line.trim().endsWith('|')),
  );
  return rows.map((line) => {
    const [, field = '', preset = ''] = line.split('|');
    const plain = (cell: string): string => /`([^`]*)`/.exec(cell)?.[1] ?? '';
    return [plain(field), plain(preset)];
  });
}

describe('docs/translation.md', () => {
  const config = aiProxyConfig.parse({ route_type: 'llm/v1/chat', model: { provider: 'openai' } });

  it('lists every choice with its default', () => {
    expect(Object.fromEntries(rowsOf('config.translation`'))).toEqual(
      Object.fromEntries(Object.entries(config.translation).map(([name, value]) => [name, String(value)])),
    );
  });

  it('lists every time-out; those without a default of their own have one all the same', () => {
    const told = Object.fromEntries(rowsOf('config.streaming`'));
    expect(Object.keys(told).sort()).toEqual(Object.keys(aiProxyConfig.shape.streaming.unwrap().shape).sort());
    expect(told).toMatchObject({ ping_interval: String(config.streaming.ping_interval) });
  });
});
