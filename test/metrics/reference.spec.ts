import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { GatewayMetrics, KongMetrics } from '#libs/plugins';
import { withReference } from '../../tools/metrics-reference.mjs';

it('docs/metrics.md lists the metrics that there are (npm run docs:metrics)', async () => {
  const metrics = new GatewayMetrics();
  new KongMetrics(metrics).showAll();
  const page = readFileSync('docs/metrics.md', 'utf8');
  expect(comparable(page)).toBe(comparable((await withReference(page, metrics.describe())) as string));
});

/** Elsewhere than on Linux the process tells less of itself. */
const comparable = (page: string): string =>
  process.platform === 'linux' ? page : page.replace(/### Process.*?(?=### Kong)/s, '');
