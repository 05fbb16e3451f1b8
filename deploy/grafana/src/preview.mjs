/**
 * Draws the dashboards as pictures, without a Grafana: their own queries, asked of a real Prometheus, in their own layout.
 *
 *   node deploy/grafana/src/preview.mjs --prometheus http://127.0.0.1:9090 --minutes 30 --out docs/images
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dashboards } from './dashboards.mjs';
import { drawDashboard } from './draw.mjs';

const { values } = parseArgs({
  options: {
    prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
    minutes: { type: 'string', default: '30' },
    out: { type: 'string', default: 'docs/images' },
  },
});
const seconds = Number(values.minutes) * 60;
const end = Math.floor(Date.now() / 1000);
const step = Math.max(5, Math.round(seconds / 100));

for (const { name, text } of dashboards) {
  const dashboard = JSON.parse(text);
  const results = new Map();
  for (const panel of dashboard.panels) {
    results.set(panel.id, await Promise.all((panel.targets ?? []).map(ask)));
  }
  const file = join(values.out, name.replace('.json', '.svg'));
  writeFileSync(file, drawDashboard(dashboard, results, { start: end - seconds, end }));
  console.log(file);
}

/** Series with their names and `[time, value]` pairs; a single pair for an instant query. */
async function ask({ expr, instant, legendFormat }) {
  const query = expr
    .replaceAll('$__rate_interval', '2m')
    .replaceAll('$__range', `${seconds}s`)
    .replaceAll(/\$(?:instance|route|model|sink)\b/g, '.*');
  const parameters = instant ? { query, time: end } : { query, start: end - seconds, end, step };
  const path = instant ? 'query' : 'query_range';
  const response = await fetch(`${values.prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, error, data } = await response.json();
  if (status !== 'success') throw new Error(`${error}: ${query}`);
  return data.result.map(({ metric, value, values: points }) => ({
    metric,
    name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? ''),
    points: (points ?? [value])
      .map(([time, number]) => [time, Number(number)])
      .filter(([, number]) => Number.isFinite(number)),
  }));
}
