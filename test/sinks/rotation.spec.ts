import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import { eventually, howToConfig, post, stopGateways } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';

afterEach(stopGateways);

/** All records of a log and of what rotation has made of it. Every line must be one. */
async function recordsOf(directory: string, name: string): Promise<LogRecord[]> {
  const names = (await readdir(directory)).filter((other) => other.startsWith(name)).sort();
  const texts = await Promise.all(
    names.map(async (other) => {
      const bytes = await readFile(join(directory, other));
      return (other.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    }),
  );
  const lines = texts.flatMap((text) => text.split('\n').slice(0, -1));
  return lines.map((line) => JSON.parse(line) as LogRecord);
}

it('field.md 14: a log that is renamed, and one that rotates itself, have every record once and whole under load', async () => {
  const stage = await Stage.open({
    config: (place) => {
      const own = {
        path: join(place.directory, 'own.json'),
        rotate: { max_size: 8000, compress: true },
      };
      const config = howToConfig({ ...place, plugins: [{ name: 'file-log', config: own, route: 'example-route' }] });
      // Two entries of one plugin need scopes of their own: the second route writes to the other file.
      const routes = [
        ...(config['routes'] as object[]),
        { name: 'other', paths: ['/other'], service: { name: 'example-service' } },
      ];
      return { ...config, routes };
    },
  });
  const { gateway, place } = stage;
  const ask = async (route: string) =>
    expect((await post(`${gateway.proxy}/${route}/v1/messages`, question(), CLAUDE_CODE)).status).toBe(200);
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 6 }, (_, n) => ask(n % 2 === 0 ? 'anything' : 'other')));
    if (round % 3 === 2) await rename(place.logPath, `${place.logPath}.${round}`);
  }
  await eventually(
    async () => {
      const [own, renamed] = await Promise.all(
        ['own.json', 'claude.json'].map((name) => recordsOf(place.directory, name)),
      );
      expect([own?.length, renamed?.length]).toEqual([30, 30]);
      const ids = [...(own ?? []), ...(renamed ?? [])].map(({ exchange }) => exchange.id);
      expect(new Set(ids).size).toBe(60);
      return true;
    },
    { within: 20_000 },
  );
  const parts = (await readdir(place.directory)).filter((name) => /^own\.json\..*Z\.gz$/.test(name));
  expect(parts.length).toBeGreaterThan(3);
  await stage.close();
});
