import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LogRecord } from '#libs/plugin-api';
import {
  eventually,
  get,
  startGateway,
  temporaryDirectory,
  type Gateway,
  type TemporaryDirectory,
} from '../support/index.js';

const PLUGIN = join(dirname(fileURLToPath(import.meta.url)), 'switchable-logs.plugin.js');

/** Milliseconds; what is waited for comes within a second on an idle machine. */
export const PATIENCE = 60_000;

export interface SinkPage {
  readonly name: string;
  readonly depth: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly dead: number;
  readonly lagSeconds: number;
  readonly failingSince?: string;
}

export interface StatusPage {
  readonly memory: { readonly rss_bytes: number };
  readonly sinks: readonly SinkPage[];
  readonly journal: {
    readonly bytes: number;
    readonly corrupt_frames: number;
    readonly failing?: { readonly since: string; readonly error: string };
  };
}

export interface StageOptions {
  /** Names of the sinks; each writes to a file of its name. Default: first-log. */
  readonly sinks?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** A gateway that is started again and again in one folder, before an upstream that answers what it is told. */
export class FaultStage {
  gateway!: Gateway;

  private constructor(
    private readonly folder: TemporaryDirectory,
    private readonly upstream: Server,
    readonly sinks: readonly string[],
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async open({ sinks = ['first-log'], env = {}, answer = plain }: StageOptions = {}): Promise<FaultStage> {
    const upstream = createServer({ keepAliveTimeout: 75_000 }, answer).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    return new FaultStage(await temporaryDirectory(), upstream, sinks, env);
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<Gateway> {
    this.gateway = await startGateway({
      directory: this.folder.path,
      config: {
        _format_version: '3.0',
        services: [{ name: 'up', url: this.upstreamUrl, routes: [{ name: 'all', paths: ['/'] }] }],
        plugins: this.sinks.map((name) => ({ name, config: { path: this.log(name) } })),
      },
      env: { TIDEGATE_PLUGINS: PLUGIN, TIDEGATE_LOG_LEVEL: 'warn', ...this.env, ...env },
    });
    return this.gateway;
  }

  get upstreamUrl(): string {
    return `http://127.0.0.1:${(this.upstream.address() as AddressInfo).port}`;
  }

  path(name: string): string {
    return join(this.folder.path, name);
  }

  log(sink: string): string {
    return this.path(`${sink}.json`);
  }

  /** Turns a fault of a sink on. */
  async set(sink: string, fault: 'down' | 'stuck' | 'poison'): Promise<void> {
    await writeFile(`${this.log(sink)}.${fault}`, '');
  }

  async heal(sink: string, fault: 'down' | 'stuck' | 'poison'): Promise<void> {
    await rm(`${this.log(sink)}.${fault}`, { force: true });
  }

  async status(): Promise<StatusPage> {
    return (await get(`${this.gateway.status}/status`)).json() as StatusPage;
  }

  async sink(name: string): Promise<SinkPage> {
    const { sinks } = await this.status();
    const found = sinks.find((sink) => sink.name === name);
    if (!found) throw new Error(`no sink ${name} on /status`);
    return found;
  }

  /** Waits until nothing is in line for these sinks. */
  async delivered(sinks: readonly string[] = this.sinks): Promise<void> {
    await eventually(
      async () => (await this.status()).sinks.every((sink) => !sinks.includes(sink.name) || sink.depth === 0),
      {
        within: PATIENCE,
        what: 'something is still in line',
      },
    );
  }

  /** What a sink has; lines that are no JSON are left out, as a reader of the log would. */
  records(sink = this.sinks[0] ?? ''): LogRecord[] {
    return recordsOf(this.log(sink));
  }

  /** Many requests, so many at a time. @returns the ids of the exchanges that were answered with 200 */
  async load(count: number, atOnce = 20, path = '/load'): Promise<string[]> {
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    const ids: string[] = [];
    let left = count;
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const answer = await ask(`${this.gateway.proxy}${path}`, agent);
        if (answer === undefined) throw new Error('an exchange broke off');
        if (answer.status === 200) ids.push(answer.id);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, client));
    agent.destroy();
    return ids;
  }

  async kill(): Promise<void> {
    this.gateway.signal('SIGKILL');
    await this.gateway.exited;
  }

  async close(): Promise<void> {
    this.upstream.closeAllConnections();
    this.upstream.close();
    await this.folder.remove();
  }
}

/** One request. @returns undefined when its last byte did not come */
export function ask(url: string, agent: Agent): Promise<{ status: number; id: string } | undefined> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent }, (response) => {
      response.on('error', () => resolve(undefined));
      response.on('close', () => {
        const answer = { status: response.statusCode ?? 0, id: String(response.headers['request-id']) };
        resolve(response.complete ? answer : undefined);
      });
      response.resume();
    });
    sent.on('error', () => resolve(undefined));
    sent.end('{"some":"body"}');
  });
}

export function recordsOf(path: string): LogRecord[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as LogRecord];
      } catch {
        return [];
      }
    });
}

export interface Audit {
  readonly holes: readonly number[];
  /** Sequence numbers that two exchanges have. */
  readonly conflicts: readonly number[];
  /** Of the answered exchanges, those without a record. */
  readonly missing: readonly string[];
  readonly repeated: number;
  readonly interrupted: number;
}

/** What is wrong with the records of a sink: nothing, when nothing was lost. */
export function audit(records: readonly LogRecord[], answered: readonly string[], from = 1): Audit {
  const bySeq = new Map<number, string>();
  const conflicts: number[] = [];
  for (const { exchange } of records) {
    const known = bySeq.get(exchange.seq);
    if (known !== undefined && known !== exchange.id) conflicts.push(exchange.seq);
    bySeq.set(exchange.seq, exchange.id);
  }
  const ids = new Set(bySeq.values());
  const holes: number[] = [];
  for (let seq = from; seq <= Math.max(0, ...bySeq.keys()); seq++) if (!bySeq.has(seq)) holes.push(seq);
  return {
    holes,
    conflicts,
    missing: answered.filter((id) => !ids.has(id)),
    repeated: records.length - bySeq.size,
    interrupted: records.filter(({ exchange }) => exchange.outcome === 'interrupted').length,
  };
}

function plain(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'text/plain').end('fine');
}

/** Numbers from 0 to 1 that are the same for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
