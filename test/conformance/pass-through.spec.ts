import Anthropic, { InternalServerError, APIError } from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { base, BASE, U, text } from './support/requests.js';
import { eventually, RawConnection, ScriptedUpstream, type ScriptedAnswer } from '../support/index.js';
import { C4, CLIENT_HEADERS, CLIENT_KEY, errorOf, Stage, type AskOptions, type Exchange } from './support/stage.js';

const KEY = 'sk-ant-of-the-gateway-0123456789';
const OWN_KEY = 'sk-ant-of-the-client-9876543210';

let upstream: ScriptedUpstream;
let stage: Stage;
beforeAll(async () => {
  upstream = await ScriptedUpstream.start();
  const route = { provider: 'anthropic', upstreamUrl: `${upstream.url}/v1/messages` } as const;
  const auth = { header_name: 'x-api-key', header_value: KEY };
  stage = await Stage.open({
    same: { ...route, model: null, config: { auth } },
    named: { ...route, model: 'claude-opus-5-5', config: { auth } },
    own: { ...route, model: null, config: { auth: { ...auth, allow_override: true } } },
    chat: C4,
  });
});
afterAll(async () => {
  await stage.close();
  await upstream.close();
});

const ask = (
  answer: ScriptedAnswer,
  body: string | object = BASE,
  options: AskOptions & { route?: string } = {},
): Promise<Exchange> => {
  upstream.enqueue(answer);
  return stage.ask(options.route ?? 'same', body, options);
};

const MESSAGE = {
  id: 'msg_01',
  type: 'message',
  role: 'assistant',
  model: 'claude-x',
  content: [{ type: 'text', text: 'Grüße 👋', citations: null }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, cache_read_input_tokens: 60, cache_creation_input_tokens: 30, output_tokens: 9 },
  field_of_tomorrow: { a: [1.0, -0] },
};
/** As nobody would write it again. */
const ODD_MESSAGE = JSON.stringify(MESSAGE, undefined, 3).replace('"a": [', '"a" :[ ');

/** Bytes of a request that a second `JSON.stringify` would change. */
const ODD_REQUEST = `{ "max_tokens" : 64,\n\t"temperature": 1.0, "metadata":{"user_id":"caf\\u00e9 \\ud83d\\ude00"},
  "brand_new" : { "x" : 1e2 , "y":[ ] }, "messages":[ {"content":"größer 😀 \\/ \\u0041","role":"user"} ] ,
  "model" : "claude-x" }  `;

const event = (type: string, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
const START = event('message_start', {
  message: {
    ...MESSAGE,
    content: [],
    stop_reason: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 60, cache_creation_input_tokens: 30, output_tokens: 1 },
  },
});
const FRAMES = [
  START,
  event('ping'),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grüße ' } }),
  ': a comment\n\n',
  event('event_of_tomorrow', { index: 0, what: 'ever' }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: '👋' } }),
  event('content_block_stop', { index: 0 }),
  event('message_delta', { delta: { stop_reason: null }, usage: { output_tokens: 4 } }),
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } }),
  event('message_stop'),
];
const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };
const STREAM = base({ stream: true });
const USAGE = {
  prompt_tokens: 100,
  completion_tokens: 9,
  prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
};

describe('X10 a request on its way', () => {
  it('X10 is the same to the byte', async () => {
    const answer = await ask({ pieces: [ODD_MESSAGE] }, ODD_REQUEST);
    expect(answer.status).toBe(200);
    expect(upstream.last.body.toString()).toBe(ODD_REQUEST);
    expect(upstream.last).toMatchObject({ method: 'POST', url: '/v1/messages' });
  });

  it('X10 differs in the name of the model alone where the operator names one', async () => {
    await ask({ pieces: [ODD_MESSAGE] }, ODD_REQUEST, { route: 'named' });
    expect(upstream.last.body.toString()).toBe(ODD_REQUEST.replace('"claude-x"', '"claude-opus-5-5"'));
  });

  it('X10 keeps the headers of the client, but for its key', async () => {
    await ask({ pieces: [ODD_MESSAGE] }, BASE, {
      headers: {
        'anthropic-beta': 'one-2025-01-01,x-2027-01-01',
        'anthropic-version': '2023-06-02',
        'x-of-tomorrow': 'yes',
        authorization: `Bearer ${CLIENT_KEY}`,
        cookie: 'session=1',
        connection: 'x-hop, close',
        'x-hop': 'gone',
      },
    });
    const { headers } = upstream.last;
    expect(headers).toMatchObject({
      'anthropic-beta': 'one-2025-01-01,x-2027-01-01',
      'anthropic-version': '2023-06-02',
      'x-of-tomorrow': 'yes',
      'x-api-key': KEY,
    });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['x-hop']));
    expect(JSON.stringify(headers)).not.toMatch(/stays-here|session=1/);
  });

  it('X10 keeps thinking with its signature, but for thoughts that this gateway has signed for another provider', async () => {
    const signed = { type: 'thinking', thinking: 't', signature: 'EqQBCkYIBxgCKkD+of+anthropic==' };
    const ours = { type: 'thinking', thinking: 'o', signature: 'oai1.eyJwIjoicmMifQ' };
    const talk = (...blocks: object[]): object => ({
      ...BASE,
      messages: [U(text('a')), { role: 'assistant', content: [...blocks, text('b')] }, U(text('c'))],
    });
    await ask({ pieces: [ODD_MESSAGE] }, talk(signed));
    expect(JSON.parse(upstream.last.body.toString())).toEqual(talk(signed));
    await ask({ pieces: [ODD_MESSAGE] }, talk(signed, ours));
    expect(JSON.parse(upstream.last.body.toString())).toEqual(talk(signed));
  });
});

describe('X10 an answer on its way', () => {
  it('X10 is the same to the byte, its usage is read beside it', async () => {
    const answer = await ask({
      pieces: [ODD_MESSAGE.slice(0, 40), ODD_MESSAGE.slice(40)],
      headers: { 'request-id': 'req_up' },
    });
    expect(answer.text).toBe(ODD_MESSAGE);
    expect(answer.headers).toMatchObject({
      'request-id': expect.stringMatching(/^req_[0-9a-f]{32}$/),
      'x-gateway-upstream-request-id': 'req_up',
    });
    expect(await stage.recordOf(answer)).toMatchObject({
      upstream_status: '200',
      exchange: { outcome: 'completed' },
      ai: {
        usage: USAGE,
        stop_reason: 'end_turn',
        translation: { from: 'anthropic', to: 'anthropic', lossy: [] },
        payload: { response: ODD_MESSAGE },
      },
    });
  });

  const whole = Buffer.from(FRAMES.join(''));
  const pieces = (size: number): Buffer[] =>
    Array.from({ length: Math.ceil(whole.length / size) }, (_, n) => whole.subarray(n * size, (n + 1) * size));
  it.each([
    ['frame by frame', FRAMES.map((frame) => Buffer.from(frame))],
    ['in one piece', [whole]],
    ['byte by byte', pieces(1)],
    ['cut anywhere', pieces(37)],
    ['with CRLF', [Buffer.from(whole.toString().replaceAll('\n', '\r\n'))]],
  ])('X10 is the same stream to the byte, %s', async (_, cut) => {
    const answer = await ask({ pieces: cut, headers: EVENT_STREAM }, STREAM);
    expect(answer.headers['content-type']).toBe(EVENT_STREAM['content-type']);
    expect(answer.body.equals(Buffer.concat(cut))).toBe(true);
    const record = await stage.recordOf(answer);
    // The last count is the whole one: those of several deltas do not add up.
    expect(record).toMatchObject({
      exchange: { outcome: 'completed' },
      ai: { usage: USAGE, stop_reason: 'end_turn', meta: { request_mode: 'stream', response_model: 'claude-x' } },
    });
    expect(JSON.parse(String(record.ai?.payload?.response))).toMatchObject({
      content: [{ type: 'text', text: 'Grüße 👋' }],
      stop_reason: 'end_turn',
    });
  });

  it('X10 is the same message for the official SDK, streamed or not', async () => {
    const client = new Anthropic({ apiKey: CLIENT_KEY, baseURL: stage.url('same'), maxRetries: 0 });
    const request = { model: 'claude-x', max_tokens: 64, messages: [{ role: 'user' as const, content: 'hi' }] };
    upstream.enqueue({ pieces: FRAMES, headers: EVENT_STREAM });
    expect(await client.messages.stream(request).finalMessage()).toMatchObject({
      id: 'msg_01',
      content: [{ type: 'text', text: 'Grüße 👋' }],
      usage: MESSAGE.usage,
    });
    upstream.enqueue({ pieces: [ODD_MESSAGE] });
    expect(await client.messages.create(request)).toMatchObject({ id: 'msg_01', usage: MESSAGE.usage });
  });
});

describe('X10 what goes wrong', () => {
  const refusal = {
    type: 'error',
    error: { type: 'rate_limit_error', message: 'slow down', details: { a: 1 } },
    request_id: 'req_up',
  };
  const LIMITS = {
    'retry-after': '7',
    'x-should-retry': 'true',
    'anthropic-ratelimit-tokens-remaining': '5',
    'anthropic-organization-id': 'org-1',
  };

  it('X10 an error is passed on as it is, without the limits of somebody else', async () => {
    const body = JSON.stringify(refusal, undefined, 1);
    const answer = await ask({ status: 429, headers: LIMITS, pieces: [body] });
    expect([answer.status, answer.text]).toEqual([429, body]);
    expect(answer.headers).toMatchObject({ 'retry-after': '7', 'x-should-retry': 'true' });
    expect(JSON.stringify(answer.headers)).not.toMatch(/ratelimit|org-1/);
    expect(await stage.recordOf(answer)).toMatchObject({
      exchange: { outcome: 'upstream_failed' },
      upstream_status: '429',
      error: { message: expect.stringContaining('slow down') },
      ai: { payload: { response: body } },
    });
  });

  it.each([
    ['a page', 502, 'text/html', '<html>inner-host-17</html>', 502],
    ['nothing', 503, 'text/plain', '', 503],
    ['a redirect', 307, 'application/json', '{}', 502],
  ])('X10 %s becomes an error in the format of the client', async (_, status, type, body, expected) => {
    const headers = { 'content-type': type, location: 'http://inner-host-17/' };
    const answer = await ask({ status, headers, pieces: [body] });
    expect([answer.status, errorOf(answer).error.type]).toEqual([expected, 'api_error']);
    expect(answer.text + JSON.stringify(answer.headers)).not.toContain('inner-host-17');
    expect(errorOf(answer).request_id).toBe(answer.headers['request-id']);
    expect(await stage.recordOf(answer)).toMatchObject({
      exchange: { outcome: 'upstream_failed' },
      upstream_status: String(status),
    });
  });

  it('X10 whose own key it is sees its own limits', async () => {
    const answer = await ask({ status: 429, headers: LIMITS, pieces: [JSON.stringify(refusal)] }, BASE, {
      route: 'own',
      headers: { 'x-api-key': OWN_KEY },
    });
    expect(upstream.last.headers['x-api-key']).toBe(OWN_KEY);
    expect(answer.headers).toMatchObject({ 'anthropic-ratelimit-tokens-remaining': '5' });
    expect(JSON.stringify(await stage.recordOf(answer))).not.toMatch(/9876543210|org-1/);
  });

  it('X10 a refused key of the gateway is no business of the client', async () => {
    const answer = await ask({
      status: 401,
      pieces: [
        JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: `invalid x-api-key ${KEY}` } }),
      ],
    });
    expect([answer.status, errorOf(answer).error.type]).toEqual([502, 'api_error']);
    expect(answer.text).not.toContain(KEY);
    expect(JSON.stringify(await stage.recordOf(answer))).not.toContain(KEY);
  });

  const half = FRAMES.slice(0, 4);
  it.each([
    ['between two events', half],
    ['in the data of an event', [...half, FRAMES[6]!.slice(0, 60)]],
    ['in the name of an event', [...half, 'event: content_blo']],
    ['behind the data of an event', [...half, FRAMES[6]!.slice(0, -1)]],
  ])('X10 a stream that breaks %s ends with an error that the client can read', async (_, cut) => {
    const script = { pieces: cut, headers: EVENT_STREAM, breaks: true };
    const answer = await ask(script, STREAM);
    expect(answer.status).toBe(200);
    expect(answer.text.startsWith(cut.join(''))).toBe(true);
    const record = await stage.recordOf(answer);
    expect(record).toMatchObject({ exchange: { outcome: 'upstream_failed' }, ai: { usage: { prompt_tokens: 100 } } });
    upstream.enqueue(script);
    const client = new Anthropic({ apiKey: CLIENT_KEY, baseURL: stage.url('same'), maxRetries: 0 });
    const error = await client.messages
      .stream({ model: 'claude-x', max_tokens: 64, messages: [{ role: 'user', content: 'hi' }] })
      .finalMessage()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ type: 'api_error' });
  });

  it('X10 a connection that breaks before anything came has the status of that', async () => {
    const client = new Anthropic({ apiKey: CLIENT_KEY, baseURL: stage.url('same'), maxRetries: 0 });
    upstream.enqueue({ pieces: [], headers: EVENT_STREAM, breaks: true });
    const error = await client.messages
      .stream({ model: 'claude-x', max_tokens: 64, messages: [{ role: 'user', content: 'hi' }] })
      .finalMessage()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502 });
  });
});

describe('X10 a client that leaves', () => {
  it('X10 takes the upstream with it, and leaves a record of what it got', async () => {
    upstream.enqueue({ pieces: FRAMES.slice(0, 4), headers: EVENT_STREAM, hangs: true });
    const answer = await stage.open('same', STREAM);
    await answer.until('Grüße');
    answer.leave();
    expect(await upstream.last.left).toBe(true);
    const record = await stage.recordOf(answer);
    expect(record).toMatchObject({
      exchange: { outcome: 'client_aborted' },
      ai: { usage: { prompt_tokens: 100, estimated: true } },
    });
    expect(record.ai?.usage.completion_tokens).toBeGreaterThan(0);
    const said = [{ type: 'text', text: 'Grüße ' }];
    expect(JSON.parse(String(record.ai?.payload?.response))).toMatchObject({ content: said });
  });

  it.each<[string, ScriptedAnswer]>([
    ['the head of an answer', { silent: true }],
    ['the end of an answer in one piece', { pieces: ['{"type":'], hangs: true }],
  ])('X10 while it waits for %s', async (_, script) => {
    const arrived = upstream.requests.length;
    const connection = await RawConnection.open(stage.gateway.proxy);
    upstream.enqueue(script);
    const body = JSON.stringify(BASE);
    const head = Object.entries({ host: 'a', ...CLIENT_HEADERS, 'content-length': String(body.length) });
    const fields = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    await connection.send(`POST /same/v1/messages HTTP/1.1\r\n${fields}\r\n${body}`);
    const request = await eventually(() => upstream.requests[arrived]);
    connection.close();
    expect(await request.left).toBe(true);
  });
});

describe('X10 other endpoints', () => {
  it('X10 counting goes to the upstream as it is', async () => {
    const body = '{"model":"claude-x" , "messages":[{"role":"user","content":"hi"}]}';
    const answer = await ask({ pieces: ['{"input_tokens": 8 }'] }, body, {
      path: '/v1/messages/count_tokens?beta=true',
    });
    expect(answer.text).toBe('{"input_tokens": 8 }');
    expect(upstream.last.url).toMatch(/^\/v1\/messages\/count_tokens/);
    expect(upstream.last.body.toString()).toBe(body);
    expect((await stage.recordOf(answer)).ai).toBeUndefined();
  });

  it('X10 the list of models is the one of the upstream', async () => {
    const list = {
      data: [{ type: 'model', id: 'claude-opus-5-5', display_name: 'Opus', created_at: '2026-01-01T00:00:00Z' }],
      has_more: false,
      first_id: 'claude-opus-5-5',
      last_id: 'claude-opus-5-5',
    };
    const answer = await (upstream.enqueue({ pieces: [JSON.stringify(list)] }),
    stage.ask('same', undefined, { method: 'GET', path: '/v1/models' }));
    expect(answer.status).toBe(200);
    expect((answer.json() as typeof list).data.map(({ id }) => id)).toEqual(['claude-opus-5-5']);
  });
});
