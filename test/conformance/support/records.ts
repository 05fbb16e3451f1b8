import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import type { LogRecord, PayloadRecord } from '#libs/plugin-api';
import { UPSTREAM_KEY } from '../../support/index.js';
import type { Fields } from './requests.js';
import { CLIENT_KEY, eventsOf, messageOf, type AnswerMessage, type Exchange, type Stage } from './stage.js';

/**
 * Registers the last test of a file: each exchange of the tests before it has left exactly one record, and the record says
 * what happened.
 */
export function recordsEveryExchange(stage: () => Stage): void {
  it('X08 one log record for each exchange above, complete and without secrets', async () => {
    const { exchanges, logPath, openai } = stage();
    expect(openai.pending).toBe(0);
    expect(exchanges.length).toBeGreaterThan(0);
    for (const exchange of exchanges) checkRecord(await stage().recordOf(exchange), exchange);
    const log = await readFile(logPath, 'utf8');
    for (const secret of [UPSTREAM_KEY, CLIENT_KEY]) expect(log).not.toContain(secret);
    const numbers = log
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as LogRecord).exchange.seq);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, place) => place + 1));
  });
}

/** What a record must say, told from both ends of the exchange alone. */
function checkRecord(record: LogRecord, exchange: Exchange): void {
  const { sent, status, headers, method, asked } = exchange;
  const { request, response, latencies, ai } = record;
  expect(record).toMatchObject({
    request: { method, headers: { 'x-api-key': 'REDACTED' } },
    response: { status, headers: { 'request-id': headers['request-id'] } },
    route: { name: exchange.route },
    upstream_status: sent
      .map(({ reply }) => reply.status)
      .filter((code) => code !== undefined)
      .join(', '),
  });
  // What is too large is not read to its end.
  if (status !== 413) expect(request.size).toBeGreaterThan(asked.length);
  expect(response.size).toBeGreaterThan(exchange.body.length);
  expect(latencies.request).toBeGreaterThanOrEqual(latencies.receive);
  if (sent.length > 0) {
    expect(record.tries.length).toBeGreaterThanOrEqual(sent.length);
    expect(record.upstream_uri).toBe(sent[0]?.path);
  }
  // Kong's word for an upstream that never answered, or was never asked.
  const answered = sent.some(({ reply }) => reply.status !== undefined);
  expect(latencies.proxy >= 0).toBe(answered);
  checkOutcome(record, exchange);
  if (ai?.payload) {
    checkLoggedRequest(ai.payload, Buffer.from(asked));
    checkAnswer(record, exchange);
  }
}

/** `logging.max_payload_size`, its default. */
const MOST_LOGGED = 1024 * 1024;

/** The body as the client sent it; a long one cut, and told by its size and digest. */
function checkLoggedRequest(payload: PayloadRecord, asked: Buffer): void {
  const cut = asked.length > MOST_LOGGED;
  // Compared as a condition: nobody reads the difference of two such texts.
  expect(payload.request === asked.subarray(0, MOST_LOGGED).toString()).toBe(true);
  expect(payload.request_truncated).toEqual(
    cut ? { bytes: asked.length, sha256: createHash('sha256').update(asked).digest('hex') } : undefined,
  );
}

function checkOutcome(
  { exchange: { outcome }, source, error, tries }: LogRecord,
  { status, sent, text }: Exchange,
): void {
  if (status === 200) {
    const failed = text.includes('event: error\n');
    expect(outcome).toBe(failed ? 'upstream_failed' : 'completed');
    expect(error === undefined).toBe(!failed && tries.every(({ state }) => state !== 'failed') && sent.length <= 1);
    return;
  }
  expect(outcome).toBe(sent.length === 0 && tries.length === 0 ? 'rejected' : 'upstream_failed');
  expect(source).toBe('kong');
  expect(error).toBeDefined();
}

function checkAnswer({ ai }: LogRecord, exchange: Exchange): void {
  const logged = ai?.payload?.response;
  if (exchange.status !== 200) {
    expect(logged).toBeUndefined();
    return;
  }
  const isStream = exchange.headers['content-type']?.startsWith('text/event-stream') === true;
  if (!isStream) expect(logged).toBe(exchange.text);
  else expect(wordsOf(JSON.parse(String(logged)) as AnswerMessage)).toBe(streamedWords(exchange));
  const told = isStream ? eventsOf(exchange).find(({ type }) => type === 'message_delta') : messageOf(exchange);
  if (told === undefined) return;
  const usage = told.usage as AnswerMessage['usage'];
  const input =
    usage.input_tokens + Number(usage['cache_read_input_tokens']) + Number(usage['cache_creation_input_tokens']);
  // A stream says 1 where nothing was spent: clients take 0 for "not told".
  expect(Math.max(1, ai?.usage.prompt_tokens ?? 0)).toBe(Math.max(1, input));
  expect(ai?.usage).toMatchObject({
    completion_tokens: usage.output_tokens,
    prompt_tokens_details: { cached_tokens: usage['cache_read_input_tokens'] },
    completion_tokens_details: {
      reasoning_tokens: (usage['output_tokens_details'] as { thinking_tokens: number }).thinking_tokens,
    },
  });
}

const wordsOf = ({ content }: AnswerMessage): string => content.map(words).join('');

const streamedWords = (exchange: Exchange): string =>
  eventsOf(exchange)
    .map(({ delta }) => words(delta ?? {}))
    .join('');

/** The text or thinking of a block or delta. */
function words({ text, thinking }: Fields): string {
  return [text, thinking].find((value) => typeof value === 'string') ?? '';
}
