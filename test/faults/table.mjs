import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- faults: written by npm run test:faults -- --write -->';
const END = '<!-- end of faults -->';

/** The table fault × outcome of what a run of the fault suite has shown. */
export function faultTable(results) {
  const rows = results
    .filter(({ status }) => status !== 'pending')
    .map(({ title, status }) => {
      const [, number, fault, outcome] = /^(\d+)\. (.*) → (.*)$/.exec(title) ?? [];
      if (number === undefined) throw new Error(`a fault without an outcome: ${title}`);
      return { number: Number(number), fault, outcome: status === 'passed' ? outcome : `**not held**: ${outcome}` };
    })
    .sort((a, b) => a.number - b.number);
  return aligned([['fault', 'outcome'], ...rows.map(({ fault, outcome }) => [fault, outcome])]);
}

/** As prettier lays a table out. */
function aligned([head, ...rows]) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** The table as a page has it; undefined when it has none. */
export function tableIn(path) {
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  return from === -1 || to === -1 ? undefined : text.slice(from + BEGIN.length, to).trim();
}

export function writeTable(path, table) {
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(BEGIN) + BEGIN.length;
  writeFileSync(path, `${text.slice(0, from)}\n\n${table}\n\n${text.slice(text.indexOf(END))}`);
}
