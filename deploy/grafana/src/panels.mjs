/** The few kinds of panel that the dashboards are made of, in Grafana's JSON model. */

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** Where a dashboard has its data from. */
const datasourceVariable = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  current: {},
  hide: 0,
};

/** A choice among the values that a label has; all of them at first. */
const choice = (name, label, query) => ({
  name,
  label,
  type: 'query',
  datasource: DATASOURCE,
  definition: query,
  query: { query, refId: name },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  // Series without the label are part of all.
  allValue: '.*',
  current: { text: ['All'], value: ['$__all'] },
});

export const instances = choice('instance', 'Gateway', 'label_values(tidegate_build_info, instance)');
export const routes = choice('route', 'Route', 'label_values(tidegate_exchanges_total{instance=~"$instance"}, route)');
export const models = choice('model', 'Model', 'label_values(tidegate_tokens_total{instance=~"$instance"}, model)');
export const sinks = choice('sink', 'Log sink', 'label_values(tidegate_sink_lag_seconds{instance=~"$instance"}, sink)');

/**
 * @param {{ uid: string, title: string, description: string, variables: object[], rows: { title: string, panels: object[] }[] }} dashboard
 *   panels have a width `w` of at most 24 and a height `h`; they are laid out from left to right.
 */
export function dashboard({ uid, title, description, variables, rows }) {
  return {
    uid,
    title: `Tidegate / ${title}`,
    description,
    tags: ['tidegate'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    time: { from: 'now-1h', to: 'now' },
    refresh: '30s',
    links: [{ type: 'dashboards', title: 'Tidegate', tags: ['tidegate'], keepTime: true, includeVars: true }],
    annotations: { list: [] },
    templating: { list: [datasourceVariable, ...variables] },
    panels: laidOut(rows),
  };
}

function laidOut(rows) {
  const panels = [];
  let y = 0;
  for (const { title, panels: inRow } of rows) {
    panels.push({ type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] });
    y += 1;
    let x = 0;
    let height = 0;
    for (const { w, h, ...panel } of inRow) {
      if (x + w > 24) {
        x = 0;
        y += height;
        height = 0;
      }
      panels.push({ ...panel, gridPos: { x, y, w, h } });
      x += w;
      height = Math.max(height, h);
    }
    y += height;
  }
  return panels.map((panel, index) => ({ id: index + 1, ...panel }));
}

/** `[expression, legend]`; the letters are Grafana's. */
const targets = (queries, more = {}) =>
  queries.map(([expr, legendFormat = ''], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: DATASOURCE,
    expr,
    legendFormat,
    ...more,
  }));

/** Colours of a number by its size. */
export const levels = (orange, red) => [
  [null, 'green'],
  [orange, 'orange'],
  [red, 'red'],
];
export const rising = (orange, green) => [
  [null, 'red'],
  [orange, 'orange'],
  [green, 'green'],
];
export const redFrom = (value) => [
  [null, 'green'],
  [value, 'red'],
];
export const orangeFrom = (value) => [
  [null, 'green'],
  [value, 'orange'],
];
export const greenFrom = (value) => [
  [null, 'red'],
  [value, 'green'],
];

/**
 * One number, large.
 * @param {{ steps?: [value: number | null, colour: string][], decimals?: number, w?: number }} options
 */
export function stat(title, description, unit, expr, { steps = [[null, 'green']], decimals, w = 4 } = {}) {
  return {
    type: 'stat',
    title,
    description,
    datasource: DATASOURCE,
    w,
    h: 4,
    targets: targets([[expr]], { instant: true }),
    fieldConfig: {
      defaults: {
        unit,
        ...(decimals !== undefined && { decimals }),
        thresholds: { mode: 'absolute', steps: steps.map(([value, color]) => ({ color, value })) },
      },
      overrides: [],
    },
    options: {
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  };
}

/**
 * Lines over time.
 * @param {[expr: string, legend: string][]} queries
 * @param {{ stacked?: boolean, w?: number, h?: number, min?: number, max?: number }} options
 */
export function lines(title, description, unit, queries, { stacked = false, w = 8, h = 8, min = 0, max } = {}) {
  return {
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    w,
    h,
    targets: targets(queries),
    fieldConfig: {
      defaults: {
        unit,
        min,
        ...(max !== undefined && { max }),
        custom: {
          lineWidth: 1,
          fillOpacity: stacked ? 30 : 8,
          showPoints: 'never',
          stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
        },
      },
      overrides: [],
    },
    options: {
      legend: {
        displayMode: 'table',
        placement: 'bottom',
        calcs: ['mean', 'lastNotNull'],
        sortBy: 'Mean',
        sortDesc: true,
        showLegend: true,
      },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

/** Shares of a whole over the selected time, as bars, the largest first. */
export function bars(title, description, unit, expr, legend, { w = 8, h = 8 } = {}) {
  return {
    type: 'bargauge',
    title,
    description,
    datasource: DATASOURCE,
    w,
    h,
    targets: targets([[expr, legend]], { instant: true }),
    fieldConfig: { defaults: { unit, min: 0, color: { mode: 'palette-classic' } }, overrides: [] },
    options: {
      displayMode: 'basic',
      orientation: 'horizontal',
      showUnfilled: true,
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  };
}

/**
 * One row per value of the labels that the queries share.
 * @param {[expr: string, column: string, unit: string][]} columns
 * @param {string} sortBy name of the column whose largest values come first
 */
export function table(title, description, columns, sortBy, { w = 24, h = 8 } = {}) {
  const letters = columns.map((_, index) => `Value #${String.fromCharCode(65 + index)}`);
  return {
    type: 'table',
    title,
    description,
    datasource: DATASOURCE,
    w,
    h,
    targets: targets(
      columns.map(([expr]) => [expr]),
      { instant: true, format: 'table' },
    ),
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          renameByName: Object.fromEntries(letters.map((letter, index) => [letter, columns[index][1]])),
        },
      },
    ],
    fieldConfig: {
      defaults: {},
      overrides: columns.map(([, column, unit]) => ({
        matcher: { id: 'byName', options: column },
        properties: [{ id: 'unit', value: unit }],
      })),
    },
    options: { showHeader: true, sortBy: [{ displayName: sortBy, desc: true }] },
  };
}
