import { parseArgs } from 'node:util';
import { Completeness, isComplete, type NodeCompleteness } from '#libs/reports';
import { logSources, readRecords, type FaultNotes } from './log-input.js';
import { misused, safeJson, write } from './output.js';
import { printable } from './terminal/printable.js';
import { styleOf, type Style } from './terminal/style.js';
import { count } from './terminal/units.js';

const HELP = `tidegate verify [FILE…|TOPIC…]: whether a log has every record

  FILE           a log of file-log, plain or compressed with gzip or zstd, its rotated parts (FILE.1, FILE.2.gz, FILE-20261128 …)
                 included; a pattern in quotes; - for standard input. Default: where file-log of the declarative file
                 (TIDEGATE_CONFIG) writes
  TOPIC          kafka://HOST:PORT[,HOST:PORT]/TOPIC, from its beginning to the end that it has now; TLS and sign-in are those
                 of the kafka-log in the declarative file that names the broker
  --from-first   the log begins in the middle on purpose (older parts are deleted, or it was set up later): count from the
                 first record that is there, not from 1
  --json         one JSON object, for programs
  -h, --help     this text

A gateway numbers its exchanges 1, 2, 3, … (exchange.node, exchange.seq), over restarts too. Whatever is missing up to the
highest number is named. The same exchange twice is allowed, as delivery is at least once; two exchanges with one number are
a fault. A log of a plugin that is bound to a service, a route or a consumer has only their records, and gaps by design.

Exit status: 0 complete, 1 not complete or not readable to the end, 2 misuse.
`;

/** `tidegate verify [FILE…|TOPIC…]`. @returns 0 when every record is there, 1 when not, 2 when the command line makes no sense */
export async function verify(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'from-first': { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) {
      write(HELP);
      return 0;
    }
    const files = await logSources(positionals, env);
    const completeness = new Completeness();
    const notes = await readRecords(files, env, (record) => completeness.add(record));
    const nodes = completeness.report({ fromFirst: values['from-first'] === true });
    const complete = isComplete(nodes) && nodes.length > 0 && notes.counts.unreadable === 0;
    write(
      values.json === true
        ? verdictJson({ complete, files, nodes, notes })
        : verdict({ complete, files, nodes, notes }, styleOf(process.stdout, env)),
    );
    return complete ? 0 : 1;
  } catch (error) {
    return misused('verify', error);
  }
}

interface Verdict {
  readonly complete: boolean;
  readonly files: readonly string[];
  readonly nodes: readonly NodeCompleteness[];
  readonly notes: FaultNotes;
}

function verdictJson({ complete, files, nodes, notes }: Verdict): string {
  const { torn, foreign } = notes.counts;
  const places = (faults: FaultNotes['torn']) => faults.map(({ file, line }) => ({ file, line: line ?? null }));
  const value = {
    complete,
    files,
    nodes,
    torn_lines: torn,
    torn: places(notes.torn),
    foreign_lines: foreign,
    foreign: places(notes.foreign),
    unreadable_files: notes.unreadable.map(({ file, detail }) => ({ file, reason: detail })),
  };
  return `${safeJson(value)}\n`;
}

function verdict({ complete, files, nodes, notes }: Verdict, style: Style): string {
  const total = nodes.reduce((sum, { records }) => sum + records, 0);
  const lines = [
    printable(files.join(', ')),
    `${plural(total, 'record')} of ${plural(nodes.length, 'node')}`,
    '',
    ...nodes.flatMap((node) => nodeLines(node, style)),
    ...notes.lines(),
  ];
  const missing = nodes.reduce((sum, node) => sum + node.missing, 0);
  const conflicting = nodes.reduce((sum, node) => sum + node.conflicting, 0);
  if (complete) lines.push(style.good('complete: no record is missing up to the last one of each node'));
  else if (total === 0) lines.push(style.bad('not complete: there is no record'));
  else if (missing === 0 && conflicting === 0) lines.push(style.bad('not proven: a file could not be read to its end'));
  else
    lines.push(style.bad(`not complete: ${count(missing)} missing, ${count(conflicting)} with a number that is taken`));
  return `${lines.join('\n')}\n`;
}

function nodeLines(node: NodeCompleteness, style: Style): string[] {
  const { first, last, records, missing, missing_ranges: ranges, conflicting } = node;
  const lines = [
    `node ${printable(node.node)}`,
    `  ${count(first)} to ${count(last)}: ${plural(records, 'record')}` +
      (node.repeated > 0 ? `, ${count(node.repeated)} repeated (same exchange)` : '') +
      (node.interrupted > 0 ? `, ${count(node.interrupted)} interrupted by a crash` : ''),
  ];
  if (missing > 0) {
    const named = ranges.slice(0, MOST_SHOWN).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
    const more = ranges.length > MOST_SHOWN ? ', … (all of them with --json)' : '';
    lines.push(style.bad(`  missing ${count(missing)}: ${named.join(', ')}${more}`));
    if (ranges[0]?.[1] === first - 1) {
      lines.push('  (nothing before the first record: with --from-first the log may begin there)');
    }
  }
  if (conflicting > 0) {
    const seqs = node.conflicting_seqs.slice(0, MOST_SHOWN).join(', ');
    lines.push(style.bad(`  ${count(conflicting)} with the number of another exchange: ${seqs}`));
  }
  return [...lines, ''];
}

/** Gaps that are named to a person. */
const MOST_SHOWN = 20;

function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}
