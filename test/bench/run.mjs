/**
 * `npm run bench`: the gateway next to plain pass-through proxies. See docs/performance.md.
 *
 * Exit status 0 whatever the times are; 1 when a reply was not complete or a contender died; 2 for a wrong argument.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from './bench.mjs';
import { endWithChildren } from './children.mjs';
import { HELP, parseOptions } from './options.mjs';
import { bindToCores } from './proc.mjs';
import { profile } from './profile.mjs';
import { putBetweenMarks, report } from './report.mjs';
import { verdicts } from './targets.mjs';
import { Upstream } from './upstream.mjs';

const DOCS = new URL('../../docs/performance.md', import.meta.url);
/** Milliseconds for everything: no run goes on for ever, whatever hangs. */
const TIME_LIMIT = 60 * 60 * 1000;

/** @typedef {import('./options.mjs').Options} Options */

/**
 * @param {Options} options
 * @param {import('./proc.mjs').Cores} cores
 * @returns {string[]}
 */
function environmentLines({ rounds, seconds, prometheus }, cores) {
  const binding = cores
    ? `contender on core ${cores.contender}, client and upstream on core ${cores.client}`
    : 'not bound to cores (taskset or a second core is missing): expect more noise';
  return [
    `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, Linux ${release()}`,
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores; ${binding}`,
    `${rounds} interleaved rounds of ${seconds} s, medians; the gateway with file-log${prometheus ? ' and prometheus' : ''}`,
  ];
}

/** @param {Options} options @returns {Promise<number>} exit status */
async function main(options) {
  endWithChildren();
  const cores = bindToCores();
  const directory = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  const upstream = await Upstream.start();
  try {
    if (options.profile !== undefined) {
      const { prometheus, contenders } = options;
      const [contender = ''] = contenders;
      const { text, faults } = await profile(options.profile, { contender, upstream, directory, prometheus, cores });
      console.log([text, ...faults].join('\n'));
      return faults.length === 0 ? 0 : 1;
    }
    return await compare(options, { upstream, directory, cores });
  } finally {
    upstream.stop();
  }
}

/**
 * @param {Options} options
 * @param {{ upstream: Upstream, directory: string, cores: import('./proc.mjs').Cores }} place
 * @returns {Promise<number>} exit status
 */
async function compare(options, place) {
  const progress = (/** @type {string} */ line) => console.error(line);
  const results = await new Bench(options, { ...place, progress }).run();
  const environment = environmentLines(options, place.cores);
  const text = report(results, { environment, contenders: options.contenders });
  console.log(text);
  const [judged = ''] = options.contenders;
  if (options.json !== undefined) {
    const targets = verdicts(results, judged).map(({ target: { title, unit, must, aim }, ...verdict }) => ({
      title,
      unit,
      must,
      aim,
      ...verdict,
    }));
    writeFileSync(options.json, `${JSON.stringify({ environment, targets, ...results }, undefined, 2)}\n`);
  }
  if (results.faults.length > 0) return 1;
  if (options.writeDocs) writeFileSync(DOCS, putBetweenMarks(readFileSync(DOCS, 'utf8'), text));
  return 0;
}

/** @returns {Options | undefined} */
function optionsOrHelp() {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) console.log(HELP);
    return options;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exitCode = 2;
    return undefined;
  }
}

if (process.platform !== 'linux') {
  console.error('The benchmark reads CPU time and memory from /proc: it runs on Linux only.');
  process.exit(2);
}
const options = optionsOrHelp();
if (options !== undefined) {
  setTimeout(() => {
    console.error(`The benchmark has run for ${TIME_LIMIT / 60_000} minutes: given up.`);
    process.exit(1);
  }, TIME_LIMIT).unref();
  try {
    process.exitCode = await main(options);
  } catch (error) {
    // What still runs, such as the other contenders, ends with this process.
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
