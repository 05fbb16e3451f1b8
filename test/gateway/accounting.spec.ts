import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import { parseExposition } from '../../libs/plugins/src/prometheus/testing/exposition.js';
import {
  apiError,
  chunk,
  cut,
  DONE,
  events,
  fin,
  silence,
  SimulatedOpenAI,
  sse,
  text,
  use,
  type RecordedRequest,
  type ReplyScript,
  type ScriptedUsage,
} from '../../apps/simulated-openai/src/index.js';
import { get, openStream, startGateway, UPSTREAM_KEY, type Gateway } from '../support/index.js';
import { ScriptedUpstream } from '../support/scripted-upstream.js';

/**
 * What an exchange used and cost is told three times: by the provider, in the record, and in the metrics. Each API, streamed
 * and whole, with caches and reasoning, cut off, without counts, left by its client.
 */

let openai: SimulatedOpenAI;
let anthropic: ScriptedUpstream;
let gateway: Gateway;
let logPath: string;

beforeAll(async () => {
  openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
  anthropic = await ScriptedUpstream.start();
  gateway = await startGateway({
    config: (directory) => {
      logPath = `${directory}/log.json`;
      return declare(logPath);
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await openai.close();
  await anthropic.close();
});

const ROUTES = {
  messages: { format: 'anthropic', type: 'llm/v1/chat', model: 'gpt-5.6' },
  /** The same client, in front of the Responses API. */
  'messages-on-responses': { format: 'anthropic', type: 'llm/v1/chat', model: 'gpt-5.6' },
  chat: { format: 'openai', type: 'llm/v1/chat', model: 'gpt-5.6' },
  responses: { format: 'openai', type: 'llm/v1/responses', model: 'gpt-5.6' },
  embeddings: { format: 'openai', type: 'llm/v1/embeddings', model: 'text-embedding-3-small' },
  unpriced: { format: 'openai', type: 'llm/v1/chat', model: 'deepseek-chat' },
  priced: { format: 'openai', type: 'llm/v1/chat', model: 'gpt-5.6' },
  anthropic: { format: 'anthropic', type: 'llm/v1/chat', model: 'claude-sonnet-4-5' },
} as const;
type Route = keyof typeof ROUTES;

/** USD per million, by the operator. */
const OWN_PRICES = { input_cost: 3, output_cost: 9, cache_read_cost: 1, cache_write_cost: 4 };

function declare(path: string): object {
  const names = Object.keys(ROUTES) as Route[];
  return {
    _format_version: '3.0',
    services: [{ name: 's', url: 'http://127.0.0.1:1' }],
    routes: names.map((name) => ({ name, paths: [`/${name}`], service: { name: 's' } })),
    plugins: [
      ...names.map((name) => ({ name: 'ai-proxy', route: name, config: aiProxy(name) })),
      { name: 'file-log', config: { path } },
    ],
  };
}

function aiProxy(name: Route): object {
  const { format, type, model } = ROUTES[name];
  const isAnthropic = name === 'anthropic';
  return {
    llm_format: format,
    route_type: type,
    auth: { header_name: isAnthropic ? 'x-api-key' : 'Authorization', header_value: `Bearer ${UPSTREAM_KEY}` },
    model: {
      provider: isAnthropic ? 'anthropic' : 'openai',
      name: model,
      options: {
        upstream_url: isAnthropic ? `${anthropic.url}/v1/messages` : openAiUrl(name),
        ...(name === 'priced' && OWN_PRICES),
      },
    },
  };
}

const openAiUrl = (name: Route): string =>
  `${openai.url}/v1/${name === 'messages-on-responses' ? 'responses' : 'chat/completions'}`;

const WORDS = 'Procopius wrote the Secret History in the sixth century. '.repeat(4).trim();

/** A request of the client of a route. */
function ask(route: Route, stream: boolean, fate = 'as enqueued'): { readonly url: string; readonly body: object } {
  const model = 'whatever';
  const messages = [{ role: 'user', content: `Who wrote the Secret History? fate: ${fate}` }];
  switch (route) {
    case 'messages':
    case 'messages-on-responses':
    case 'anthropic':
      return { url: `${gateway.proxy}/${route}/v1/messages`, body: { model, max_tokens: 1000, stream, messages } };
    case 'responses':
      return {
        url: `${gateway.proxy}/${route}/v1/responses`,
        body: { model, stream, input: `Who wrote it? fate: ${fate}` },
      };
    case 'embeddings':
      return { url: `${gateway.proxy}/${route}/v1/embeddings`, body: { model, input: 'Who wrote it?' } };
    default:
      return { url: `${gateway.proxy}/${route}/v1/chat/completions`, body: { model, stream, messages } };
  }
}

async function recordOf(id: string): Promise<LogRecord> {
  for (let count = 1; ;) {
    const records = await gateway.logRecords(logPath, count, 30_000);
    const own = records.find(({ request }) => request.id === id);
    if (own) return own;
    count = records.length + 1;
  }
}

/** Sends a request through, reads the answer as far as it comes, and waits for the record. */
async function exchange(
  route: Route,
  stream: boolean,
  upstream: ReplyScript | undefined,
  leaveAt?: string,
): Promise<LogRecord> {
  if (upstream) openai.enqueue(upstream);
  const { url, body } = ask(route, stream);
  const answer = await openStream(url, { body });
  if (leaveAt === undefined) await answer.rest().catch(() => {});
  else {
    await answer.until(leaveAt);
    answer.leave();
  }
  return recordOf(String(answer.headers['x-kong-request-id']));
}

const usageOf = ({ ai }: LogRecord): object => {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion, ...usage } = ai?.usage ?? ({} as never);
  return {
    input: usage.prompt_tokens,
    cached: prompt.cached_tokens,
    written: prompt.cache_write_tokens,
    output: usage.completion_tokens,
    reasoning: completion.reasoning_tokens,
    total: usage.total_tokens,
    estimated: usage.estimated,
  };
};

/** `gpt-5.6` in the bundled table: USD per million of input, cached, written, output. */
const price = (input: number, cached: number, written: number, output: number): number =>
  ((input - cached - written) * 4 + cached * 0.4 + written * 5 + output * 20) / 1e6;

interface Told {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
  readonly reasoning?: number;
}

/** What the upstream tells; `written` only where the API has a place for it. */
const TOLD: readonly (readonly [what: string, told: Told])[] = [
  ['plain', { prompt: 1234, completion: 56 }],
  ['with cache reads', { prompt: 20_000, completion: 56, cached: 15_000 }],
  ['with cache reads and writes', { prompt: 20_000, completion: 56, cached: 12_000, cacheWrite: 5000 }],
  ['with reasoning', { prompt: 1234, completion: 900, reasoning: 850 }],
  ['of a long prompt', { prompt: 300_000, completion: 56 }],
];

const GENERATING = ['messages', 'messages-on-responses', 'chat', 'responses'] as const;
const CASES = GENERATING.flatMap((route) =>
  [false, true].flatMap((stream) => TOLD.map(([what, told]) => ({ route, stream, what, told }))),
);

describe('usage that the provider tells', () => {
  it.each(CASES)('$route, stream $stream: $what (38)', async ({ route, stream, told }) => {
    const record = await exchange(route, stream, text(WORDS, { usage: told satisfies ScriptedUsage }));
    const { prompt, completion, cached = 0, cacheWrite = 0, reasoning = 0 } = told;
    expect(usageOf(record)).toEqual({
      input: prompt,
      cached,
      written: cacheWrite,
      output: completion,
      reasoning,
      total: prompt + completion,
      estimated: false,
    });
    const long = prompt > 271_999;
    const expected = long ? (prompt * 8 + completion * 30) / 1e6 : price(prompt, cached, cacheWrite, completion);
    expect(record.ai?.usage.cost).toBeCloseTo(expected, 12);
    expect(record.ai?.price_source).toMatch(/^@pydantic\/genai-prices \d+\.\d+\.\d+$/);
  });

  it('embeddings', async () => {
    const record = await exchange('embeddings', false, undefined);
    const { promptTokens } = openai.bill.of(record.ai?.meta.response_model ?? '');
    expect(usageOf(record)).toMatchObject({ input: promptTokens, output: 0, total: promptTokens, estimated: false });
    expect(record.ai?.usage.cost).toBeCloseTo((promptTokens * 0.02) / 1e6, 12);
  });

  it('prices of the operator come first', async () => {
    const told = { prompt: 10_000, completion: 100, cached: 4000, cacheWrite: 1000 };
    const record = await exchange('priced', true, text(WORDS, { usage: told }));
    expect(record.ai?.usage.cost).toBeCloseTo((5000 * 3 + 4000 * 1 + 1000 * 4 + 100 * 9) / 1e6, 12);
    expect(record.ai?.price_source).toBe('config');
  });

  it('a model without a price costs null, never 0 (41)', async () => {
    const record = await exchange('unpriced', false, text(WORDS, { usage: { prompt: 10, completion: 5 } }));
    expect(usageOf(record)).toMatchObject({ input: 10, output: 5 });
    expect(record.ai?.usage.cost).toBeNull();
    expect(record.ai).not.toHaveProperty('price_source');
  });
});

describe('usage that the provider does not tell', () => {
  it.each(GENERATING.flatMap((route) => [false, true].map((stream) => ({ route, stream }))))(
    '$route, stream $stream: is counted and marked (40)',
    async ({ route, stream }) => {
      const record = await exchange(route, stream, text(WORDS, { usage: null }));
      expectEstimate(record, 40);
    },
  );

  it.each([
    { route: 'messages', frames: chatFrames },
    { route: 'messages-on-responses', frames: responsesFrames },
    { route: 'chat', frames: chatFrames },
    { route: 'responses', frames: responsesFrames },
  ] as const)('$route: a stream that is cut is counted as far as it came', async ({ route, frames }) => {
    const record = await exchange(route, true, sse([...frames(20), cut]));
    expect(record.exchange.outcome).toBe('upstream_failed');
    expectEstimate(record, 20);
  });

  it.each([
    { route: 'messages', frames: chatFrames },
    { route: 'messages-on-responses', frames: responsesFrames },
    { route: 'chat', frames: chatFrames },
    { route: 'responses', frames: responsesFrames },
  ] as const)('$route: an answer that its client leaves is counted as far as it came', async ({ route, frames }) => {
    const record = await exchange(route, true, sse([...frames(20), silence]), 'word19');
    expect(record.exchange.outcome).toBe('client_aborted');
    expectEstimate(record, 20);
  });

  it('counts as one piece: the last of cumulative counts, as some servers send them with every chunk (37)', async () => {
    const frames = chatFrames(3).flatMap((frame, index) => [frame, use(100, 10 * (index + 1))]);
    const record = await exchange('chat', true, sse([...frames, fin('stop'), use(100, 42), DONE]));
    expect(usageOf(record)).toMatchObject({ input: 100, output: 42, total: 142, estimated: false });
  });
});

/** Some tokens for the question, about two for each word of the answer, and their price. */
function expectEstimate(record: LogRecord, words: number): void {
  const { input, output, estimated } = usageOf(record) as { input: number; output: number; estimated: boolean };
  expect(estimated).toBe(true);
  expect(input).toBeGreaterThan(2);
  expect(input).toBeLessThan(30);
  expect(output).toBeGreaterThan(words * 0.8);
  expect(output).toBeLessThan(words * 3);
  expect(record.ai?.usage.cost).toBeCloseTo(price(input, 0, 0, output), 12);
}

function chatFrames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => chunk({ content: ` word${index}` }));
}

function responsesFrames(count: number): readonly string[] {
  const response = {
    id: 'resp_1',
    object: 'response',
    status: 'in_progress',
    model: 'gpt-5.6',
    output: [],
    usage: null,
  };
  return events([
    { type: 'response.created', response },
    ...Array.from({ length: count }, (_, index) => ({
      type: 'response.output_text.delta',
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta: ` word${index}`,
    })),
  ]);
}

describe('usage of Anthropic’s API', () => {
  const USAGE = {
    input_tokens: 1000,
    cache_read_input_tokens: 6000,
    cache_creation_input_tokens: 3000,
    cache_creation: { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 2000 },
    output_tokens: 400,
    output_tokens_details: { thinking_tokens: 300 },
    service_tier: 'standard',
  };
  const TOLD_USAGE = {
    input: 10_000,
    cached: 6000,
    written: 3000,
    output: 400,
    reasoning: 300,
    total: 10_400,
    estimated: false,
  };
  const COST = (1000 * 3 + 6000 * 0.3 + 1000 * 3.75 + 2000 * 6 + 400 * 15) / 1e6;
  const MESSAGE = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    stop_reason: 'end_turn',
  };
  const event = (type: string, more: object = {}): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
  const start = event('message_start', { message: { ...MESSAGE, content: [], usage: { ...USAGE, output_tokens: 3 } } });
  const words = Array.from({ length: 20 }, (_, index) =>
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: ` word${index}` } }),
  );
  const streamed = { 'content-type': 'text/event-stream; charset=utf-8' };

  it('whole', async () => {
    anthropic.enqueue({
      pieces: [JSON.stringify({ ...MESSAGE, content: [{ type: 'text', text: 'x' }], usage: USAGE })],
    });
    const record = await exchange('anthropic', false, undefined);
    expect(usageOf(record)).toEqual(TOLD_USAGE);
    expect(record.ai?.usage.cost).toBeCloseTo(COST, 12);
  });

  it('streamed: the last of several cumulative counts, not their sum (37)', async () => {
    const delta = (output: number): string =>
      event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { ...USAGE, output_tokens: output } });
    anthropic.enqueue({
      headers: streamed,
      pieces: [start, ...words, delta(7), delta(90), delta(400), event('message_stop')],
    });
    const record = await exchange('anthropic', true, undefined);
    expect(usageOf(record)).toEqual(TOLD_USAGE);
    expect(record.ai?.usage.cost).toBeCloseTo(COST, 12);
  });

  it('cut: the prompt as told, the answer as counted, not the provisional count of its beginning', async () => {
    anthropic.enqueue({ headers: streamed, pieces: [start, ...words], breaks: true });
    const record = await exchange('anthropic', true, undefined);
    const usage = usageOf(record) as { output: number };
    expect(usage).toMatchObject({ input: 10_000, cached: 6000, written: 3000, estimated: true });
    expect(usage.output).toBeGreaterThan(16);
    expect(usage.output).toBeLessThan(60);
  });

  it('a tier whose price the table does not know costs null (39)', async () => {
    const usage = { ...USAGE, service_tier: 'batch' };
    anthropic.enqueue({ pieces: [JSON.stringify({ ...MESSAGE, content: [], usage })] });
    const record = await exchange('anthropic', false, undefined);
    expect(usageOf(record)).toEqual(TOLD_USAGE);
    expect(record.ai?.usage.cost).toBeNull();
  });
});

describe('the sums', () => {
  it('of the records are those of the metrics; of what the provider has told, its bill (42)', async () => {
    openai.respond(answerTo);
    const before = (await gateway.logRecords(logPath, 1, 30_000)).length;
    await inLanes(16, MIXED, async (index) => {
      const route = GENERATING[index % GENERATING.length] ?? 'chat';
      const fate = FATES[index % FATES.length] ?? 'told';
      const { url, body } = ask(route, fate !== 'whole', fate);
      const answer = await openStream(url, { body });
      if (fate !== 'left') await answer.rest().catch(() => {});
      else {
        await answer.until('word9');
        answer.leave();
      }
    });
    const records = await gateway.logRecords(logPath, before + MIXED, 60_000);
    expect(records).toHaveLength(before + MIXED);
    const sum = (pick: (record: LogRecord) => number | null | undefined, from = records): number =>
      from.reduce((total, record) => total + (pick(record) ?? 0), 0);

    const samples = parseExposition((await get(`${gateway.status}/metrics`)).text);
    const counted = (name: string, type?: string): number =>
      samples
        .filter((sample) => sample.name === name && (type === undefined || sample.labels['type'] === type))
        .reduce((total, { value }) => total + value, 0);
    const tokens = (type: string): number => counted('tidegate_tokens_total', type);
    expect({
      input: tokens('input'),
      cached: tokens('cached'),
      written: tokens('cache_write'),
      output: tokens('output'),
      reasoning: tokens('reasoning'),
    }).toEqual(sumsOf(records));
    expect(counted('tidegate_cost_usd_total')).toBeCloseTo(
      sum(({ ai }) => ai?.usage.cost),
      9,
    );
    const hasTokens = ({ ai }: LogRecord): boolean => (ai?.usage.total_tokens ?? 0) > 0;
    expect(counted('tidegate_price_missing_total')).toBe(
      records.filter((record) => hasTokens(record) && record.ai?.usage.cost === null).length,
    );
    expect(counted('tidegate_usage_estimated_total')).toBe(records.filter(({ ai }) => ai?.usage.estimated).length);

    const ofOpenAi = records.filter(({ ai }) => ai?.meta.provider_name === 'openai' && !ai.usage.estimated);
    const { promptTokens, cachedTokens, cacheWriteTokens, completionTokens, reasoningTokens, replies } =
      openai.bill.total;
    expect(sumsOf(ofOpenAi)).toEqual({
      input: promptTokens,
      cached: cachedTokens,
      written: cacheWriteTokens,
      output: completionTokens,
      reasoning: reasoningTokens,
    });
    expect(ofOpenAi.filter(hasTokens)).toHaveLength(replies);
  }, 300_000);
});

const MIXED = 1000;

/** What becomes of an exchange; the upstream reads it from the question. */
const FATES = ['told', 'whole', 'told', 'cut', 'whole', 'refused', 'told', 'left', 'untold', 'whole'] as const;

function answerTo({ path, rawBody }: RecordedRequest): ReplyScript | undefined {
  const fate = /fate: (\w+)/.exec(rawBody.toString())?.[1];
  const frames = path.endsWith('/responses') ? responsesFrames : chatFrames;
  switch (fate) {
    case 'cut':
      return sse([...frames(10), cut]);
    case 'left':
      return sse([...frames(10), silence]);
    case 'refused':
      return apiError(400, { message: 'no' });
    case 'untold':
      return text(WORDS, { usage: null });
    case undefined:
      return undefined;
    default:
      return text(WORDS, { usage: { prompt: 700, completion: 30, cached: 200, cacheWrite: 100, reasoning: 10 } });
  }
}

/** Does the work for each number below `count`, so many at a time. */
async function inLanes(lanes: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

function sumsOf(records: readonly LogRecord[]): object {
  const sums = { input: 0, cached: 0, written: 0, output: 0, reasoning: 0 };
  for (const record of records) {
    if (!record.ai) continue;
    const usage = usageOf(record) as typeof sums;
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += usage[key];
  }
  return sums;
}
