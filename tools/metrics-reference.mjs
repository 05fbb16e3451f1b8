/**
 * Writes the list of all metrics into docs/metrics.md, from the code: `npm run docs:metrics`. What stands outside of the markers
 * is written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import { ensureReady, ROOT } from './setup.mjs';

const BEGIN = '<!-- begin: written by npm run docs:metrics -->';
const END = '<!-- end -->';

const GROUPS = [
  ['Exchanges', /^tidegate_(?:exchange|upstream|client|active)/],
  ['Models', /^tidegate_(?:tokens|cost|price|usage|time_to|time_per|tool|stop|translation)/],
  ['Log sinks', /^tidegate_(?:sink|journal)/],
  ['Exports by OTLP', /^tidegate_otel/],
  ['Gateway', /^tidegate_(?:build|configuration|plugin|event_loop)/],
  ['Process', /^tidegate_(?:process|nodejs)/],
  ['Kong’s', /^kong_/],
];

/**
 * The text of docs/metrics.md with the list of these families in it.
 * @param {string} page its text so far
 * @param {{ name: string, help: string, type: string, labelNames: readonly string[], bounds?: readonly number[] }[]} families
 * @returns {Promise<string>}
 */
export async function withReference(page, families) {
  const left = new Set(families);
  const sections = GROUPS.map(([title, names]) => {
    const group = families.filter(({ name }) => names.test(name));
    for (const family of group) left.delete(family);
    return section(title, group);
  });
  if (left.size > 0) throw new Error(`in no group: ${[...left].map(({ name }) => name).join(', ')}`);
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`docs/metrics.md has no "${BEGIN}" … "${END}"`);
  const text = `${page.slice(0, before)}${BEGIN}\n\n${sections.join('\n\n')}\n\n${page.slice(after)}`;
  return format(text, { ...JSON.parse(readFileSync(join(ROOT, '.prettierrc.json'), 'utf8')), parser: 'markdown' });
}

function section(title, families) {
  const rows = families.map(
    ({ name, type, labelNames, help }) => `| \`${name}\` | ${type} | ${labelNames.map(code).join(', ')} | ${help} |`,
  );
  const bounded = families.filter(({ bounds }) => bounds);
  const buckets = bounded.map(({ name, bounds }) => `- ${code(name)}: ${bounds.join(', ')}`);
  return [
    `### ${title}`,
    ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ...(buckets.length > 0 ? [`Buckets:`, buckets.join('\n')] : []),
  ].join('\n\n');
}

const code = (text) => `\`${text}\``;

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureReady();
  await import('reflect-metadata');
  const { GatewayMetrics, KongMetrics } = await import('../dist/libs/plugins/src/index.js');
  const metrics = new GatewayMetrics();
  new KongMetrics(metrics).showAll();
  const file = join(ROOT, 'docs/metrics.md');
  writeFileSync(file, await withReference(readFileSync(file, 'utf8'), metrics.describe()));
  process.exit(0);
}
