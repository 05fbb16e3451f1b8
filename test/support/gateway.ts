import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { LogRecord } from '#libs/plugin-api';
import { eventually } from './eventually.js';
import { jsonLines } from './log-file.js';
import { temporaryDirectory, type TemporaryDirectory } from './temporary-directory.js';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What is run: the built program. The test command builds it before any test. */
const COMMAND = [process.execPath, join(ROOT, 'dist/apps/gateway/src/main.js')] as const;

/** Milliseconds; a start takes well under one second on an idle machine. */
const START_WITHIN = 30_000;

/** YAML text, an object, or either made from the path of the gateway's directory. */
export type Config = string | object | ((directory: string) => string | object);

export interface GatewayOptions {
  readonly config: Config;
  /** Added to the environment. Nothing of the test's own environment is passed on but `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
  /** More files to write into the directory first, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Another program with the same command line, e.g. of an installed package. Default: what has been built here. */
  readonly command?: readonly [program: string, ...args: string[]];
  /** A directory that outlives this gateway, e.g. for one that is started again. Default: an own one, removed at the end. */
  readonly directory?: string;
}

interface ReadyLine {
  readonly proxy: string;
  readonly admin?: string;
  readonly status: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Starts the built gateway as a process with free ports, its journal and its configuration in a directory of its own.
 * Resolves when it accepts connections.
 * @throws Error with its standard error when it ends before
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const own = options.directory === undefined ? await temporaryDirectory() : undefined;
  const directory = resolve(options.directory ?? own?.path ?? '');
  for (const [name, content] of Object.entries(options.files ?? {})) await writeInto(directory, name, content);
  await writeConfig(directory, options.config);
  const [program, ...args] = options.command ?? COMMAND;
  const child = spawn(program, [...args, 'start', '--config', configFile(directory)], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      TIDEGATE_PROXY_LISTEN: '127.0.0.1:0',
      TIDEGATE_ADMIN_LISTEN: '127.0.0.1:0',
      TIDEGATE_STATUS_LISTEN: '127.0.0.1:0',
      TIDEGATE_DATA_DIR: join(directory, 'data'),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return Gateway.whenReady(child, directory, own);
}

/** Ends every gateway that a test has left running: for `afterEach`. */
export async function stopGateways(): Promise<void> {
  await Promise.all([...running].map((gateway) => gateway.stop()));
}

const running = new Set<Gateway>();

/** A running gateway. */
export class Gateway {
  /** Lines of standard error so far: the process's own log. */
  readonly stderr: string[] = [];
  /** Lines of standard output so far. */
  readonly stdout: string[] = [];
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<Exit>;
  private readonly readyLine: Promise<ReadyLine>;
  private addresses: ReadyLine | undefined;
  private look: () => void = () => {};

  private constructor(
    private readonly child: ChildProcessByStdio<null, Readable, Readable>,
    /** Holds the configuration, the journal (`data`) and whatever the test puts there. */
    readonly directory: string,
    private readonly own: TemporaryDirectory | undefined,
  ) {
    this.readyLine = new Promise((resolveReady) => {
      createInterface(child.stdout).on('line', (line) => {
        this.stdout.push(line);
        if (line.startsWith('{"event":"ready"')) resolveReady(JSON.parse(line) as ReadyLine);
      });
    });
    createInterface(child.stderr).on('line', (line) => {
      this.stderr.push(line);
      this.look();
    });
    this.exited = new Promise((resolveExit) => {
      child.once('close', (code, signal) => resolveExit({ code, signal }));
    });
    running.add(this);
    void this.exited.then(() => running.delete(this));
  }

  /** For `startGateway`. */
  static async whenReady(
    child: ChildProcessByStdio<null, Readable, Readable>,
    directory: string,
    own: TemporaryDirectory | undefined,
  ): Promise<Gateway> {
    const gateway = new Gateway(child, directory, own);
    const timeout = setTimeout(() => child.kill('SIGKILL'), START_WITHIN);
    const first = await Promise.race([gateway.readyLine, gateway.exited]);
    clearTimeout(timeout);
    if ('code' in first) {
      await own?.remove();
      const end = first.code ?? first.signal;
      throw new Error(`the gateway ended (${end}) before it was ready:\n${gateway.stderr.join('\n')}`);
    }
    gateway.addresses = first;
    return gateway;
  }

  /** Base URL for traffic. */
  get proxy(): string {
    return this.ready.proxy;
  }

  /** Base URL of the admin API. @throws when it is turned off */
  get admin(): string {
    if (this.ready.admin === undefined) throw new Error('the admin listener is turned off');
    return this.ready.admin;
  }

  /** Base URL of `/metrics` and `/status`. */
  get status(): string {
    return this.ready.status;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** A path in the gateway's directory. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Replaces the declarative file; the gateway notices by itself. */
  writeConfig(config: Config): Promise<void> {
    return writeConfig(this.directory, config);
  }

  /** Waits for a line of standard error that fits, past ones included. */
  logLine(fits: (line: string) => boolean, within = 5000): Promise<string> {
    return eventually(() => this.stderr.find(fits), {
      within,
      wake: (look) => {
        this.look = look;
        return () => (this.look = () => {});
      },
      what: `no such line on standard error:\n${this.stderr.join('\n')}`,
    });
  }

  /** Waits until a log file has this many records. @returns all that are there */
  logRecords(path: string, count: number, within = 5000): Promise<LogRecord[]> {
    return jsonLines<LogRecord>(path, count, within);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** SIGTERM, or the given signal, and the end of the process. A directory of its own is removed. Safe to call twice. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.child.kill(signal);
    const exit = await this.exited;
    await this.own?.remove();
    return exit;
  }

  private get ready(): ReadyLine {
    if (!this.addresses) throw new Error('the gateway is not ready');
    return this.addresses;
  }
}

const configFile = (directory: string): string => join(directory, 'tidegate.yaml');

function writeConfig(directory: string, config: Config): Promise<void> {
  const value = typeof config === 'function' ? config(directory) : config;
  return writeInto(directory, 'tidegate.yaml', typeof value === 'string' ? value : stringify(value));
}

async function writeInto(directory: string, name: string, content: string): Promise<void> {
  await mkdir(dirname(join(directory, name)), { recursive: true });
  await writeFile(join(directory, name), content);
}
