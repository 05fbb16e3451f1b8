import { SimulatedOpenAI } from '../../apps/simulated-openai/src/index.js';
import { CLAUDE_CODE, question, Stage, type StageOptions } from '../gateway/stage.js';
import { howToConfig, post, UPSTREAM_KEY, type HttpAnswer } from '../support/index.js';
import { Collector } from './collector.js';

export interface OtelStageOptions {
  /** `config` of the plugin, made from the collector's URLs. */
  readonly config?: (collector: Collector) => object;
  /** More of the `config` of ai-proxy. */
  readonly aiProxy?: Readonly<Record<string, unknown>>;
  readonly env?: (collector: Collector) => Readonly<Record<string, string>>;
}

/** Batches that do not wait long. */
export const QUICK = { max_coalescing_delay: 0.02 } as const;

export const traces = (collector: Collector): object => ({
  traces_endpoint: `${collector.url}/v1/traces`,
  queue: QUICK,
});

/** The gateway of the how-to in front of a simulated OpenAI, with an `opentelemetry` entry and a collector. */
export class OtelStage {
  private constructor(
    readonly stage: Stage,
    readonly collector: Collector,
  ) {}

  static async open({ config = traces, aiProxy = {}, env }: OtelStageOptions = {}): Promise<OtelStage> {
    const collector = await Collector.start();
    const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
    const plugins = [{ name: 'opentelemetry', config: config(collector) }];
    const options: StageOptions = {
      openai,
      config: (place) => howToConfig({ ...place, aiProxy, plugins }),
      ...(env && { env: env(collector) }),
    };
    try {
      return new OtelStage(await Stage.open(options), collector);
    } catch (error) {
      await Promise.all([collector.close(), openai.close()]);
      throw error;
    }
  }

  get openai(): SimulatedOpenAI {
    return this.stage.openai;
  }

  /** One Messages request. */
  ask(more: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return post(`${this.stage.gateway.proxy}/anything/v1/messages?beta=true`, question({ ...more }), {
      ...CLAUDE_CODE,
      ...headers,
    });
  }

  /** The spans of an answer: the server's, then the clients'. */
  traceOf({ headers }: Pick<HttpAnswer, 'headers'>): ReturnType<Collector['trace']> {
    return this.collector.trace(headers['x-kong-request-id']);
  }

  /** Forgets requests, spans and the rest. */
  reset(): void {
    this.openai.reset();
    this.collector.reset();
  }

  async close(): Promise<void> {
    await this.stage.close();
    await this.collector.close();
  }
}
