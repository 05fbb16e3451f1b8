/** The measurements: each is one round with one contender. */
import { setTimeout as sleep } from 'node:timers/promises';
import { forwardedFault, replyCheck, strictFault } from './checks.mjs';
import { Connection, LoadClient } from './load-client.mjs';
import { coreBusy, treeCpu, treePeakRss } from './proc.mjs';
import { httpRequest } from './request-bodies.mjs';
import { percentile } from './statistics.mjs';

/** @typedef {import('./loads.mjs').Load} Load */
/** @typedef {import('./contender.mjs').Contender} Contender */
/** @typedef {import('./load-client.mjs').Target} Target */

/** What the client talks to: a contender, or the upstream itself. @typedef {Pick<Contender, 'name' | 'format' | 'target' | 'answered'>} Served */

/** What Claude Code asks for below the base URL: the gateway has a route for each API of the upstream. */
const PATHS = { chat: '/anything/v1/messages?beta=true', responses: '/responses/v1/messages?beta=true' };
/** Exchanges per second at which latency is measured: far from saturation. */
export const LATENCY_RATE = 200;
/** Streams per second at which the time to the first token is measured. */
export const TTFT_RATE = 20;
/** Streams opened per second when many are held. A machine that manages half of that still has all of them open at once. */
const HOLD_RATE = 1000;
/** A contender is quiet when it uses less than one tick of CPU in this many milliseconds. */
const QUIET = 200;
/** Milliseconds to wait for it at most. */
const QUIET_LIMIT = 5000;
const TICK = 10_000;

/** Collects every reply that was not complete. */
export class Faults {
  /** @type {string[]} */
  list = [];

  /**
   * @param {Served} served
   * @param {Load} load
   * @param {LoadClient} client
   */
  take(served, load, client) {
    served.answered += client.replies;
    for (const fault of client.faults) this.add(served.name, load, fault);
  }

  /** @param {string} name @param {Load} load @param {string} fault */
  add(name, load, fault) {
    this.list.push(`${name}, ${load.title}: ${fault}`);
  }
}

/**
 * Of the replies: what passes them on gives them as the upstream's API has them.
 * @param {Served} served
 * @param {Load} load
 * @returns {import('./checks.mjs').Format}
 */
function formatOf({ format }, { api }) {
  return format === 'openai' && api === 'responses' ? 'responses' : format;
}

/**
 * @param {Served} served
 * @param {Load} load
 */
function client(served, load) {
  const request = httpRequest(load.body, {
    host: `${served.target.host}:${served.target.port}`,
    path: PATHS[load.api],
  });
  return new LoadClient(served.target, request, () => replyCheck(formatOf(served, load), load.chunks));
}

/**
 * Sends one request and looks at everything: what reached the upstream and every event of the reply.
 * @param {Served} served
 * @param {Load} load
 * @param {import('./upstream.mjs').Upstream} upstream that serves the load
 * @returns {Promise<string | undefined>} what is wrong
 */
export async function prove(served, load, upstream) {
  /** @type {string | undefined} */
  let fault;
  const forwarded = await upstream.capture(async () => {
    fault = await strictExchange(served, load);
  });
  served.answered += 1;
  if (fault !== undefined) return fault;
  return forwarded === undefined
    ? 'nothing reached the upstream'
    : forwardedFault(formatOf(served, load), load.body, forwarded);
}

/**
 * @param {Served} served
 * @param {Load} load
 * @returns {Promise<string | undefined>}
 */
function strictExchange(served, load) {
  /** @type {Buffer[]} */
  const body = [];
  const connection = new Connection(served.target, {
    push(slice) {
      body.push(Buffer.from(slice));
      return 0;
    },
    finish: () => strictFault(formatOf(served, load), load.chunks, Buffer.concat(body).toString()),
  });
  const request = httpRequest(load.body, {
    host: `${served.target.host}:${served.target.port}`,
    path: PATHS[load.api],
  });
  return new Promise((resolve) => {
    connection.send(request, ({ fault }) => {
      connection.close();
      resolve(fault === undefined ? undefined : `${fault} ${Buffer.concat(body).toString().slice(0, 500)}`);
    });
  });
}

/**
 * @typedef {object} CpuRound
 * @property {number} cost microseconds of CPU per unit of the load
 * @property {number} share of the time in which the contender used its core, 0 to 1
 * @property {number | undefined} foreign share in which something else used it; undefined when not bound to a core
 */

/**
 * CPU of the contender's process tree from rest to rest, divided by what it did: work that it puts off until after the
 * reply, such as delivering log records, counts too.
 * @param {Contender} contender
 * @param {Load} load
 * @param {{ seconds: number, core: number | undefined, faults: Faults }} options
 * @returns {Promise<CpuRound>}
 */
export async function cpuRound(contender, load, { seconds, core, faults }) {
  const start = { at: performance.now(), cpu: treeCpu(contender.pid), busy: core === undefined ? 0 : coreBusy(core) };
  const traffic = client(contender, load);
  await traffic.closed(load.connections, seconds * 1000);
  const loaded = performance.now();
  await quiet(contender.pid);
  const end = { at: performance.now(), cpu: treeCpu(contender.pid), busy: core === undefined ? 0 : coreBusy(core) };
  const units = load.unit === 'chunk' ? traffic.deltas : traffic.replies;
  traffic.close();
  faults.take(contender, load, traffic);
  const cpu = end.cpu - start.cpu;
  const elapsed = (end.at - start.at) * 1000;
  return {
    cost: cpu / units,
    share: cpu / ((loaded - start.at) * 1000),
    foreign: core === undefined ? undefined : Math.max(0, (end.busy - start.busy - cpu) / elapsed),
  };
}

/** @param {number} pid */
async function quiet(pid) {
  const limit = performance.now() + QUIET_LIMIT;
  let before = treeCpu(pid);
  while (performance.now() < limit) {
    await sleep(QUIET);
    const now = treeCpu(pid);
    if (now - before < TICK) return;
    before = now;
  }
}

/** @typedef {{ p50: number, p99: number }} Percentiles milliseconds */

/**
 * @param {Served} served
 * @param {Load} load
 * @param {{ seconds: number, faults: Faults }} options
 * @returns {Promise<Percentiles>} of the time from the request to the last byte of the reply
 */
export async function latencyRound(served, load, { seconds, faults }) {
  const traffic = client(served, load);
  await traffic.open(LATENCY_RATE, seconds * 1000);
  traffic.close();
  faults.take(served, load, traffic);
  return percentiles(traffic.latencies);
}

/**
 * @param {Served} served
 * @param {Load} load
 * @param {{ seconds: number, faults: Faults }} options
 * @returns {Promise<Percentiles>} of the time from the request to the first content delta
 */
export async function firstTokenRound(served, load, { seconds, faults }) {
  const traffic = client(served, load);
  await traffic.open(TTFT_RATE, seconds * 1000);
  traffic.close();
  faults.take(served, load, traffic);
  return percentiles(traffic.firstDeltas);
}

/** @param {number[]} values */
function percentiles(values) {
  return { p50: percentile(values, 50), p99: percentile(values, 99) };
}

/** @typedef {{ peakRss: number, concurrent: number, failed: number }} HoldResult megabytes, streams open at once, streams that failed */

/**
 * Holds many streams at once.
 * @param {Contender} contender freshly started: the peak is that of its whole life
 * @param {Load} load
 * @param {Faults} faults
 * @returns {Promise<HoldResult>}
 */
export async function holdStreams(contender, load, faults) {
  const traffic = client(contender, load);
  await traffic.hold(load.connections, HOLD_RATE);
  traffic.close();
  faults.take(contender, load, traffic);
  return { peakRss: treePeakRss(contender.pid), concurrent: traffic.peak, failed: traffic.faults.length };
}

/**
 * @param {number} streams
 * @param {number} seconds for which all of them are open
 * @returns {number} how long each has to last
 */
export function holdSeconds(streams, seconds) {
  return seconds + Math.ceil((2 * streams) / HOLD_RATE);
}

/** Milliseconds between two attempts to get the first reply, and for all of them. */
const RETRY = 2;
const FIRST_REPLY_LIMIT = 30_000;

/**
 * Asks a contender until it answers a POST with 200.
 * @param {Contender} contender just started; its ready line has been read
 * @param {Load} load
 * @returns {Promise<number>} milliseconds from the spawn to the end of the reply
 */
export async function startRound(contender, load) {
  const limit = contender.spawnedAt + FIRST_REPLY_LIMIT;
  for (;;) {
    const fault = await strictExchange(contender, load);
    if (fault === undefined) break;
    if (performance.now() > limit) throw new Error(`${contender.name} did not answer after its start: ${fault}`);
    await sleep(RETRY);
  }
  contender.answered += 1;
  return performance.now() - contender.spawnedAt;
}
