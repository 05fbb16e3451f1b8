/** The whole benchmark: every part in interleaved rounds, so that all contenders meet the same moods of the machine. */
import { Contender, carries } from './contender.mjs';
import { LOADS, LOAD_NAMES, slowStreams } from './loads.mjs';
import {
  Faults,
  cpuRound,
  firstTokenRound,
  holdSeconds,
  holdStreams,
  latencyRound,
  prove,
  startRound,
} from './measure.mjs';
import { openFileLimit, treePeakRss } from './proc.mjs';
import { median, summary } from './statistics.mjs';

/** @typedef {import('./loads.mjs').LoadName} LoadName */
/** @typedef {import('./statistics.mjs').Summary} Summary */
/** @typedef {import('./measure.mjs').Served} Served */

/**
 * @typedef {object} CpuResult
 * @property {Summary} cost microseconds per unit of the load
 * @property {number} share of its core that the contender used, 0 to 1
 */

/** @typedef {{ p50: Summary, p99: Summary, added: Summary | undefined }} LatencyResult milliseconds; `added` is the p50 above that of the same round without a contender */

/**
 * @typedef {object} Results by contender, some of them by load
 * @property {Partial<Record<LoadName, Record<string, CpuResult>>>} cpu
 * @property {Partial<Record<LoadName, Record<string, LatencyResult>>>} latency
 * @property {Record<string, LatencyResult>} firstToken
 * @property {Record<string, number>} peakRss megabytes after all of the above
 * @property {Record<number, Record<string, import('./measure.mjs').HoldResult>>} streams by number of streams
 * @property {Record<string, Summary>} start milliseconds from the spawn to the first reply
 * @property {Record<string, { written: number, answered: number }>} log records, for contenders that write a log
 * @property {number | undefined} foreign share of the contenders' core that others used, median of the CPU rounds
 * @property {string[]} skipped what was not measured, and why
 * @property {string[]} faults replies that were not complete, processes that died
 */

const DIRECT = 'direct';
const LATENCY_LOADS = /** @type {const} */ (['json-1k', 'json-112k']);
/** How many streams are held, and for how many seconds all of them. */
const HELD_STREAMS = [1000, 5000];
const HELD_SECONDS = 10;
/** Descriptors a contender needs beside two per stream. */
const SPARE_DESCRIPTORS = 200;
const STARTS = 5;

/** One run of the benchmark. */
export class Bench {
  #options;
  #context;
  #upstream;
  #cores;
  #progress;
  #faults = new Faults();
  /** @type {number[]} */
  #foreign = [];
  /** @type {Results} */
  #results = {
    cpu: {},
    latency: {},
    firstToken: {},
    peakRss: {},
    streams: {},
    start: {},
    log: {},
    foreign: undefined,
    skipped: [],
    faults: this.#faults.list,
  };

  /**
   * @param {import('./options.mjs').Options} options
   * @param {object} environment
   * @param {import('./upstream.mjs').Upstream} environment.upstream
   * @param {string} environment.directory for temporary files
   * @param {import('./proc.mjs').Cores} environment.cores
   * @param {(line: string) => void} environment.progress
   */
  constructor(options, { upstream, directory, cores, progress }) {
    this.#options = options;
    this.#context = { upstream: upstream.origin, directory, prometheus: options.prometheus };
    this.#upstream = upstream;
    this.#cores = cores;
    this.#progress = progress;
  }

  /** @returns {Promise<Results>} what was measured until then, when a contender proves broken */
  async run() {
    const { parts } = this.#options;
    if (this.#loads().length > 0 || parts.has('latency') || parts.has('ttft')) await this.#traffic();
    if (parts.has('streams')) await this.#streams();
    if (parts.has('start')) await this.#starts();
    if (this.#foreign.length > 0) this.#results.foreign = median(this.#foreign);
    return this.#results;
  }

  /** @returns {LoadName[]} loads whose CPU cost is asked for */
  #loads() {
    return LOAD_NAMES.filter((name) => this.#options.parts.has(name));
  }

  get #sound() {
    return this.#faults.list.length === 0;
  }

  /** @param {string} name */
  async #launch(name) {
    const contender = new Contender(name, this.#context, { core: this.#cores?.contender });
    await contender.ready();
    return contender;
  }

  /** CPU, latency and time to the first token: all contenders run side by side, one of them under load. */
  async #traffic() {
    const contenders = await Promise.all(this.#options.contenders.map((name) => this.#launch(name)));
    /** @type {Served} */
    const direct = { name: DIRECT, format: 'openai', target: this.#upstream.target, answered: 0 };
    await this.#prove([direct, ...contenders]);
    if (this.#sound) {
      for (const name of this.#loads()) await this.#cpu(name, contenders);
      if (this.#options.parts.has('latency')) {
        for (const name of LATENCY_LOADS) {
          this.#results.latency[name] = await this.#latencies(name, [direct, ...contenders], latencyRound);
        }
      }
      if (this.#options.parts.has('ttft')) {
        this.#results.firstToken = await this.#latencies('sse-paced', [direct, ...contenders], firstTokenRound);
      }
    }
    for (const contender of contenders) {
      this.#results.peakRss[contender.name] = treePeakRss(contender.pid);
      await this.#stop(contender);
      const written = await contender.logged();
      if (written !== undefined) this.#results.log[contender.name] = { written, answered: contender.answered };
    }
  }

  /** @param {Served[]} all */
  async #prove(all) {
    this.#progress('checking one exchange of every kind');
    for (const load of Object.values(LOADS)) {
      await this.#upstream.serve(load);
      for (const served of all.filter(({ name }) => carries(name, load))) {
        const fault = await prove(served, load, this.#upstream);
        if (fault !== undefined) this.#faults.add(served.name, load, fault);
      }
    }
  }

  /** @param {LoadName} name @param {Contender[]} all */
  async #cpu(name, all) {
    const load = LOADS[name];
    const contenders = all.filter((contender) => carries(contender.name, load));
    const { seconds } = this.#options;
    const measure = (/** @type {Contender} */ contender) =>
      cpuRound(contender, load, { seconds, core: this.#cores?.contender, faults: this.#faults });
    await this.#upstream.serve(load);
    this.#progress(`${load.title}: warm-up`);
    for (const contender of contenders) await measure(contender);
    const rounds = await this.#interleaved(load.title, contenders, measure);
    this.#results.cpu[name] = mapValues(rounds, (list) => ({
      cost: summary(list.map(({ cost }) => cost)),
      share: median(list.map(({ share }) => share)),
    }));
    for (const { foreign } of Object.values(rounds).flat()) if (foreign !== undefined) this.#foreign.push(foreign);
  }

  /**
   * @param {LoadName} name
   * @param {Served[]} all the direct way first
   * @param {typeof latencyRound} round
   * @returns {Promise<Record<string, LatencyResult>>}
   */
  async #latencies(name, all, round) {
    const load = LOADS[name];
    const measure = (/** @type {Served} */ served) =>
      round(served, load, { seconds: this.#options.seconds, faults: this.#faults });
    await this.#upstream.serve(load);
    const title = round === latencyRound ? `latency, ${load.title}` : 'time to first token';
    this.#progress(`${title}: warm-up`);
    for (const served of all) await round(served, load, { seconds: 1, faults: this.#faults });
    const rounds = await this.#interleaved(title, all, measure);
    const direct = rounds[DIRECT] ?? [];
    return mapValues(rounds, (list, key) => ({
      p50: summary(list.map(({ p50 }) => p50)),
      p99: summary(list.map(({ p99 }) => p99)),
      added: key === DIRECT ? undefined : summary(list.map(({ p50 }, index) => p50 - (direct[index]?.p50 ?? NaN))),
    }));
  }

  /** Many open streams: every contender alone and fresh, so that its peak is that of the streams. */
  async #streams() {
    for (const streams of HELD_STREAMS) {
      const needed = 2 * streams + SPARE_DESCRIPTORS;
      if (openFileLimit() < needed) {
        this.#results.skipped.push(
          `${streams} streams: needs ${needed} open files, the hard limit is ${openFileLimit()}`,
        );
        continue;
      }
      const load = slowStreams(streams, holdSeconds(streams, HELD_SECONDS));
      await this.#upstream.serve(load);
      /** @type {Record<string, import('./measure.mjs').HoldResult>} */
      const results = {};
      for (const name of this.#options.contenders) {
        this.#progress(`${load.title}: ${name}`);
        const contender = await this.#launch(name);
        results[name] = await holdStreams(contender, load, this.#faults);
        await this.#stop(contender);
      }
      this.#results.streams[streams] = results;
    }
  }

  async #starts() {
    const load = LOADS['json-1k'];
    await this.#upstream.serve(load);
    /** @type {Record<string, number[]>} */
    const times = {};
    for (let round = 0; round < STARTS; round++) {
      this.#progress(`start to first reply: ${round + 1} of ${STARTS}`);
      for (const name of this.#options.contenders) {
        const contender = await this.#launch(name);
        (times[name] ??= []).push(await startRound(contender, load));
        await this.#stop(contender);
      }
    }
    this.#results.start = mapValues(times, summary);
  }

  /** @param {Contender} contender */
  async #stop(contender) {
    const fault = await contender.stop();
    // A death explains the failed replies that it caused: it comes first.
    if (fault !== undefined) this.#faults.list.unshift(fault);
  }

  /**
   * Every contender once per round, each round beginning with another one.
   * @template {{ name: string }} Subject
   * @template Round
   * @param {string} title
   * @param {Subject[]} subjects
   * @param {(subject: Subject) => Promise<Round>} measure
   * @returns {Promise<Record<string, Round[]>>}
   */
  async #interleaved(title, subjects, measure) {
    /** @type {Record<string, Round[]>} */
    const results = Object.fromEntries(subjects.map(({ name }) => [name, []]));
    for (let round = 0; round < this.#options.rounds; round++) {
      this.#progress(`${title}: round ${round + 1} of ${this.#options.rounds}`);
      const first = round % subjects.length;
      for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
        results[subject.name]?.push(await measure(subject));
      }
    }
    return results;
  }
}

/**
 * @template Value, Result
 * @param {Record<string, Value>} record
 * @param {(value: Value, key: string) => Result} map
 * @returns {Record<string, Result>}
 */
function mapValues(record, map) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
