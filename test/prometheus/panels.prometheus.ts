import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { http, eventually } from '../support/index.js';
import { alertQueries, DASHBOARDS, readAlerts, readDashboard, type Target } from '../metrics/panels.js';
import { compared, substituted } from '../metrics/promql.js';
import { KINDS } from '../metrics/mixed-traffic.js';
import { meteredGateway } from '../metrics/metered-gateway.js';
import type { Stage } from '../gateway/stage.js';
import { PrometheusServer, type Series } from './prometheus-server.js';
import { faultySinks } from './sinks.js';

/** Exchanges of a round: each kind with each client and request class. */
const ROUND = 6 * KINDS.length;
/** Long enough for all that has been sent. */
const WINDOWS = { window: '2m', range: '2m' };

let stage: Stage;
let prometheus: PrometheusServer;

/** Prometheus has scraped a page on which this many exchanges are counted. */
const scraped = (exchanges: number) =>
  eventually(async () => (await prometheus.value('sum(tidegate_exchanges_total)')) === exchanges, {
    within: 60_000,
    every: 250,
  });

beforeAll(async () => {
  const metered = await meteredGateway(faultySinks);
  stage = metered.stage;
  const { host } = new URL(stage.gateway.status);
  prometheus = await PrometheusServer.start({ tidegate: host });
  // Counters are there only after the first exchange; a rate needs two scrapes and a rise between them.
  for (let round = 0; round < 3; round++) {
    await metered.traffic.send(ROUND, { from: round * ROUND });
    await stage.gateway.logRecords(stage.place.logPath, (round + 1) * ROUND, 60_000);
    await scraped((round + 1) * ROUND);
  }
}, 240_000);
afterAll(async () => {
  await prometheus?.stop();
  await stage?.close();
});

const answered = (target: Target): Promise<Series[]> => {
  const expr = substituted(target.expr, WINDOWS);
  return target.instant === true ? prometheus.query(expr) : prometheus.queryRange(expr, 60);
};

describe.each(DASHBOARDS)('%s', (name) => {
  const { panels, templating } = readDashboard(name);
  const withQueries = panels.filter(({ targets = [] }) => targets.length > 0);

  it(`has data in all of its ${withQueries.length} panels`, async () => {
    const empty: string[] = [];
    let queries = 0;
    for (const { title, targets = [] } of withQueries) {
      for (const target of targets) {
        queries += 1;
        const series = await answered(target);
        if (!series.some(({ values }) => values.length > 0)) empty.push(`${title}: ${target.expr}`);
        for (const label of labelsOf(target.legendFormat)) {
          if (series.some(({ metric }) => metric[label] === undefined))
            empty.push(`${title}: no ${label} for the legend`);
        }
      }
    }
    tell(`${name}: ${queries - empty.length} of ${queries} queries have data`);
    expect(empty).toEqual([]);
  });

  it('has values to choose from in every variable', async () => {
    for (const { name: variable, query, type } of templating.list) {
      if (type !== 'query' || typeof query === 'string') continue;
      const [, series = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query.query) ?? [];
      const values = await prometheus.api(`label/${label}/values`, { 'match[]': substituted(series, WINDOWS) });
      expect({ variable, values }).toEqual({ variable, values: expect.arrayContaining([expect.any(String)]) });
    }
  });
});

describe('alerts', () => {
  it(`compare what has data, all ${readAlerts().length}`, async () => {
    const empty: string[] = [];
    let sides = 0;
    for (const { where, expr } of alertQueries()) {
      for (const side of compared(expr)) {
        sides += 1;
        const series = await prometheus.query(side);
        if (!series.some(({ values }) => values.length > 0)) empty.push(`${where}: ${side}`);
      }
    }
    tell(`alerts: ${sides - empty.length} of ${sides} compared values have data`);
    expect(empty).toEqual([]);
  });

  it('are evaluated without an error, and the refused records have let one fire', async () => {
    const rules = async () => {
      const { groups } = (await prometheus.api('rules')) as {
        groups: { rules: { name: string; health: string; state: string }[] }[];
      };
      return groups.flatMap((group) => group.rules);
    };
    await eventually(
      async () => {
        const all = await rules();
        return all.length === readAlerts().length && all.every(({ health }) => health === 'ok');
      },
      { within: 100_000 },
    );
    await eventually(
      async () => (await rules()).some(({ name, state }) => name === 'TidegateDeadLetters' && state === 'firing'),
      { within: 100_000 },
    );
  });
});

it('Prometheus has the sums that the gateway has', async () => {
  const page = (await http(`${stage.gateway.status}/metrics`)).text;
  const own = [...page.matchAll(/^tidegate_tokens_total\{.*\} (\S+)$/gm)].reduce(
    (sum, [, value]) => sum + Number(value),
    0,
  );
  expect(await prometheus.value('sum(tidegate_tokens_total)')).toBe(own);
});

it('scrapes are whole', async () => {
  expect(await prometheus.value('min_over_time(up{job="tidegate"}[1m])')).toBe(1);
  expect(await prometheus.value('scrape_samples_scraped{job="tidegate"}')).toBeGreaterThan(300);
});

const labelsOf = (legend: string): string[] => [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);

/** Jest keeps what is written to the console for itself. */
const tell = (line: string): boolean => process.stdout.write(`  ${line}\n`);
