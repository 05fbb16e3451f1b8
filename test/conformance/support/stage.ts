import { join } from 'node:path';
import type { LogRecord } from '#libs/plugin-api';
import {
  SimulatedOpenAI,
  text,
  type RecordedRequest,
  type ReplyScript,
  type Rule,
} from '../../../apps/simulated-openai/src/index.js';
import {
  http,
  openStream,
  parseAnthropicStream,
  startGateway,
  transcript,
  UPSTREAM_KEY,
  type AnthropicEvent,
  type Gateway,
  type HttpAnswer,
  type StreamedAnswer,
} from '../../support/index.js';
import type { Fields } from './requests.js';

/** The key of the client at the gateway; no upstream may ever see it. */
export const CLIENT_KEY = 'sk-client-key-that-stays-here';

/** Headers of an Anthropic client. */
export const CLIENT_HEADERS = {
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'x-api-key': CLIENT_KEY,
} as const;

/** One route of the gateway under test: `ai-proxy` in front of a model. */
export interface RouteOptions {
  /** `null`: whatever the client names. */
  readonly model: string | null;
  /** More of the `config` of ai-proxy. */
  readonly config?: Fields;
  /** `model_alias`. */
  readonly alias?: string;
  /** More of `model.options`. */
  readonly options?: Fields;
  /** Path at the simulated OpenAI. Default: that of Chat Completions, which then serves every model. */
  readonly endpoint?: string;
  /** Default: the simulated OpenAI. */
  readonly upstreamUrl?: string;
  readonly provider?: 'openai' | 'anthropic';
}

/** The targets of the conformance table, by the name of their route. */
export const C4: RouteOptions = { model: 'gpt-4.1' };
export const C5: RouteOptions = { model: 'gpt-5.2' };
/** Its endpoint is left to the gateway. */
export const R: RouteOptions = { model: 'gpt-5.6', endpoint: '/v1' };
export const DS: RouteOptions = { model: 'deepseek-chat' };

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Below the route. Default `/v1/messages`. */
  readonly path?: string;
  readonly method?: string;
  /** Sends the body in this `content-encoding`. */
  readonly compress?: readonly [encoding: string, compress: (plain: Buffer) => Buffer];
  /** What the upstream answers to this request, and to its repetitions. Default: whatever there is. */
  readonly upstream?: ReplyScript | readonly ReplyScript[];
}

/** An answer, and what the upstream saw of its request. */
export interface Exchange extends HttpAnswer {
  readonly route: string;
  readonly method: string;
  /** The body, before any compression. */
  readonly asked: string | Buffer;
  readonly sent: readonly RecordedRequest[];
}

const SPEAKING = new Set(['/v1/chat/completions', '/v1/responses']);

/** The gateway as a process with a route for each target, and the strict upstream behind it. */
export class Stage {
  /** Every exchange that `ask` has had, in order. */
  readonly exchanges: Exchange[] = [];

  private constructor(
    readonly openai: SimulatedOpenAI,
    readonly gateway: Gateway,
  ) {}

  /** @param routes by name; the route's path is its name. @param rule answers before the default does. */
  static async open(routes: Readonly<Record<string, RouteOptions>>, rule: Rule = () => undefined): Promise<Stage> {
    const openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
    openai.respond(rule);
    // Said where a test does not care.
    openai.respond(({ path }) => (SPEAKING.has(path) ? text('ok') : undefined));
    const gateway = await startGateway({ config: (directory) => declare(routes, openai.url, logPath(directory)) });
    return new Stage(openai, gateway);
  }

  /** One request of a Messages client, and its whole answer. */
  async ask(
    route: string,
    body: string | Buffer | object | undefined,
    { headers = {}, path = '/v1/messages', method = 'POST', compress, upstream = [] }: AskOptions = {},
  ): Promise<Exchange> {
    this.openai.enqueue(
      ...(Array.isArray(upstream) ? (upstream as readonly ReplyScript[]) : [upstream as ReplyScript]),
    );
    const asked =
      typeof body === 'string' || Buffer.isBuffer(body) ? body : body === undefined ? '' : JSON.stringify(body);
    const answer = await http(this.url(route, path), {
      method,
      headers: { ...CLIENT_HEADERS, ...headers, ...(compress && { 'content-encoding': compress[0] }) },
      ...(body !== undefined && { body: compress ? compress[1](Buffer.from(asked)) : asked }),
    });
    const exchange = { ...answer, route, method, asked, sent: this.sentFor(answer) };
    this.exchanges.push(exchange);
    return exchange;
  }

  /** The head of a streamed answer; the test reads the body itself. */
  open(route: string, body: object): Promise<StreamedAnswer> {
    return openStream(this.url(route, '/v1/messages'), { headers: CLIENT_HEADERS, body });
  }

  /**
   * The one body that reaches the upstream for this request.
   * @throws when the request is not answered with 200, or by another number of upstream requests than one
   */
  async out(route: string, body: object, options: AskOptions = {}): Promise<Out> {
    const { status, text: answer, sent } = await this.ask(route, body, options);
    const [only] = sent;
    if (status !== 200 || !only || sent.length !== 1) {
      throw new Error(`answered with ${status} after ${sent.length} upstream requests: ${answer}`);
    }
    return only.body as Out;
  }

  /** What reached the upstream for the exchange of this answer, in order. */
  sentFor({ headers }: Pick<HttpAnswer, 'headers'>): readonly RecordedRequest[] {
    const id = headers['x-kong-request-id'];
    return this.openai.requests.filter((request) => request.headers['x-kong-request-id'] === id);
  }

  url(route: string, path = ''): string {
    return `${this.gateway.proxy}/${route}${path}`;
  }

  /** Waits for the one record of this exchange. */
  async recordOf({ headers }: Pick<HttpAnswer, 'headers'>): Promise<LogRecord> {
    const id = headers['request-id'];
    for (let count = 1; ;) {
      const records = await this.gateway.logRecords(logPath(this.gateway.directory), count);
      const own = records.filter(({ exchange }) => exchange.id === id);
      if (own.length > 1) throw new Error(`${own.length} records of ${String(id)}`);
      if (own[0]) return own[0];
      count = records.length + 1;
    }
  }

  /** The `lossy` list of an exchange. */
  async ledger(exchange: HttpAnswer): Promise<readonly string[] | undefined> {
    return (await this.recordOf(exchange)).ai?.translation.lossy;
  }

  get logPath(): string {
    return logPath(this.gateway.directory);
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.openai.close();
  }
}

/** A Chat Completions request as it reached the upstream. */
export interface Out {
  readonly messages: readonly OutMessage[];
  readonly tools?: readonly { readonly type: string; readonly function: Fields }[];
  readonly [parameter: string]: unknown;
}

export interface OutMessage {
  readonly role: string;
  readonly content?: string | null | readonly (Fields & { readonly type: string; readonly text?: string })[];
  readonly tool_calls?: readonly { readonly id: string; readonly function: { name: string; arguments: string } }[];
  readonly tool_call_id?: string;
  readonly reasoning_content?: string;
}

/** The first body that reached the upstream in this exchange. @throws when none did */
export function outOf({ sent, status, text: answer }: Exchange): Out {
  const [first] = sent;
  if (!first) throw new Error(`nothing reached the upstream, answered with ${status}: ${answer}`);
  return first.body as Out;
}

/** A message as a Messages client gets it. */
export interface AnswerMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly (Fields & { readonly type: string })[];
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly stop_details: Fields | null;
  readonly usage: Fields & { readonly input_tokens: number; readonly output_tokens: number };
}

export const messageOf = (answer: HttpAnswer): AnswerMessage => answer.json() as AnswerMessage;
export const eventsOf = (answer: HttpAnswer): AnthropicEvent[] => parseAnthropicStream(answer.body);
export const transcriptOf = (answer: HttpAnswer): string => transcript(eventsOf(answer));

/** An error body in Anthropic's shape. */
export interface AnswerError {
  readonly type: string;
  readonly error: { readonly type: string; readonly message: string };
  readonly request_id: string;
}

export const errorOf = (answer: HttpAnswer): AnswerError => answer.json() as AnswerError;

const logPath = (directory: string): string => join(directory, 'exchanges.json');

function declare(routes: Readonly<Record<string, RouteOptions>>, openai: string, log: string): object {
  return {
    _format_version: '3.0',
    services: [{ name: 'unused', url: 'http://127.0.0.1:1/' }],
    routes: Object.entries(routes).map(([name, route]) => ({
      name,
      paths: [`/${name}`],
      service: { name: 'unused' },
      plugins: [{ name: 'ai-proxy', config: aiProxy(route, openai) }],
    })),
    plugins: [{ name: 'file-log', config: { path: log } }],
  };
}

function aiProxy(
  {
    model,
    alias,
    config = {},
    options = {},
    endpoint = '/v1/chat/completions',
    upstreamUrl,
    provider = 'openai',
  }: RouteOptions,
  openai: string,
): object {
  return {
    llm_format: 'anthropic',
    route_type: 'llm/v1/chat',
    auth: { header_name: 'Authorization', header_value: `Bearer ${UPSTREAM_KEY}` },
    logging: { log_payloads: true },
    model: {
      provider,
      ...(model !== null && { name: model }),
      ...(alias !== undefined && { model_alias: alias }),
      options: { upstream_url: upstreamUrl ?? openai + endpoint, ...options },
    },
    ...config,
  };
}
