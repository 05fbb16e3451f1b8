import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse, stringify } from 'yaml';
import { http, temporaryDirectory, type TemporaryDirectory } from '../support/index.js';
import { PROMETHEUS_CONFIG, RULES } from '../metrics/panels.js';

interface Config {
  readonly global: object;
  readonly scrape_configs: readonly { readonly job_name: string }[];
}

/** A series of an answer: its values without those that are no number. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

type Point = readonly [time: number, value: string];

/** A real Prometheus with the configuration of deploy/, but for its targets and a shorter interval. */
export class PrometheusServer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly directory: TemporaryDirectory,
  ) {}

  /** @param targets `host:port` by the name of the job; jobs without one have none. */
  static async start(targets: Readonly<Record<string, string>>): Promise<PrometheusServer> {
    const directory = await temporaryDirectory();
    const config = join(directory.path, 'prometheus.yml');
    writeFileSync(config, stringify(configFor(targets)));
    const child = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory.path, 'data')}`,
        '--web.listen-address=127.0.0.1:0',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const log: string[] = [];
    const address = await new Promise<string>((resolve, reject) => {
      createInterface(child.stderr).on('line', (line) => {
        log.push(line);
        const found = /msg="Listening on".* address=(\S+)/.exec(line)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('error', reject);
      child.once('close', () => reject(new Error(`prometheus has ended:\n${log.join('\n')}`)));
    });
    return new PrometheusServer(`http://${address}`, child, directory);
  }

  /** The value of each series now. @throws Error in Prometheus' words */
  async query(expr: string): Promise<Series[]> {
    const { result } = (await this.api('query', { query: expr })) as {
      result: { metric: Series['metric']; value: Point }[];
    };
    return result.map(({ metric, value }) => ({ metric, values: numbers([value]) }));
  }

  /** The values of each series over the last `seconds`. */
  async queryRange(expr: string, seconds: number): Promise<Series[]> {
    const end = Date.now() / 1000;
    const { result } = (await this.api('query_range', {
      query: expr,
      start: String(end - seconds),
      end: String(end),
      step: '1',
    })) as { result: { metric: Series['metric']; values: Point[] }[] };
    return result.map(({ metric, values }) => ({ metric, values: numbers(values) }));
  }

  /** The one value of a query, undefined when there is none. */
  async value(expr: string): Promise<number | undefined> {
    return (await this.query(expr))[0]?.values[0];
  }

  /** @param path below `/api/v1/` */
  async api(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const answer = await http(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
    const { status, data, error } = answer.json() as { status: string; data: unknown; error?: string };
    if (status !== 'success') throw new Error(`${error}: ${parameters['query'] ?? path}`);
    return data;
  }

  async stop(): Promise<void> {
    const closed = once(this.child, 'close');
    this.child.kill('SIGTERM');
    await closed;
    await this.directory.remove();
  }
}

function configFor(targets: Readonly<Record<string, string>>): object {
  const config = parse(readFileSync(PROMETHEUS_CONFIG, 'utf8')) as Config;
  return {
    ...config,
    global: { ...config.global, scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [RULES],
    scrape_configs: config.scrape_configs.map((job) => {
      const target = targets[job.job_name];
      return { ...job, static_configs: [{ targets: target === undefined ? [] : [target] }] };
    }),
  };
}

const numbers = (points: readonly Point[]): number[] =>
  points.map(([, value]) => Number(value)).filter((value) => Number.isFinite(value));

/** Runs promtool to its end. @param input for its standard input */
export function promtool(args: readonly string[], input = ''): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile('promtool', args, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}
