import { parseArgs } from 'node:util';
import { DIMENSIONS, type Dimension } from '#libs/reports';
import { Misuse } from './output.js';

export const USAGE_HELP = `tidegate usage [FILE…|TOPIC…]: what the exchanges of a log cost

  FILE          a log of file-log, plain or compressed with gzip or zstd, its rotated parts (FILE.1, FILE.2.gz, FILE-20261128 …)
                included; a pattern in quotes; - for standard input. Default: where file-log of the declarative file
                (TIDEGATE_CONFIG) writes
  TOPIC         kafka://HOST:PORT[,HOST:PORT]/TOPIC, from its beginning to the end that it has now; TLS and sign-in are those
                of the kafka-log in the declarative file that names the broker
  --by LIST     group by ${DIMENSIONS.join(', ')};
                several with commas; default: model
  --since WHEN  exchanges that started at or after this: 2026-11-28, 2026-11-28T14:00, 2026-11-28T14:00Z, or so long ago:
                30m, 24h, 7d, 4w
  --until WHEN  exchanges that started before this
  --top N       list the N dearest groups, the others in one line
  --json        one JSON object, for programs
  --csv         a table for spreadsheets
  -h, --help    this text

Times are those of the time zone of this machine (TZ). A record that stands in the logs twice counts once.
`;

export interface UsageOptions {
  readonly files: readonly string[];
  readonly by: readonly Dimension[];
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly top: number;
  readonly output: 'table' | 'json' | 'csv';
}

/**
 * @param now milliseconds since 1970
 * @returns 'help' when that is asked for
 * @throws Misuse, and the errors of `parseArgs`
 */
export function usageOptions(args: readonly string[], now: number): UsageOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      by: { type: 'string', multiple: true },
      since: { type: 'string' },
      until: { type: 'string' },
      top: { type: 'string' },
      json: { type: 'boolean' },
      csv: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  if (values.json === true && values.csv === true) throw new Misuse('--json and --csv: choose one of them');
  const since = values.since === undefined ? undefined : pointInTime('--since', values.since, now);
  const until = values.until === undefined ? undefined : pointInTime('--until', values.until, now);
  if (since !== undefined && until !== undefined && since >= until) throw new Misuse('--since must lie before --until');
  return {
    files: positionals,
    by: dimensions(values.by ?? ['model']),
    since,
    until,
    top: values.top === undefined ? Infinity : positiveInteger('--top', values.top),
    output: values.json === true ? 'json' : values.csv === true ? 'csv' : 'table',
  };
}

function dimensions(lists: readonly string[]): Dimension[] {
  const names = lists.flatMap((list) => list.split(',')).map((name) => name.trim());
  for (const name of names) {
    if (!(DIMENSIONS as readonly string[]).includes(name)) {
      throw new Misuse(`--by ${JSON.stringify(name)}: expected one of ${DIMENSIONS.join(', ')}`);
    }
  }
  return [...new Set(names as Dimension[])];
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** ISO 8601; without a zone it is local, also a day alone, which JavaScript takes as UTC's. */
const POINT = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

function pointInTime(option: string, text: string, now: number): number {
  const [, number, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return now - Number(number) * (UNITS[unit] ?? 0);
  const time = POINT.test(text)
    ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new Misuse(
      `${option} ${JSON.stringify(text)}: expected a time such as 2026-11-28 or 2026-11-28T14:00Z, or a span such as 30m, 24h, 7d, 4w`,
    );
  }
  return time;
}

function positiveInteger(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || !Number.isSafeInteger(number)) {
    throw new Misuse(`${option} ${JSON.stringify(text)}: expected a whole number from 1`);
  }
  return number;
}
