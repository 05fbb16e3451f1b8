/** Results as Markdown: the same text for the terminal and for the documentation. */
import { CONTENDERS, BASELINE } from './contender.mjs';
import { LOADS, LOAD_NAMES } from './loads.mjs';
import { LATENCY_RATE, TTFT_RATE } from './measure.mjs';
import { ratio, verdicts } from './targets.mjs';

/** @typedef {import('./bench.mjs').Results} Results */
/** @typedef {import('./statistics.mjs').Summary} Summary */
/** @typedef {import('./bench.mjs').LatencyResult} LatencyResult */

/** Above this share of foreign work on the contenders' core the figures are not worth reading. */
const FOREIGN_LIMIT = 0.05;
/** Different faults that are shown at most. */
const FAULTS_SHOWN = 20;
const NOTHING = '–';

/**
 * @param {Results} results
 * @param {{ environment: string[], contenders: string[] }} context
 * @returns {string} Markdown
 */
export function report(results, { environment, contenders }) {
  const sections = [
    list(environment),
    ...targetSection(results, contenders),
    ...cpuSection(results, contenders),
    ...latencySections(results, contenders),
    ...memorySections(results, contenders),
    ...startSection(results, contenders),
    ...notes(results),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @param {Results} results @param {string[]} contenders */
function targetSection(results, contenders) {
  const [judged = ''] = contenders;
  const rows = verdicts(results, judged).map(({ target, value, met, aimed }) => [
    target.title,
    `${number(value)} ${target.unit}`,
    `≤ ${target.must}`,
    target.aim === undefined ? NOTHING : `≤ ${target.aim}`,
    aimed ? 'aim reached' : met ? 'ok' : 'OVER',
  ]);
  if (rows.length === 0) return [];
  return [heading(`Targets: ${title(judged)}`), table(['metric', 'value', 'target', 'aim', 'verdict'], rows)];
}

/** @param {Results} results @param {string[]} contenders */
function cpuSection({ cpu }, contenders) {
  const rows = LOAD_NAMES.flatMap((load) => {
    const byContender = cpu[load];
    if (byContender === undefined) return [];
    const reference = byContender[BASELINE]?.cost.median;
    return contenders.map((name) => {
      const result = byContender[name];
      return [
        `${LOADS[load].title}, per ${LOADS[load].unit}`,
        title(name),
        spread(result?.cost),
        times(ratio(result?.cost.median, reference)),
        result === undefined ? NOTHING : `${Math.round(result.share * 100)} %`,
      ];
    });
  });
  if (rows.length === 0) return [];
  return [heading('CPU, µs'), table(['load', 'contender', 'median [min–max]', 'to (c)', 'core used'], rows)];
}

/** @param {Results} results @param {string[]} contenders */
function latencySections({ latency, firstToken }, contenders) {
  const sections = LOAD_NAMES.flatMap((load) => {
    const byContender = latency[load];
    if (byContender === undefined) return [];
    const caption = `Latency at ${LATENCY_RATE} requests/s, ${LOADS[load].title}, ms`;
    return [heading(caption), latencyTable(byContender, contenders)];
  });
  if (Object.keys(firstToken).length === 0) return sections;
  return [
    ...sections,
    heading(`Time to first token at ${TTFT_RATE} streams/s, ms`),
    latencyTable(firstToken, contenders),
  ];
}

/** @param {Record<string, LatencyResult>} byContender @param {string[]} contenders */
function latencyTable(byContender, contenders) {
  const reference = byContender[BASELINE]?.added?.median;
  const rows = ['direct', ...contenders].map((name) => {
    const result = byContender[name];
    return [
      title(name),
      spread(result?.p50),
      spread(result?.p99),
      spread(result?.added),
      times(ratio(result?.added?.median, reference)),
    ];
  });
  return table(['contender', 'p50', 'p99', 'p50 above direct', 'of it to (c)'], rows);
}

/** @param {Results} results @param {string[]} contenders */
function memorySections({ peakRss, streams }, contenders) {
  const held = Object.entries(streams).flatMap(([count, byContender]) =>
    contenders.map((name) => {
      const result = byContender[name];
      return [
        `${count} slow streams`,
        title(name),
        number(result?.peakRss),
        times(ratio(result?.peakRss, byContender[BASELINE]?.peakRss)),
        `${result?.concurrent ?? NOTHING}`,
        `${result?.failed ?? NOTHING}`,
      ];
    }),
  );
  const loaded = contenders
    .filter((name) => peakRss[name] !== undefined)
    .map((name) => [
      'the loads above',
      title(name),
      number(peakRss[name]),
      times(ratio(peakRss[name], peakRss[BASELINE])),
      NOTHING,
      NOTHING,
    ]);
  const rows = [...loaded, ...held];
  if (rows.length === 0) return [];
  return [heading('Peak RSS, MB'), table(['during', 'contender', 'peak', 'to (c)', 'open at once', 'failed'], rows)];
}

/** @param {Results} results @param {string[]} contenders */
function startSection({ start }, contenders) {
  if (Object.keys(start).length === 0) return [];
  const reference = start[BASELINE]?.median;
  const rows = contenders.map((name) => [
    title(name),
    spread(start[name]),
    times(ratio(start[name]?.median, reference)),
  ]);
  return [heading('Start to first reply, ms'), table(['contender', 'median [min–max]', 'to (c)'], rows)];
}

/** @param {Results} results */
function notes({ foreign, skipped, faults, log }) {
  const lines = [
    ...Object.entries(log).map(([name, { written, answered }]) =>
      written >= answered
        ? `${title(name)}: a log record for each of its ${answered} replies.`
        : `**${title(name)}: only ${written} log records for ${answered} replies.**`,
    ),
    ...skipped.map((reason) => `Not measured: ${reason}.`),
  ];
  if (foreign !== undefined && foreign > FOREIGN_LIMIT) {
    const percent = Math.round(foreign * 100);
    lines.push(`**Other processes used ${percent} % of the contenders' core: repeat on a quiet machine.**`);
  }
  if (faults.length > 0) {
    lines.push(`**${faults.length} FAULTS: the figures are void.**`);
    lines.push(...counted(faults).slice(0, FAULTS_SHOWN));
  }
  return lines.length === 0 ? [] : [list(lines)];
}

/** @param {string} name */
function title(name) {
  return CONTENDERS[name]?.title ?? name;
}

/**
 * @param {string[]} faults
 * @returns {string[]} each different one with how often it occurred
 */
function counted(faults) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  return [...counts].map(([fault, count]) => (count === 1 ? fault : `${count} × ${fault}`));
}

/** @param {string[]} lines */
function list(lines) {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** @param {string} text */
function heading(text) {
  return `### ${text}`;
}

/** @param {number | undefined} value */
function number(value) {
  if (value === undefined || Number.isNaN(value)) return NOTHING;
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
}

/** @param {number | undefined} value */
function times(value) {
  return value === undefined ? NOTHING : `${value.toFixed(2)} ×`;
}

/** @param {Summary | undefined} value */
function spread(value) {
  return value === undefined ? NOTHING : `${number(value.median)} [${number(value.min)}–${number(value.max)}]`;
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 * @returns {string} a Markdown table whose columns line up in a terminal too
 */
function table(head, rows) {
  const widths = head.map((cell, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? cell).length)));
  const line = (/** @type {string[]} */ row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const MARK = /(<!-- bench:begin -->\n)[\s\S]*?(<!-- bench:end -->)/;

/**
 * @param {string} page Markdown with the two marks
 * @param {string} text
 * @returns {string} the page with the text between the marks
 */
export function putBetweenMarks(page, text) {
  if (!MARK.test(page)) throw new Error('the page has no <!-- bench:begin --> and <!-- bench:end -->');
  return page.replace(MARK, (_, begin, end) => `${begin}\n${text}\n${end}`);
}
