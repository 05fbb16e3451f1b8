/** Who is measured, and how its process is started and ended. */
import { spawn } from 'node:child_process';
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launchGateway } from './contenders/gateway.mjs';
import { killAtExit } from './children.mjs';
import { boundTo } from './proc.mjs';

/**
 * @typedef {object} LaunchContext
 * @property {string} upstream origin of the simulated upstream
 * @property {string} directory a new, empty one for the contender's files
 * @property {boolean} prometheus whether the gateway keeps Prometheus metrics
 */

/**
 * @typedef {object} Launch
 * @property {string} entry script that node runs
 * @property {Readonly<Record<string, string>>} env
 * @property {string} [logFile] where the contender writes one line per exchange
 */

/** @typedef {(context: LaunchContext) => Launch} Launcher */

/**
 * @typedef {object} ContenderDefinition
 * @property {string} title
 * @property {import('./checks.mjs').Format} format of its replies
 * @property {boolean} [chatOnly] does not carry loads of the Responses API
 * @property {Launcher} launch
 */

/**
 * @param {string} script file below contenders/
 * @returns {Launcher}
 */
function baseline(script) {
  const entry = fileURLToPath(new URL(`contenders/${script}`, import.meta.url));
  return ({ upstream }) => ({ entry, env: { BENCH_UPSTREAM: upstream } });
}

/** @type {Readonly<Record<string, ContenderDefinition>>} */
export const CONTENDERS = {
  gateway: { title: 'gateway', format: 'anthropic', launch: launchGateway },
  'pass-through': { title: 'pass-through (c)', format: 'openai', launch: baseline('pass-through.mjs') },
  'buffered-pass-through': {
    title: 'buffered (c′)',
    format: 'openai',
    launch: baseline('buffered-pass-through.mjs'),
  },
  'plain-translator': {
    title: 'plain translator (d)',
    format: 'anthropic',
    chatOnly: true,
    launch: baseline('plain-translator.mjs'),
  },
};

/**
 * @param {string} name of a contender
 * @param {import('./loads.mjs').Load} load
 */
export function carries(name, load) {
  return load.api === 'chat' || CONTENDERS[name]?.chatOnly !== true;
}

/** The baseline that ratios refer to. */
export const BASELINE = 'pass-through';

/** Milliseconds until the ready line at most. */
const START_LIMIT = 30_000;
/** Milliseconds from SIGTERM to the end at most; a gateway flushes its log sinks in that time. */
const STOP_LIMIT = 45_000;

/** A running contender. */
export class Contender {
  /** Exchanges that it has answered completely. */
  answered = 0;
  /** `performance.now()` when the process was spawned. */
  spawnedAt;
  #process;
  #launch;
  #stderrFile;
  #stopping = false;
  /** @type {Promise<void>} */
  #exited;
  /** @type {import('./load-client.mjs').Target | undefined} */
  #target;

  /**
   * @param {string} name a key of `CONTENDERS`
   * @param {LaunchContext} context `directory` is where the contender's own one is made
   * @param {{ core: number | undefined, nodeOptions?: string[] }} options
   */
  constructor(name, context, { core, nodeOptions = [] }) {
    const definition = CONTENDERS[name];
    if (definition === undefined) throw new Error(`no contender is called ${name}`);
    this.name = name;
    this.format = definition.format;
    const directory = mkdtempSync(join(context.directory, `${name}-`));
    this.#launch = definition.launch({ ...context, directory });
    this.#stderrFile = join(directory, 'stderr.log');
    const [command = '', ...args] = boundTo(core, [process.execPath, ...nodeOptions, this.#launch.entry]);
    const stderr = openSync(this.#stderrFile, 'w');
    this.spawnedAt = performance.now();
    const child = spawn(command, args, {
      env: { ...process.env, ...this.#launch.env },
      stdio: ['ignore', 'pipe', stderr],
    });
    closeSync(stderr);
    killAtExit(child);
    this.#process = child;
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
    });
  }

  /** @returns {number} */
  get pid() {
    return this.#process.pid ?? 0;
  }

  /** What went wrong with the process, if anything did. */
  get death() {
    const { exitCode, signalCode } = this.#process;
    if (this.#stopping || (exitCode === null && signalCode === null)) return undefined;
    return `${this.name} died (${signalCode ?? `status ${exitCode}`}): ${readFileSync(this.#stderrFile, 'utf8').slice(-2000)}`;
  }

  /** Where it listens. Known once `ready` has resolved. */
  get target() {
    if (this.#target === undefined) throw new Error(`${this.name} is not ready`);
    return this.#target;
  }

  /**
   * Waits for the line `{"event":"ready","proxy":"http://HOST:PORT"}` on its standard output.
   * @throws {Error} when the process ends or is silent for too long
   */
  async ready() {
    const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (this.#process.stdout) });
    const timeout = new Promise((_, reject) => {
      setTimeout(
        () => reject(new Error(`${this.name} was not ready after ${START_LIMIT / 1000} s`)),
        START_LIMIT,
      ).unref();
    });
    const line = new Promise((resolve, reject) => {
      lines.on('line', (text) => {
        if (text.includes('"event":"ready"')) resolve(JSON.parse(text));
      });
      void this.#exited.then(() => reject(new Error(this.death ?? `${this.name} was stopped`)));
    });
    const { proxy } = /** @type {{ proxy: string }} */ (await Promise.race([line, timeout]));
    const { hostname, port } = new URL(proxy);
    this.#target = { host: hostname, port: Number(port) };
  }

  /**
   * Ends the process as an operator does, with SIGTERM.
   * @returns {Promise<string | undefined>} what was wrong with that
   */
  async stop() {
    const { death } = this;
    if (death !== undefined) return death;
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const late = new Promise((resolve) => setTimeout(resolve, STOP_LIMIT, 'late').unref());
    if ((await Promise.race([this.#exited, late])) !== 'late') return undefined;
    this.#process.kill('SIGKILL');
    await this.#exited;
    return `${this.name} did not stop within ${STOP_LIMIT / 1000} s`;
  }

  /** @returns {Promise<number | undefined>} lines in its log, undefined for a contender without one */
  async logged() {
    if (this.#launch.logFile === undefined) return undefined;
    let lines = 0;
    for await (const bytes of createReadStream(this.#launch.logFile)) {
      for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
    }
    return lines;
  }
}
