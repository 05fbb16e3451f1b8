import { formatted } from './units.mjs';

const COLUMN = 58;
const UNIT = 34;
const GAP = 8;
const HEADER = 56;
const COLOURS = [
  '#7eb26d',
  '#eab839',
  '#6ed0e0',
  '#ef843c',
  '#e24d42',
  '#1f78c1',
  '#ba43a9',
  '#705da0',
  '#508642',
  '#cca300',
];
const NAMED = { green: '#73bf69', orange: '#ff9830', red: '#f2495c' };

/**
 * A dashboard as SVG.
 * @param {object} dashboard as Grafana reads it
 * @param {Map<number, { name: string, metric: object, points: [number, number][] }[][]>} results per panel, per query
 * @param {{ start: number, end: number }} range seconds since 1970
 */
export function drawDashboard({ title, panels }, results, range) {
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const [width, height] = [24 * COLUMN + GAP, rows * UNIT + HEADER + GAP];
  const drawn = panels.map((panel) => drawPanel(panel, results.get(panel.id) ?? [], range));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="Inter, Helvetica, Arial, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#111217"/>
${text(GAP + 4, 26, title, { size: 18, fill: '#f0f0f4' })}
${text(GAP + 4, 44, `Drawn from the dashboard’s queries and layout with data of a simulated provider; Grafana draws it in its own way.`, { fill: '#8e8e99' })}
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ type, title, gridPos, targets, fieldConfig, options }, results, range) {
  const box = {
    x: gridPos.x * COLUMN + GAP,
    y: gridPos.y * UNIT + HEADER,
    w: gridPos.w * COLUMN - GAP,
    h: gridPos.h * UNIT - GAP,
  };
  if (type === 'row') return text(box.x + 4, box.y + 18, `⌄ ${title}`, { size: 14, fill: '#d0d0d8' });
  const inner = { x: box.x + 10, y: box.y + 30, w: box.w - 20, h: box.h - 38 };
  const draw = { stat: drawStat, timeseries: drawLines, bargauge: drawBars, table: drawTable }[type];
  return [
    `<rect x="${box.x}" y="${box.y}" width="${box.w}" height="${box.h}" rx="2" fill="#181b1f" stroke="#2a2c33"/>`,
    text(box.x + 10, box.y + 20, title, { fill: '#d0d0d8', weight: 600 }),
    draw({ box: inner, results, range, targets, fieldConfig, options }),
  ].join('\n');
}

function drawStat({ box, results, fieldConfig: { defaults } }) {
  const value = results[0]?.[0]?.points.at(-1)?.[1];
  const { steps } = defaults.thresholds;
  const colour = steps.findLast(({ value: from }) => from === null || (value ?? 0) >= from)?.color ?? 'green';
  const shown = value === undefined ? 'No data' : formatted(decimals(value, defaults), defaults.unit);
  return text(box.x + box.w / 2, box.y + box.h / 2 + 14, shown, {
    size: 32,
    fill: NAMED[colour],
    anchor: 'middle',
    weight: 600,
  });
}

/** A fixed number of decimals counts for what is shown, so for percents of what is multiplied. */
const decimals = (value, { decimals: count, unit }) =>
  count === undefined ? value : Number(value.toFixed(unit === 'percentunit' ? count + 2 : count)) || value;

function drawLines({ box, results, range, fieldConfig: { defaults } }) {
  // The largest first, as the legend of the dashboard has it.
  const series = results.flat().sort((a, b) => mean(b) - mean(a));
  const stacked = defaults.custom.stacking.mode === 'normal';
  const legendRows = Math.min(series.length, 5);
  const plot = { x: box.x + 62, y: box.y, w: box.w - 66, h: box.h - legendRows * 15 - 26 };
  const curves = stacked
    ? stackedCurves(series)
    : series.map(({ points }) => points.map(([time, value]) => [time, 0, value]));
  const top = defaults.max ?? niceTop(Math.max(0, ...curves.flat().map(([, , value]) => value)));
  const px = (time) => (plot.x + ((time - range.start) / (range.end - range.start)) * plot.w).toFixed(1);
  const py = (value) => (plot.y + plot.h - (value / top) * plot.h).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const y = py(part * top);
    return `<path d="M${plot.x} ${y}h${plot.w}" stroke="#2a2c33"/>${text(plot.x - 6, Number(y) + 4, formatted(part * top, defaults.unit), { fill: '#8e8e99', anchor: 'end', size: 11 })}`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = range.start + part * (range.end - range.start);
    const label = new Date(at * 1000).toISOString().slice(11, 16);
    return text(Math.min(Number(px(at)), plot.x + plot.w - 14), plot.y + plot.h + 15, label, {
      fill: '#8e8e99',
      anchor: 'middle',
      size: 11,
    });
  });
  const drawn = curves.map((curve, index) => curve.length > 0 && drawCurve(curve, colourOf(index), stacked, px, py));
  const legend = series.slice(0, legendRows).map(({ name, points }, index) => {
    const y = plot.y + plot.h + 34 + index * 15;
    const last = points.at(-1)?.[1];
    const more =
      index === legendRows - 1 && series.length > legendRows ? ` … and ${series.length - legendRows} more` : '';
    const line = `<path d="M${box.x} ${y - 4}h14" stroke="${colourOf(index)}" stroke-width="3"/>`;
    const value = text(box.x + box.w, y, last === undefined ? '' : formatted(last, defaults.unit), {
      fill: '#d0d0d8',
      anchor: 'end',
      size: 11,
    });
    return line + text(box.x + 20, y, (name || 'value') + more, { fill: '#d0d0d8', size: 11 }) + value;
  });
  return [...grid, ...times, ...drawn.filter(Boolean), ...legend].join('\n');
}

function drawCurve(curve, colour, filled, px, py) {
  const line = curve.map(([time, , value], index) => `${index === 0 ? 'M' : 'L'}${px(time)} ${py(value)}`).join('');
  const back = curve
    .toReversed()
    .map(([time, from]) => `L${px(time)} ${py(from)}`)
    .join('');
  return `<path d="${line}${back}Z" fill="${colour}" fill-opacity="${filled ? 0.3 : 0.08}"/><path d="${line}" fill="none" stroke="${colour}" stroke-width="1.3"/>`;
}

/** `[time, from, to]`, each series on top of those before it. */
function stackedCurves(series) {
  const sums = new Map();
  return series.map(({ points }) =>
    points.map(([time, value]) => {
      const from = sums.get(time) ?? 0;
      sums.set(time, from + value);
      return [time, from, from + value];
    }),
  );
}

function drawBars({ box, results, fieldConfig: { defaults } }) {
  const rows = results.flat().slice(0, Math.floor(box.h / 26));
  const most = Math.max(1e-9, ...rows.map(({ points }) => points.at(-1)?.[1] ?? 0));
  return rows
    .map(({ name, points }, index) => {
      const value = points.at(-1)?.[1] ?? 0;
      const y = box.y + index * 26;
      const [left, right] = [box.w * 0.42, 64];
      const length = ((box.w - left - right) * value) / most;
      return [
        text(box.x, y + 15, name.length > 26 ? `${name.slice(0, 25)}…` : name, { fill: '#d0d0d8', size: 11 }),
        `<rect x="${box.x + left}" y="${y + 3}" width="${length.toFixed(1)}" height="16" fill="${colourOf(index)}" fill-opacity="0.7"/>`,
        text(box.x + box.w, y + 15, formatted(value, defaults.unit), { fill: '#d0d0d8', anchor: 'end', size: 11 }),
      ].join('');
    })
    .join('\n');
}

function drawTable({ box, results, fieldConfig: { overrides } }) {
  const columns = overrides.map(({ matcher, properties }) => ({ title: matcher.options, unit: properties[0].value }));
  const labels = Object.keys(results[0]?.[0]?.metric ?? {});
  const keyOf = ({ metric }) => labels.map((label) => metric[label]).join('\0');
  const rows = new Map();
  for (const [column, series] of results.entries()) {
    for (const one of series) rows.set(keyOf(one), { ...rows.get(keyOf(one)), [column]: one.points.at(-1)?.[1] });
  }
  const width = box.w / (labels.length + columns.length);
  const cells = [
    [...labels, ...columns.map(({ title }) => title)],
    ...[...rows]
      .sort(([, a], [, b]) => (b[0] ?? 0) - (a[0] ?? 0))
      .map(([key, values]) => [
        ...key.split('\0'),
        ...columns.map(({ unit }, index) => (values[index] === undefined ? '' : formatted(values[index], unit))),
      ]),
  ];
  return cells
    .slice(0, Math.floor(box.h / 24))
    .map((row, line) =>
      row
        .map((cell, column) =>
          text(box.x + column * width, box.y + 14 + line * 24, cell, { fill: line === 0 ? '#6e9fff' : '#d0d0d8' }),
        )
        .join(''),
    )
    .join('\n');
}

const mean = ({ points }) => points.reduce((sum, [, value]) => sum + value, 0) / (points.length || 1);

/** The next 1, 2 or 5 of a power of ten. */
function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value * 1.02) ?? 10);
}

const colourOf = (index) => COLOURS[index % COLOURS.length];

function text(x, y, content, { fill = '#d0d0d8', size = 12, anchor = 'start', weight = 400 } = {}) {
  const escaped = String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}" text-anchor="${anchor}" font-weight="${weight}">${escaped}</text>`;
}
