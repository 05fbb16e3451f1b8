import { join } from 'node:path';
import type { LogRecord } from '#libs/plugin-api';
import { SimulatedOpenAI } from '../../apps/simulated-openai/src/index.js';
import {
  howToConfig,
  startGateway,
  UPSTREAM_KEY,
  type Config,
  type Gateway,
  type HttpAnswer,
} from '../support/index.js';

/** What a configuration is made from. */
export interface Place {
  /** The gateway's own directory. */
  readonly directory: string;
  /** Base URL of the simulated OpenAI. */
  readonly upstreamUrl: string;
  /** Where file-log is to write. */
  readonly logPath: string;
}

export interface StageOptions {
  /** Default: the how-to. */
  readonly config?: (place: Place) => string | object;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Default: the built program. */
  readonly command?: readonly [program: string, ...args: string[]];
  /** Default: only the gateway's own key is let in. */
  readonly openai?: SimulatedOpenAI;
}

/** A gateway process in front of a simulated OpenAI, and the records that it writes. */
export class Stage {
  private constructor(
    readonly gateway: Gateway,
    readonly openai: SimulatedOpenAI,
  ) {}

  static async open({ config = howToConfig, openai, ...process }: StageOptions = {}): Promise<Stage> {
    const upstream = openai ?? (await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY }));
    const place: Config = (directory) => config({ directory, upstreamUrl: upstream.url, logPath: logPath(directory) });
    const gateway = await startGateway({ config: place, ...process });
    return new Stage(gateway, upstream);
  }

  get place(): Place {
    const { directory } = this.gateway;
    return { directory, upstreamUrl: this.openai.url, logPath: logPath(directory) };
  }

  /** Waits for this many records. @returns all there are */
  records(count: number): Promise<LogRecord[]> {
    return this.gateway.logRecords(this.place.logPath, count);
  }

  /** Waits for the one record of the exchange that this answer belongs to. */
  async recordOf({ headers }: Pick<HttpAnswer, 'headers'>): Promise<LogRecord> {
    const id = headers['request-id'];
    for (let count = 1; ;) {
      const records = await this.records(count);
      const own = records.filter(({ exchange }) => exchange.id === id);
      if (own.length > 1) throw new Error(`${own.length} records of ${String(id)}`);
      if (own[0]) return own[0];
      count = records.length + 1;
    }
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.openai.close();
  }
}

const logPath = (directory: string): string => join(directory, 'claude.json');

/** The least that Anthropic's API takes. */
export const question = (more: Readonly<Record<string, unknown>> = {}): object => ({
  model: 'gpt-5-mini',
  max_tokens: 1024,
  messages: [{ role: 'user', content: "Tell me about Procopius' Secret History." }],
  ...more,
});

/** Headers of the client of Kong's how-to. */
export const CLAUDE_CODE = {
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'user-agent': 'claude-cli/2.0.37 (external, cli)',
  'x-api-key': 'x',
} as const;
