/** Command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import { BASELINE, CONTENDERS } from './contender.mjs';
import { LOAD_NAMES } from './loads.mjs';

export const HELP = `npm run bench -- [options]

  --quick                3 rounds of 2 s instead of 5 of 4 s
  --rounds N             rounds per load and contender
  --seconds N            length of a round
  --only NAMES           some of: ${LOAD_NAMES.join(', ')}, latency, ttft, streams, start
  --contenders NAMES     some of: ${Object.keys(CONTENDERS).join(', ')}
                         (default: gateway, ${BASELINE}, buffered-pass-through)
  --no-prometheus        the gateway without its prometheus plugin
  --json FILE            write all results
  --write-docs           put the tables into docs/performance.md
  --profile LOAD         instead: CPU profile of the first contender under one load
  --help
`;

const PARTS = /** @type {const} */ (['latency', 'ttft', 'streams', 'start']);
const DEFAULT_CONTENDERS = ['gateway', BASELINE, 'buffered-pass-through'];

/** @typedef {import('./loads.mjs').LoadName} LoadName */
/** @typedef {LoadName | typeof PARTS[number]} Part */

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {number} seconds
 * @property {ReadonlySet<Part>} parts what is measured
 * @property {string[]} contenders
 * @property {boolean} prometheus
 * @property {string | undefined} json
 * @property {boolean} writeDocs
 * @property {LoadName | undefined} profile
 */

/**
 * @param {string[]} args
 * @returns {Options | undefined} undefined when only help is asked for
 * @throws {Error} that names the wrong argument
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      contenders: { type: 'string' },
      prometheus: { type: 'boolean', default: true },
      json: { type: 'string' },
      'write-docs': { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const all = /** @type {Part[]} */ ([...LOAD_NAMES, ...PARTS]);
  return {
    rounds: positive('--rounds', values.rounds) ?? (values.quick ? 3 : 5),
    seconds: positive('--seconds', values.seconds) ?? (values.quick ? 2 : 4),
    parts: new Set(named('--only', values.only, all) ?? all),
    contenders: named('--contenders', values.contenders, Object.keys(CONTENDERS)) ?? DEFAULT_CONTENDERS,
    prometheus: values.prometheus,
    json: values.json,
    writeDocs: values['write-docs'],
    profile: named('--profile', values.profile, LOAD_NAMES)?.[0],
  };
}

/**
 * @param {string} option
 * @param {string | undefined} text
 */
function positive(option, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes a whole number from 1, not ${text}`);
  return value;
}

/**
 * @template {string} Name
 * @param {string} option
 * @param {string | undefined} text names separated by commas
 * @param {readonly Name[]} known
 * @returns {Name[] | undefined}
 */
function named(option, text, known) {
  return text?.split(',').map((name) => {
    const found = known.find((candidate) => candidate === name.trim());
    if (found === undefined) throw new Error(`${option} takes ${known.join(', ')}, not ${name}`);
    return found;
  });
}
