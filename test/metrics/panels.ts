import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const DEPLOY = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'deploy');

export const DASHBOARDS = ['traffic.json', 'tokens-and-cost.json', 'delivery.json'] as const;

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
  readonly datasource: { readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly { readonly properties: readonly { readonly id: string; readonly value: string }[] }[];
  };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

/** A query of a panel or an alert, and where it stands. */
export interface PlacedQuery {
  readonly where: string;
  readonly expr: string;
}

export const dashboardText = (name: string): string => readFileSync(join(DEPLOY, 'grafana/dashboards', name), 'utf8');

export const readDashboard = (name: string): Dashboard => JSON.parse(dashboardText(name)) as Dashboard;

/** Every query of every panel. */
export const panelQueries = (): PlacedQuery[] =>
  DASHBOARDS.map(readDashboard).flatMap(({ title: dashboard, panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, refId }) => ({ where: `${dashboard} / ${title} / ${refId}`, expr })),
    ),
  );

export const RULES = join(DEPLOY, 'prometheus/rules.yml');
export const RULES_TEST = join(DEPLOY, 'prometheus/rules.test.yml');
export const PROMETHEUS_CONFIG = join(DEPLOY, 'prometheus/prometheus.yml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export const readAlerts = (): Rule[] =>
  (parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);

export const alertQueries = (): PlacedQuery[] => readAlerts().map(({ alert, expr }) => ({ where: alert, expr }));
