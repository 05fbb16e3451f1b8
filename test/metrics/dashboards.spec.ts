import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { GatewayMetrics, KongMetrics } from '#libs/plugins';
import { dashboards } from '../../deploy/grafana/src/dashboards.mjs';
import {
  alertQueries,
  DASHBOARDS,
  dashboardText,
  panelQueries,
  readAlerts,
  readDashboard,
  RULES_TEST,
} from './panels.js';
import { compared, readQuery, substituted, type Selector } from './promql.js';

const labelsOf = familyLabels();
const WINDOWS = { window: '1m', range: '1h' };

/** Every metric of the gateway with its labels, those of scraping included. */
function familyLabels(): Map<string, Set<string>> {
  const metrics = new GatewayMetrics();
  new KongMetrics(metrics).showAll();
  const labels = new Map([['up', new Set(['job', 'instance'])]]);
  for (const { name, type, labelNames } of metrics.describe()) {
    const scraped = ['job', 'instance', ...labelNames];
    if (type !== 'histogram') labels.set(name, new Set(scraped));
    else for (const end of ['_bucket', '_sum', '_count']) labels.set(name + end, new Set([...scraped, 'le']));
  }
  return labels;
}

function expectKnown({ metric, labels }: Selector): void {
  expect([...labelsOf.keys()]).toContain(metric);
  for (const label of labels) expect([...(labelsOf.get(metric) ?? [])]).toContain(label);
}

describe('every query of the dashboards and alerts', () => {
  it.each([...panelQueries(), ...alertQueries()].map(({ where, expr }) => [where, expr]))('%s', (_, expr) => {
    const { selectors, grouping } = readQuery(substituted(expr, WINDOWS));
    expect(selectors.length).toBeGreaterThan(0);
    for (const selector of selectors) expectKnown(selector);
    const available = new Set(selectors.flatMap(({ metric }) => [...(labelsOf.get(metric) ?? [])]));
    for (const label of grouping) expect([...available]).toContain(label);
  });

  it('would be found out if it were wrong', () => {
    expect(() => readQuery('sum(rate(a[5m])')).toThrow('not PromQL');
    expect(() => expectKnown({ metric: 'tidegate_no_such_total', labels: [] })).toThrow();
    expect(() => expectKnown({ metric: 'tidegate_tokens_total', labels: ['session'] })).toThrow();
    expect(compared('a > 5 and sum(b) < 2 * c')).toEqual(['a', 'sum(b)', '2 * c']);
  });
});

describe.each(DASHBOARDS)('the dashboard %s', (name) => {
  const dashboard = readDashboard(name);
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('is what its code says (npm run dashboards)', () => {
    const built = (dashboards as { name: string; text: string }[]).find((file) => file.name === name);
    expect(dashboardText(name)).toBe(built?.text);
  });

  it('tells of each panel what it shows, in which unit, from the chosen data source', () => {
    expect(panels.length).toBeGreaterThan(10);
    for (const { title, description, targets, fieldConfig } of panels) {
      expect(title).toMatch(/^[A-Z]/);
      expect(description).toMatch(/\S.*\.$/);
      expect(targets?.length).toBeGreaterThan(0);
      for (const { datasource } of targets ?? []) expect(datasource.uid).toBe('${datasource}');
      const units = [
        fieldConfig?.defaults.unit,
        ...(fieldConfig?.overrides ?? []).flatMap(({ properties }) => properties.map(({ value }) => value)),
      ].filter(Boolean);
      expect(units.length).toBeGreaterThan(0);
    }
  });

  it('has no two panels with one id, in one place or out of the grid', () => {
    const taken = new Set<string>();
    for (const { gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken).not.toContain(`${x},${y}`);
          taken.add(`${x},${y}`);
        }
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('has the variables that its queries use, and uses those it has', () => {
    const declared = dashboard.templating.list.map((variable) => variable.name).sort();
    const text = JSON.stringify(dashboard.panels) + JSON.stringify(dashboard.templating.list.map(({ query }) => query));
    const used = new Set([...text.matchAll(/\$\{?(?!__)(\w+)/g)].map(([, variable = '']) => variable));
    expect([...used].sort()).toEqual(declared);
  });
});

it('every alert has a test that lets it fire', () => {
  const { tests } = parse(readFileSync(RULES_TEST, 'utf8')) as {
    tests: { promql_expr_test: { expr: string; exp_samples: { value: number }[] }[] }[];
  };
  const fires = tests
    .flatMap(({ promql_expr_test: cases }) => cases)
    .filter(({ exp_samples: samples }) => samples.length > 0)
    .map(({ expr }) => /alertname="(\w+)",alertstate="firing"/.exec(expr)?.[1] ?? '');
  expect(fires.sort()).toEqual(
    readAlerts()
      .map(({ alert }) => alert)
      .sort(),
  );
  for (const { annotations } of readAlerts()) expect(annotations['summary']).toBeTruthy();
});
