import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai';
import {
  apiError,
  chunk,
  cut,
  html,
  json,
  rateLimit,
  sse,
  text,
  toolCalls,
  turn,
  fin,
  DONE,
  type RecordedRequest,
} from '../../apps/simulated-openai/src/index.js';
import { eventually } from '../support/index.js';
import { C4, C5, CLIENT_KEY, Stage } from './support/stage.js';

const OPENAI = { llm_format: 'openai' };
const SIZE = 4000;

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    any: { model: null, config: OPENAI },
    fixed: { ...C5, config: OPENAI },
    set: { ...C4, config: { ...OPENAI, max_request_body_size: SIZE }, options: { max_tokens: 77, temperature: 0.5 } },
    never: { ...C4, config: { ...OPENAI, response_streaming: 'deny' } },
    own: {
      model: null,
      config: {
        ...OPENAI,
        auth: { header_name: 'Authorization', header_value: 'Bearer sk-none', allow_override: true },
      },
    },
    wrong: {
      model: null,
      config: { ...OPENAI, auth: { header_name: 'Authorization', header_value: 'Bearer sk-wrong-key-of-gateway' } },
    },
    embed: { model: 'text-embedding-3-small', config: { ...OPENAI, route_type: 'llm/v1/embeddings' } },
    down: { ...C4, config: OPENAI, upstreamUrl: 'http://127.0.0.1:1/v1/chat/completions' },
  });
});
afterAll(() => stage.close());

const client = (route = 'any', apiKey = CLIENT_KEY): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${stage.url(route)}/v1`, maxRetries: 0 });
const HI = { model: 'gpt-4.1', messages: [{ role: 'user' as const, content: 'hi' }] };
const last = (): RecordedRequest => stage.openai.requests.at(-1)!;
const thrown = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );

/** The record of the exchange whose answer had these headers. */
const recordOf = (id: string | null | undefined) => stage.recordOf({ headers: { 'request-id': id ?? '' } });

describe('chat completions', () => {
  it('come as the upstream made them', async () => {
    stage.openai.enqueue(text('Hello there', { usage: { prompt: 9, completion: 2, cached: 4, reasoning: 1 } }));
    const { data, response, request_id } = await client().chat.completions.create(HI).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'Hello there' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 4 } },
    });
    expect(request_id).toBe(response.headers.get('request-id'));
    expect(JSON.stringify(last().headers)).not.toContain(CLIENT_KEY);
    expect(await recordOf(response.headers.get('request-id'))).toMatchObject({
      ai: {
        usage: {
          prompt_tokens: 9,
          completion_tokens: 2,
          prompt_tokens_details: { cached_tokens: 4 },
          completion_tokens_details: { reasoning_tokens: 1 },
          estimated: false,
        },
        translation: { from: 'openai-chat', to: 'openai-chat', lossy: [] },
        stop_reason: 'stop',
      },
    });
  });

  it('reach the upstream byte for byte, with the model that the operator names', async () => {
    const body =
      '{ "messages":[{"content":"gr\\u00fc\\u00dfe 😀","role":"user"}],\n "seed" : 1.50e1, "model":"gpt-4.1" }';
    const send = (route: string) => stage.ask(route, body, { path: '/v1/chat/completions' });
    expect((await send('any')).status).toBe(200);
    expect(last().rawBody.toString()).toBe(body);
    expect((await send('fixed')).sent[0]?.rawBody.toString()).toBe(body.replace('"gpt-4.1"', '"gpt-5.2"'));
  });

  it('stream word by word, with the usage that was asked for', async () => {
    stage.openai.enqueue(text(['Grü', 'ße 👋'], { usage: { prompt: 5, completion: 2 } }));
    const stream = client().chat.completions.stream({ ...HI, stream_options: { include_usage: true } });
    const words: string[] = [];
    stream.on('content', (delta) => words.push(delta));
    const completion = await stream.finalChatCompletion();
    expect(words.filter((word) => word !== '')).toEqual(['Grü', 'ße 👋']);
    expect(completion.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 2 });
  });

  it('stream without a usage that was not asked for, and it is known all the same', async () => {
    stage.openai.enqueue(text('one two three', { usage: { prompt: 5, completion: 3 } }));
    const { data, response } = await client()
      .chat.completions.create({ ...HI, stream: true })
      .withResponse();
    const usages: unknown[] = [];
    for await (const { choices, usage } of data) {
      expect(choices).toHaveLength(1);
      if (usage) usages.push(usage);
    }
    expect(usages).toEqual([]);
    expect(last().body).toMatchObject({ stream_options: { include_usage: true } });
    expect(await recordOf(response.headers.get('request-id'))).toMatchObject({
      ai: { usage: { prompt_tokens: 5, completion_tokens: 3 }, meta: { request_mode: 'stream' } },
    });
  });

  const TOOLS = [
    {
      type: 'function' as const,
      function: { name: 'read', parameters: { type: 'object', properties: { p: { type: 'string' } } } },
    },
  ];

  it.each([true, false])('call tools and take the results back, stream: %s', async (stream) => {
    stage.openai.enqueue(
      toolCalls([
        { name: 'read', args: ['{"p":', '"a"}'], id: 'call_a' },
        { name: 'read', args: { p: 'b' }, id: 'call_b' },
      ]),
      text('done'),
    );
    const ask = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
      const request = { ...HI, tools: TOOLS, messages };
      return stream
        ? client().chat.completions.stream(request).finalMessage()
        : (await client().chat.completions.create(request)).choices[0]!.message;
    };
    const first = await ask(HI.messages);
    expect(first.tool_calls).toMatchObject([
      { id: 'call_a', function: { name: 'read', arguments: '{"p":"a"}' } },
      { id: 'call_b', function: { name: 'read', arguments: '{"p":"b"}' } },
    ]);
    const second = await ask([
      ...HI.messages,
      { role: 'assistant', tool_calls: first.tool_calls ?? [] },
      { role: 'tool', tool_call_id: 'call_a', content: 'A' },
      { role: 'tool', tool_call_id: 'call_b', content: 'B' },
    ]);
    expect(second.content).toBe('done');
  });

  it('take what the operator sets', async () => {
    await client('set').chat.completions.create({ ...HI, temperature: 1, max_completion_tokens: 5 });
    expect(last().body).toMatchObject({ model: 'gpt-4.1', max_completion_tokens: 77, temperature: 0.5 });
  });
});

describe('other endpoints', () => {
  it('embeddings', async () => {
    const request = { model: 'text-embedding-3-small', input: ['a', 'b'] };
    const { data, response } = await client().embeddings.create(request).withResponse();
    expect(data.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 1536],
      [1, 1536],
    ]);
    expect(data.usage.prompt_tokens).toBeGreaterThan(0);
    expect((await recordOf(response.headers.get('request-id'))).ai?.usage).toMatchObject({
      prompt_tokens: data.usage.prompt_tokens,
      completion_tokens: 0,
    });
    const bare = await stage.ask('embed', { input: 'a' }, { path: '' });
    expect([bare.status, (bare.json() as { object: string }).object]).toEqual([200, 'list']);
  });

  it('responses, whole and streamed', async () => {
    stage.openai.enqueue(text('Hello there'), text('Hello again', { usage: { prompt: 4, completion: 3 } }));
    const request = { model: 'gpt-5.2', input: 'hi' };
    expect((await client().responses.create(request)).output_text).toBe('Hello there');
    const streamed = await client().responses.stream(request).finalResponse();
    expect(streamed.output_text).toBe('Hello again');
  });

  it('the list of models, and one of them', async () => {
    const ids: string[] = [];
    for await (const { id } of client().models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['gpt-4.1', 'gpt-5.2']));
    expect((await client('fixed').models.list()).data.map(({ id }) => id)).toEqual(['gpt-5.2']);
    expect(await client().models.retrieve('gpt-4.1')).toMatchObject({ id: 'gpt-4.1', object: 'model' });
    expect(await thrown(client().models.retrieve('gpt-none'))).toBeInstanceOf(NotFoundError);
  });
});

describe('errors', () => {
  it('have the class, words and headers of the upstream’s', async () => {
    stage.openai.enqueue(
      apiError(400, { message: 'Invalid value.', param: 'temperature', code: 'invalid_value' }),
      apiError(
        429,
        { message: 'Slow down.', code: 'rate_limit_exceeded' },
        { headers: { 'retry-after': '7', ...rateLimit({ 'remaining-tokens': '5' }) } },
      ),
      html(502, '<html>inner-host-17</html>'),
    );
    const bad = await thrown(client().chat.completions.create(HI));
    expect(bad).toBeInstanceOf(BadRequestError);
    expect(bad).toMatchObject({
      param: 'temperature',
      code: 'invalid_value',
      requestID: expect.stringMatching(/^req_/),
    });
    const limited = (await thrown(client().chat.completions.create(HI))) as APIError;
    expect(limited).toBeInstanceOf(RateLimitError);
    expect([...limited.headers!.keys()].filter((name) => /retry|ratelimit/.test(name))).toEqual(['retry-after']);
    const broken = await thrown(client().chat.completions.create(HI));
    expect(broken).toBeInstanceOf(InternalServerError);
    expect(broken).toMatchObject({ status: 502 });
    expect(JSON.stringify(broken)).not.toContain('inner-host-17');
  });

  it('of the gateway are in the same format, with the id of the request', async () => {
    const tooLarge = await thrown(
      client('set').chat.completions.create({ ...HI, messages: [{ role: 'user', content: 'x'.repeat(SIZE) }] }),
    );
    expect(tooLarge).toMatchObject({ status: 413, requestID: expect.stringMatching(/^req_/) });
    const denied = await thrown(client('never').chat.completions.create({ ...HI, stream: true }));
    expect(denied).toBeInstanceOf(BadRequestError);
    const unknown = await thrown(client().post('/answers', { body: {} }));
    expect(unknown).toBeInstanceOf(NotFoundError);
    const unreachable = await thrown(client('down').chat.completions.create(HI));
    expect(unreachable).toMatchObject({ status: 502, type: 'server_error', requestID: expect.stringMatching(/^req_/) });
  });

  it('a refused key is shown to its owner alone', async () => {
    expect(await thrown(client('own', 'sk-of-nobody-123456').chat.completions.create(HI))).toBeInstanceOf(
      AuthenticationError,
    );
    const ofGateway = (await thrown(client('wrong').chat.completions.create(HI))) as APIError;
    expect(ofGateway).toBeInstanceOf(InternalServerError);
    expect(ofGateway.message).not.toMatch(/sk-/);
  });

  it('in the middle of a stream are errors for the SDK', async () => {
    stage.openai.enqueue(sse([chunk({ content: 'a' }), turn, cut]));
    const broken = await thrown(client().chat.completions.stream(HI).finalMessage());
    expect(broken).toBeInstanceOf(APIError);
    expect(broken).toMatchObject({ type: 'server_error' });
    stage.openai.enqueue(sse([chunk({ content: 'a' }), chunk({ content: 'b' }).slice(0, 20), turn, cut]));
    expect(await thrown(client().chat.completions.stream(HI).finalMessage())).toBeInstanceOf(Error);
    stage.openai.enqueue(sse([chunk({ role: 'assistant', content: 'a' }), fin('stop'), DONE]));
    expect((await client().chat.completions.stream(HI).finalMessage()).content).toBe('a');
  });

  it('an upstream that answers with garbage is passed on, and the record is there', async () => {
    stage.openai.enqueue(json('not a completion'));
    const { response } = await client().chat.completions.create(HI).withResponse();
    expect(await recordOf(response.headers.get('request-id'))).toMatchObject({ response: { status: 200 } });
  });
});

it('leaves one record for each request, and no key in the log', async () => {
  const served = stage.openai.requests.length;
  const records = await eventually(async () => {
    const all = await stage.gateway.logRecords(stage.logPath, 1);
    return all.length >= served ? all : undefined;
  });
  expect(new Set(records.map(({ exchange }) => exchange.id)).size).toBe(records.length);
  expect(JSON.stringify(records)).not.toMatch(/client-key-that-stays|sk-wrong-key|sk-of-nobody/);
});
