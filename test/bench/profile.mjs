/** Where a contender spends its CPU under one load: V8's sampling profiler, self time by file and by function. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Contender } from './contender.mjs';
import { LOADS } from './loads.mjs';
import { Faults, cpuRound } from './measure.mjs';

const WARM_UP_SECONDS = 2;
const SECONDS = 6;
const FILES_SHOWN = 15;
const FUNCTIONS_SHOWN = 40;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What V8 calls time in which no JavaScript was wanted. */
const IDLE = '(idle)';

/** @typedef {{ functionName: string, url: string, lineNumber: number }} CallFrame `lineNumber` counts from 0 */
/** @typedef {{ nodes: { id: number, callFrame: CallFrame }[], startTime: number, samples: number[], timeDeltas: number[] }} CpuProfile times in microseconds of the monotonic clock */

/**
 * Runs one contender under one load.
 * @param {import('./loads.mjs').LoadName} loadName
 * @param {object} environment
 * @param {string} environment.contender
 * @param {import('./upstream.mjs').Upstream} environment.upstream
 * @param {string} environment.directory
 * @param {boolean} environment.prometheus
 * @param {import('./proc.mjs').Cores} environment.cores
 * @returns {Promise<{ text: string, faults: string[] }>}
 */
export async function profile(loadName, { contender: name, upstream, directory, prometheus, cores }) {
  const load = LOADS[loadName];
  const faults = new Faults();
  const core = cores?.contender;
  await upstream.serve(load);
  const contender = new Contender(
    name,
    { upstream: upstream.origin, directory, prometheus },
    { core, nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${directory}`] },
  );
  await contender.ready();
  await cpuRound(contender, load, { seconds: WARM_UP_SECONDS, core, faults });
  const from = monotonicMicroseconds();
  const { cost } = await cpuRound(contender, load, { seconds: SECONDS, core, faults });
  const to = monotonicMicroseconds();
  const fault = await contender.stop();
  if (fault !== undefined) faults.list.push(fault);
  const caption = `${name}, ${load.title}: ${cost.toFixed(1)} µs per ${load.unit} (the profiler's own cost included)`;
  return { text: `${caption}\n\n${tables(selfTimes(readProfile(directory), from, to))}`, faults: faults.list };
}

function monotonicMicroseconds() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** @param {string} directory @returns {CpuProfile} */
function readProfile(directory) {
  const file = readdirSync(directory).find((entry) => entry.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('the contender wrote no profile: did it end by itself after SIGTERM?');
  return JSON.parse(readFileSync(join(directory, file), 'utf8'));
}

/**
 * @param {CpuProfile} recorded
 * @param {number} from microseconds
 * @param {number} to
 * @returns {{ frame: CallFrame, time: number }[]} self time by function, idle time left out
 */
export function selfTimes({ nodes, startTime, samples, timeDeltas }, from, to) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  /** @type {Map<string, { frame: CallFrame, time: number }>} */
  const times = new Map();
  let at = startTime;
  samples.forEach((id, index) => {
    // A delta is the time before its sample; the sampled function is charged with it.
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const frame = frames.get(id);
    if (frame === undefined || at < from || at > to || frame.functionName === IDLE) return;
    const key = `${frame.url}:${frame.lineNumber}:${frame.functionName}`;
    const entry = times.get(key) ?? { frame, time: 0 };
    entry.time += delta;
    times.set(key, entry);
  });
  return [...times.values()].sort((a, b) => b.time - a.time);
}

/** @param {{ frame: CallFrame, time: number }[]} entries */
function tables(entries) {
  const total = entries.reduce((sum, { time }) => sum + time, 0);
  /** @type {Map<string, number>} */
  const files = new Map();
  for (const { frame, time } of entries) files.set(place(frame), (files.get(place(frame)) ?? 0) + time);
  const byFile = [...files].sort(([, a], [, b]) => b - a).slice(0, FILES_SHOWN);
  const percent = (/** @type {number} */ time) => `${((time / total) * 100).toFixed(1).padStart(5)} %`;
  return [
    'Self time by file',
    ...byFile.map(([file, time]) => `${percent(time)}  ${file}`),
    '',
    'Self time by function',
    ...entries
      .slice(0, FUNCTIONS_SHOWN)
      .map(({ frame, time }) => `${percent(time)}  ${frame.functionName || '(anonymous)'}  ${location(frame)}`),
  ].join('\n');
}

/** @param {CallFrame} frame @returns {string} file below the project, package, or what V8 runs itself */
function place({ url, functionName }) {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native';
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

/** @param {CallFrame} frame */
function location(frame) {
  return frame.url === '' ? '' : `${place(frame)}:${frame.lineNumber + 1}`;
}
