/** What the gateway has to reach, and what it aims at. */
import { BASELINE } from './contender.mjs';

/** @typedef {import('./bench.mjs').Results} Results */

/**
 * @typedef {object} Target
 * @property {string} title
 * @property {'×' | 'ms' | 'MB' | 's'} unit
 * @property {number} must
 * @property {number | undefined} aim
 * @property {(results: Results, name: string) => number | undefined} value undefined when it was not measured
 */

/** @typedef {{ target: Target, value: number, met: boolean, aimed: boolean }} Verdict */

/**
 * @param {import('./loads.mjs').LoadName} load
 * @returns {Target['value']}
 */
function cpuRatio(load) {
  return ({ cpu }, name) => ratio(cpu[load]?.[name]?.cost.median, cpu[load]?.[BASELINE]?.cost.median);
}

/**
 * @param {number | undefined} value
 * @param {number | undefined} reference
 * @returns {number | undefined}
 */
export function ratio(value, reference) {
  return value === undefined || reference === undefined ? undefined : value / reference;
}

/**
 * @param {number} count
 * @returns {Target['value']} nothing unless all streams were open at once
 */
function heldPeak(count) {
  return ({ streams }, name) => {
    const result = streams[count]?.[name];
    return result?.concurrent === count ? result.peakRss : undefined;
  };
}

/** @type {readonly Target[]} */
export const TARGETS = [
  { title: 'CPU per request, 1 KB JSON, to (c)', unit: '×', must: 1.3, aim: 0.9, value: cpuRatio('json-1k') },
  { title: 'CPU per request, 112 KB JSON, to (c)', unit: '×', must: 4.5, aim: 2.4, value: cpuRatio('json-112k') },
  { title: 'CPU per stream, burst of 100 chunks, to (c)', unit: '×', must: 1, aim: 0.75, value: cpuRatio('sse-burst') },
  {
    title: 'CPU per request, 400 KB JSON to the Responses API, to (c)',
    unit: '×',
    must: 4.5,
    aim: undefined,
    value: cpuRatio('responses-400k'),
  },
  {
    title: 'CPU per stream, burst of 100 chunks of the Responses API, to (c)',
    unit: '×',
    must: 1.2,
    aim: undefined,
    value: cpuRatio('responses-burst'),
  },
  { title: 'CPU per chunk, paced streams, to (c)', unit: '×', must: 1.15, aim: 0.95, value: cpuRatio('sse-paced') },
  {
    title: 'added p50 at 200 requests/s, 1 KB JSON, to (c)',
    unit: '×',
    must: 1.8,
    aim: 1.4,
    value: ({ latency }, name) =>
      ratio(latency['json-1k']?.[name]?.added?.median, latency['json-1k']?.[BASELINE]?.added?.median),
  },
  {
    title: 'added time to first token, p50',
    unit: 'ms',
    must: 1,
    aim: 0.8,
    value: ({ firstToken }, name) => firstToken[name]?.added?.median,
  },
  {
    title: 'peak RSS, 1000 slow streams',
    unit: 'MB',
    must: 160,
    aim: undefined,
    value: heldPeak(1000),
  },
  {
    title: 'peak RSS, 5000 slow streams',
    unit: 'MB',
    must: 300,
    aim: 235,
    value: heldPeak(5000),
  },
  { title: 'start to first reply', unit: 'ms', must: 900, aim: 450, value: ({ start }, name) => start[name]?.median },
];

/**
 * @param {Results} results
 * @param {string} name of the contender that is judged
 * @returns {Verdict[]} of the targets that were measured
 */
export function verdicts(results, name) {
  return TARGETS.flatMap((target) => {
    const value = target.value(results, name);
    if (value === undefined) return [];
    return [{ target, value, met: value <= target.must, aimed: target.aim !== undefined && value <= target.aim }];
  });
}
