import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  apiError,
  html,
  json,
  rateLimit,
  reset,
  sse,
  type ReplyScript,
} from '../../apps/simulated-openai/src/index.js';
import { http } from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base, BASE, image, talk, text, U } from './support/requests.js';
import { C4, C5, CLIENT_HEADERS, errorOf, messageOf, Stage, type Exchange } from './support/stage.js';

const OWN_AUTH = { header_name: 'Authorization', header_value: 'Bearer sk-of-the-gateway', allow_override: true };

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    c4: C4,
    c5: C5,
    wrong: {
      ...C4,
      config: { auth: { header_name: 'Authorization', header_value: 'Bearer sk-wrong-key-of-the-gateway' } },
    },
    own: { ...C4, config: { auth: OWN_AUTH } },
    small: { ...C4, config: { max_request_body_size: 1000 } },
    unlimited: { ...C4, config: { max_request_body_size: 0 } },
    unreachable: { ...C4, upstreamUrl: 'http://127.0.0.1:1/v1/chat/completions' },
  });
});
afterAll(() => stage.close());

/** The answer to a plain request when the upstream refuses it; the shape of the error is checked. */
async function refused(
  upstream: ReplyScript | readonly ReplyScript[],
  route = 'c4',
  body: object = BASE,
): Promise<Exchange> {
  const answer = await stage.ask(route, body, { upstream });
  checkShape(answer);
  return answer;
}

/** E12: exactly Anthropic's keys, the id of the header, one line. */
function checkShape(answer: Exchange): void {
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  const { error, ...outer } = errorOf(answer);
  expect(outer).toEqual({ type: 'error', request_id: answer.headers['request-id'] });
  expect(outer.request_id).toMatch(/^req_/);
  expect(Object.keys(error).toSorted()).toEqual(['message', 'type']);
  expect(error.message).toMatch(/^\S.*$/);
}

const shown = (answer: Exchange): [status: number, type: string, message: string] => {
  const { type, message } = errorOf(answer).error;
  return [answer.status, type, message];
};

const overflow = (message: string): ReplyScript =>
  apiError(400, { message, param: 'messages', code: 'context_length_exceeded' });

describe('the context is too long', () => {
  it('E01 with the upstream’s numbers, in the words that make a client compact', async () => {
    const answer = await refused(
      overflow(
        "This model's maximum context length is 272000 tokens. However, your messages resulted in 300123 tokens. Please reduce the length of the messages.",
      ),
    );
    expect(shown(answer)).toEqual([400, 'invalid_request_error', 'prompt is too long: 300123 tokens > 272000 maximum']);
  });

  it('E01 as OpenAI words it for models that keep room for the answer', async () => {
    const answer = await refused(
      overflow(
        'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300123 tokens. Please reduce the length of the messages.',
      ),
    );
    expect(shown(answer)[2]).toBe('prompt is too long: 300123 tokens > 272000 maximum');
  });

  it('E02 without numbers, in the gateway’s own: the prompt is always the larger one', async () => {
    const answer = await refused(overflow('Your input exceeds the context window of this model.'), 'c5');
    const numbers = /^prompt is too long: (\d+) tokens > (\d+) maximum$/.exec(shown(answer)[2]);
    const [tokens, maximum] = [Number(numbers?.[1]), Number(numbers?.[2])];
    expect(maximum).toBeGreaterThan(100_000);
    expect(tokens).toBeGreaterThan(maximum);
  });

  it('E01 of the simulated model itself, which counts', async () => {
    const answer = await refused([], 'c5', talk([U(text('word '.repeat(300_000)))]));
    expect(shown(answer)[2]).toMatch(/^prompt is too long: 3\d{5} tokens > 272000 maximum$/);
  });
});

describe('limits', () => {
  it('E03 the time to wait is read from the words', async () => {
    const answer = await refused(
      apiError(429, {
        message: 'Rate limit reached for gpt-4.1. Please try again in 1.5s.',
        type: 'requests',
        code: 'rate_limit_exceeded',
      }),
    );
    expect(shown(answer).slice(0, 2)).toEqual([429, 'rate_limit_error']);
    expect(answer.headers).toMatchObject({ 'retry-after-ms': '1500', 'retry-after': '2' });
  });

  it('E03 a header says it better', async () => {
    const answer = await refused(
      apiError(429, { message: 'Slow down. Please try again in 1.5s.' }, { headers: { 'retry-after': '7' } }),
    );
    expect(answer.headers['retry-after']).toBe('7');
  });

  it('E04 no money is no reason to try again', async () => {
    const answer = await refused(
      apiError(429, {
        message: 'You exceeded your current quota.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      }),
    );
    expect(shown(answer).slice(0, 2)).toEqual([429, 'rate_limit_error']);
    expect(answer.headers['x-should-retry']).toBe('false');
  });

  const LIMITS = {
    ...rateLimit({ 'remaining-tokens': '5', 'limit-requests': '10', 'reset-requests': '6m0s' }),
    'openai-organization': 'o',
  };

  it('E10 whose own key it is sees its own limits', async () => {
    const before = Date.now();
    const answer = await stage.ask('own', BASE, {
      headers: { authorization: 'Bearer sk-upstream-key-of-the-gateway' },
      upstream: json(
        { choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }] },
        { headers: LIMITS },
      ),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'anthropic-ratelimit-tokens-remaining': '5',
      'anthropic-ratelimit-requests-limit': '10',
    });
    const resets = Date.parse(String(answer.headers['anthropic-ratelimit-requests-reset']));
    expect(resets).toBeGreaterThanOrEqual(before + 360_000);
    expect(resets).toBeLessThan(Date.now() + 362_000);
    expect(JSON.stringify(answer.headers)).not.toMatch(/organization|x-ratelimit|cf-|set-cookie/);
  });

  it('E10 behind the gateway’s key nobody sees them', async () => {
    const answer = await stage.ask('c4', BASE, {
      upstream: json(
        { choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop' }] },
        { headers: LIMITS },
      ),
    });
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.headers)).not.toMatch(/ratelimit|organization|cf-|set-cookie/);
  });
});

describe('failures of the upstream', () => {
  it.each([
    ['says that it is overloaded', 503, 'The server is overloaded or not ready yet.', 529, 'overloaded_error'],
    ['is not there', 503, 'Service Unavailable', 503, 'api_error'],
    ['fails', 500, 'The server had an error while processing your request.', 500, 'api_error'],
  ])('E05 it %s', async (_, status, message, expectedStatus, type) => {
    expect(shown(await refused(apiError(status, { message, type: 'server_error' }))).slice(0, 2)).toEqual([
      expectedStatus,
      type,
    ]);
  });

  it('E06 the gateway’s key is bad: no business of the client’s login', async () => {
    const answer = await refused([], 'wrong');
    expect(answer.sent[0]?.rejection?.status).toBe(401);
    expect(shown(answer).slice(0, 2)).toEqual([502, 'api_error']);
    expect(answer.text).not.toMatch(/sk-|wrong|\*\*\*/);
    const { error } = await stage.recordOf(answer);
    expect(error?.message).toMatch(/401/);
    expect(JSON.stringify(error)).not.toContain('sk-wrong-key-of-the-gateway');
  });

  it('E07 the model is not there: the client’s own name for it', async () => {
    const answer = await refused(
      apiError(404, {
        message: 'The model `gpt-4.1` does not exist or you do not have access to it.',
        code: 'model_not_found',
      }),
    );
    expect(shown(answer)).toEqual([404, 'not_found_error', expect.stringContaining('model: claude-x')]);
    expect(answer.text).not.toContain('gpt-4.1');
  });

  it('E08 an image is bad: where it stands in the client’s own request', async () => {
    const conversation = talk([U(text('a')), { role: 'assistant', content: 'b' }, U(text('c'), image(), text('d'))], {
      system: 'S',
    });
    const answer = await stage.ask('c4', conversation, {
      upstream: apiError(400, {
        message: "Invalid 'messages[3].content[1].image_url'. The image could not be read.",
        param: 'messages[3].content[1].image_url',
        code: 'invalid_image_url',
      }),
    });
    checkShape(answer);
    expect(shown(answer).slice(0, 2)).toEqual([400, 'invalid_request_error']);
    expect(shown(answer)[2]).toMatch(/^Could not process image/);
    expect(shown(answer)[2]).toContain('messages.2.content.1.image');
  });

  it('E09 a page of a load balancer is for the log alone', async () => {
    const page =
      '<html>\n<head><title>502 Bad Gateway</title></head><body><h1>inner-host-17 is down</h1></body></html>';
    const answer = await refused(html(502, page));
    expect(shown(answer).slice(0, 2)).toEqual([502, 'api_error']);
    expect(answer.text).not.toMatch(/<|inner-host-17/);
    expect((await stage.recordOf(answer)).error?.message).toContain('inner-host-17');
  });

  it('a connection that breaks is an error of the gateway kind', async () => {
    const answer = await stage.ask('c4', BASE, { upstream: sse([reset], { contentType: 'application/json' }) });
    checkShape(answer);
    expect(shown(answer).slice(0, 2)).toEqual([502, 'api_error']);
  });

  it('nobody there to connect to', async () => {
    const answer = await stage.ask('unreachable', BASE);
    checkShape(answer);
    expect(shown(answer).slice(0, 2)).toEqual([502, 'api_error']);
    expect(answer.text).not.toContain('127.0.0.1');
  });
});

describe('E12 the shape of an error', () => {
  it.each<[string, object]>([
    [
      'more keys',
      { error: { message: 'no', type: 'x', param: 'p', code: 'c', innererror: { a: 1 }, metadata: {} }, id: 1 },
    ],
    [
      'Anthropic’s own',
      { type: 'error', error: { type: 'invalid_request_error', message: 'no' }, request_id: 'req_up' },
    ],
    ['FastAPI’s', { detail: [{ loc: ['body', 'messages'], msg: 'no' }] }],
    ['a word alone', { error: 'no' }],
    ['lines', { error: { message: 'no\nand\r\nno\u2028again' } }],
    ['nothing', {}],
  ])('E12 exactly two keys, whatever the upstream says: %s', async (_, body) => {
    const answer = await refused(json(body, { status: 400 }));
    expect(shown(answer).slice(0, 2)).toEqual([400, 'invalid_request_error']);
    expect(answer.text).not.toContain('req_up');
  });
});

describe('what the client does wrong', () => {
  it.each([
    ['no JSON', '{"model":"claude-x",', /json/i],
    ['no object', '[]', /./],
    ['no messages', JSON.stringify({ model: 'claude-x', max_tokens: 10 }), /messages/],
    ['a list that is none', JSON.stringify({ ...BASE, messages: 'hi' }), /messages/],
    ['no limit', JSON.stringify({ model: 'claude-x', messages: BASE.messages }), /max_tokens/],
  ])('E11 %s', async (_, body, message) => {
    const answer = await stage.ask('c4', body);
    checkShape(answer);
    expect(answer.sent).toEqual([]);
    expect(shown(answer)).toEqual([400, 'invalid_request_error', expect.stringMatching(message)]);
  });

  it('E11 a body above the limit', async () => {
    const answer = await stage.ask('small', base({ system: 'x'.repeat(1000) }));
    checkShape(answer);
    expect(answer.sent).toEqual([]);
    expect(shown(answer).slice(0, 2)).toEqual([413, 'request_too_large']);
  });

  it('E11 the limit is not one byte less', async () => {
    const body = JSON.stringify(base({ system: '' }));
    const padded = JSON.stringify(base({ system: 'x'.repeat(1000 - body.length) }));
    expect(padded).toHaveLength(1000);
    expect((await stage.ask('small', padded)).status).toBe(200);
    expect((await stage.ask('small', `${padded} `)).status).toBe(413);
  });

  it('E11 a body of more than 10 MiB where that is the limit, and where there is none', async () => {
    const large = base({ system: 'x'.repeat(11 * 1024 * 1024) });
    expect(shown(await stage.ask('c4', large)).slice(0, 2)).toEqual([413, 'request_too_large']);
    const answer = await stage.ask('unlimited', large);
    expect(shown(answer)[2]).toMatch(/^prompt is too long/);
    expect(answer.sent).toHaveLength(1);
  });

  it('E06 no key of the client is asked for, and none reaches the upstream', async () => {
    const { 'x-api-key': _key, ...headers } = CLIENT_HEADERS;
    const answer = await http(stage.url('c4', '/v1/messages'), { headers, body: BASE });
    expect(answer.status).toBe(200);
    const withKey = await stage.ask('c4', BASE, { headers: { authorization: 'Bearer sk-client-key-that-stays-here' } });
    expect(messageOf(withKey).content).toHaveLength(1);
    expect(JSON.stringify(withKey.sent[0]?.headers)).not.toContain('stays-here');
  });
});

recordsEveryExchange(() => stage);
