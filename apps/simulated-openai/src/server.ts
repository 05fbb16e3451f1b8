import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, invalidRequest } from './api-error.js';
import { Bill } from './bill.js';
import type { Admitted, House } from './endpoint.js';
import { PromptCache } from './prompt-cache.js';
import { RecordedRequest } from './recorded-request.js';
import { ReasoningSeals } from './responses/reasoning-seals.js';
import { route } from './routes.js';
import { deliver } from './script/delivery.js';
import { json, type ReplyScript } from './script/script.js';
import { UsageMeter } from './usage-meter.js';

export interface SimulatedOpenAIOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** The only accepted key. Default: every request is let in. */
  readonly apiKey?: string;
  /** Refuse what the real API refuses. Default true. */
  readonly strict?: boolean;
  /** Keep the requests. Default true; turn it off under load. */
  readonly record?: boolean;
  /** Milliseconds between two pieces of an improvised stream. Default 0. */
  readonly paceMs?: number;
}

/** Looks at a request and may have the answer to it. */
export type Rule = (request: RecordedRequest) => ReplyScript | undefined;

/**
 * OpenAI's API on a local port: checks requests as the real one does, answers as scripted, by rule, or with a friendly answer
 * of its own, and keeps the bill.
 *
 * @example
 * const openai = await SimulatedOpenAI.start();
 * openai.enqueue(text('hi'), sse([chunk({ content: 'a' }), cut]));
 * // … requests to openai.url …
 * await openai.close();
 */
export class SimulatedOpenAI {
  /** `http://HOST:PORT`; the API is below `/v1`. */
  readonly url: string;
  /** In the order of their arrival. */
  readonly requests: RecordedRequest[] = [];
  /** The usage that replies have reported. */
  readonly bill = new Bill();
  private readonly house: House;
  private readonly queue: ReplyScript[] = [];
  private readonly rules: Rule[] = [];
  private readonly waiting: ((request: RecordedRequest) => void)[] = [];
  private taken = 0;

  static async start(options: SimulatedOpenAIOptions = {}): Promise<SimulatedOpenAI> {
    // As long as a real edge keeps connections: a pool of a gateway must not lose a race against the default of 5 s.
    const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 });
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    await once(server, 'listening');
    return new SimulatedOpenAI(server, options);
  }

  private constructor(
    private readonly server: Server,
    private readonly options: SimulatedOpenAIOptions,
  ) {
    const { address, port, family } = server.address() as AddressInfo;
    this.url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
    this.house = {
      strict: options.strict ?? true,
      paceMs: options.paceMs ?? 0,
      cache: new PromptCache(),
      seals: new ReasoningSeals(),
    };
    server.on('request', (incoming, response) => void this.serve(incoming, response));
  }

  /** Answers of the next requests that are let in, first come first served; before any rule. */
  enqueue(...replies: readonly ReplyScript[]): this {
    this.queue.push(...replies);
    return this;
  }

  /** Adds a rule; the first one that has an answer gives it. */
  respond(rule: Rule): this {
    this.rules.push(rule);
    return this;
  }

  /** Lets a reasoning item pass that this simulation has not sent, e.g. one that a test starts its history with. */
  trustReasoning(itemId: string, encryptedContent: string): this {
    this.house.seals.trust(itemId, encryptedContent);
    return this;
  }

  /** Requests that the simulation refused by its own checks. */
  get rejected(): readonly RecordedRequest[] {
    return this.requests.filter((request) => request.rejection !== undefined);
  }

  /** Scripts that no request has taken. */
  get pending(): number {
    return this.queue.length;
  }

  /** Forgets scripts, rules, requests, caches and the bill. */
  reset(): void {
    this.queue.length = 0;
    this.rules.length = 0;
    this.requests.length = 0;
    this.waiting.length = 0;
    this.taken = 0;
    this.bill.clear();
    this.house.cache.clear();
    this.house.seals.clear();
  }

  /** The next request that no call of this method has given yet; waits for it to arrive. */
  nextRequest(): Promise<RecordedRequest> {
    const request = this.requests[this.taken];
    this.taken += 1;
    return request ? Promise.resolve(request) : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await readBody(incoming);
    if (!rawBody) return;
    const request = recorded(incoming, rawBody);
    response.once('close', () => {
      request.aborted = !response.writableFinished && request.reply.end !== 'broken';
      request.close();
    });
    const [script, model] = this.answer(request);
    if (this.options.record !== false) this.requests.push(request);
    this.waiting.shift()?.(request);
    const meter = new UsageMeter(model);
    await deliver(script, request, response, (text) => {
      meter.hear(text);
      request.reply.usage = meter.usage;
    });
    meter.chargeTo(this.bill);
  }

  /** The reply to a request, ready to be sent, and the model it is charged to. */
  private answer(request: RecordedRequest): readonly [Exclude<ReplyScript, { kind: 'model' }>, string] {
    try {
      this.authenticate(request);
      const found = route(request.method, request.path);
      if ('json' in found) return [json(found.json), ''];
      if (request.body === undefined) throw unparsable();
      const admitted = found.endpoint(request.body, this.house);
      return [this.scripted(request, admitted), admitted.model];
    } catch (error) {
      request.rejection = error instanceof ApiError ? error : simulationFault(error);
      const { status, body, headers } = request.rejection;
      return [json(body, { status, headers }), ''];
    }
  }

  private scripted(request: RecordedRequest, admitted: Admitted): Exclude<ReplyScript, { kind: 'model' }> {
    const script = this.queue.shift() ?? this.byRule(request) ?? admitted.improvise();
    return script.kind === 'model' ? admitted.render(script) : script;
  }

  private byRule(request: RecordedRequest): ReplyScript | undefined {
    for (const rule of this.rules) {
      const reply = rule(request);
      if (reply) return reply;
    }
    return undefined;
  }

  private authenticate({ headers }: RecordedRequest): void {
    const { apiKey } = this.options;
    if (apiKey === undefined || headers.authorization === `Bearer ${apiKey}`) return;
    const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (key === undefined) {
      throw new ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys.",
      );
    }
    throw new ApiError(
      401,
      `Incorrect API key provided: ${masked(key)}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      { code: 'invalid_api_key' },
    );
  }
}

/** The whole body, or nothing when the client left while it was sending. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function recorded(incoming: IncomingMessage, rawBody: Buffer): RecordedRequest {
  const [path = '', ...query] = (incoming.url ?? '').split('?');
  return new RecordedRequest(incoming.method ?? '', path, query.join('?'), incoming.headers, rawBody, parsed(rawBody));
}

function parsed(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString()) as unknown;
  } catch {
    return undefined;
  }
}

const unparsable = (): ApiError =>
  invalidRequest(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  );

/** A faulty rule or script must fail the test that wrote it, not hang it. */
const simulationFault = (error: unknown): ApiError =>
  new ApiError(500, `The simulation failed: ${String(error)}`, { type: 'server_error', code: 'simulation_fault' });

const masked = (key: string): string =>
  key.length <= 8 ? '*'.repeat(key.length) : `${key.slice(0, 4)}${'*'.repeat(key.length - 8)}${key.slice(-4)}`;
