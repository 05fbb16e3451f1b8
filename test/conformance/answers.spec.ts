import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json, text as says, type HttpReply } from '../../apps/simulated-openai/src/index.js';
import { completion, use } from './support/completions.js';
import { recordsEveryExchange } from './support/records.js';
import { base, BASE, call, TOOL, type Fields } from './support/requests.js';
import { C4, C5, DS, errorOf, messageOf, Stage, type AnswerMessage, type Exchange } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ c4: C4, c5: C5, ds: DS }, ({ body }) => {
    const asked = /"echo (\d+)"/.exec(JSON.stringify(body));
    return asked ? says(`answer ${asked[1]}`) : undefined;
  });
});
afterAll(() => stage.close());

/** The answer to a request with a tool when the upstream says this. */
const ask = (upstream: HttpReply | readonly HttpReply[], route = 'c4'): Promise<Exchange> =>
  stage.ask(route, base({ tools: [TOOL] }), { upstream });
const answer = async (message: Fields, finish?: string, usage?: Fields | null): Promise<AnswerMessage> => {
  const exchange = await ask(completion(message, finish, usage));
  expect(exchange.status).toBe(200);
  return messageOf(exchange);
};

const TEXT = (text: string): object => ({ type: 'text', text, citations: null });
const USE = (id: string, input: object, name = 'Read'): object => ({
  type: 'tool_use',
  id,
  name,
  input,
  caller: { type: 'direct' },
});

describe('a whole answer', () => {
  it('S01 text, with every field of the message', async () => {
    const exchange = await ask(completion({ content: 'hi' }));
    expect(exchange.headers['content-type']).toMatch(/^application\/json/);
    const message = messageOf(exchange);
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      context_management: null,
      usage: {
        input_tokens: 10,
        output_tokens: 2,
        cache_read_input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      },
    });
    expect(message.id).toMatch(/^msg_[A-Za-z0-9]{20,}$/);
    expect(message.content).toEqual([TEXT('hi')]);
  });

  it('S02 text and a call', async () => {
    const message = await answer({ content: 'a', tool_calls: [call('call_1', '{"p":"x"}')] }, 'tool_calls');
    expect(message.content).toEqual([TEXT('a'), USE('call_1', { p: 'x' })]);
    expect(message.stop_reason).toBe('tool_use');
  });

  it('S03 a call that ends with stop', async () => {
    const message = await answer({ content: 'a', tool_calls: [call('call_1', '{"p":"x"}')] }, 'stop');
    expect(message.stop_reason).toBe('tool_use');
  });

  it('S04 calls are announced and there are none', async () => {
    const message = await answer({ content: 'x', tool_calls: [] }, 'tool_calls');
    expect(message.content).toEqual([TEXT('x')]);
    expect(message.stop_reason).toBe('end_turn');
  });

  it('S05 arguments that are no JSON are asked for once more', async () => {
    const broken = completion({ tool_calls: [call('call_1', '{"p":"x')] }, 'stop');
    const healed = await ask([broken, completion({ tool_calls: [call('call_2', '{"p":"y"}')] }, 'stop')]);
    expect(healed.sent).toHaveLength(2);
    expect(healed.sent[1]?.rawBody.equals(healed.sent[0]!.rawBody)).toBe(true);
    expect(messageOf(healed).content).toEqual([USE('call_2', { p: 'y' })]);
  });

  it('S05 and never run with other ones: the second time it is an error', async () => {
    const broken = completion({ tool_calls: [call('call_1', '{"p":"secret-looking')] }, 'stop');
    const failed = await ask([broken, broken]);
    expect(failed.sent).toHaveLength(2);
    expect([failed.status, errorOf(failed).error.type]).toEqual([502, 'api_error']);
    expect(failed.text).not.toContain('secret-looking');
    expect((await stage.recordOf(failed)).error?.message).toContain('{"p":"secret-looking');
  });

  it('S06 arguments cut by the limit are dropped', async () => {
    const message = await answer({ content: 'a', tool_calls: [call('call_1', '{"p":"x')] }, 'length');
    expect(message.content).toEqual([TEXT('a')]);
    expect(message.stop_reason).toBe('max_tokens');
  });

  it('S07 no arguments at all', async () => {
    const message = await answer({ tool_calls: [call('call_1', '')] }, 'tool_calls');
    expect(message.content).toEqual([USE('call_1', {})]);
  });

  it('S08 a refusal', async () => {
    const message = await answer({ content: null, refusal: 'No.' });
    expect(message.content).toEqual([TEXT('No.')]);
    expect(message.stop_reason).toBe('refusal');
    expect(message.stop_details).toMatchObject({ type: 'refusal', explanation: 'No.' });
  });

  it('S09 a content filter', async () => {
    const message = await answer({ content: 'par' }, 'content_filter');
    expect(message.content).toEqual([TEXT('par')]);
    expect(message.stop_reason).toBe('refusal');
  });

  it('S10 visible reasoning comes first, and is signed', async () => {
    const exchange = await ask(
      completion({ reasoning_content: 'r', content: 'a', tool_calls: [call('call_1', '{"p":"x"}')] }, 'tool_calls'),
      'ds',
    );
    expect(messageOf(exchange).content).toEqual([
      { type: 'thinking', thinking: 'r', signature: expect.stringMatching(/.{20}/) },
      TEXT('a'),
      USE('call_1', { p: 'x' }),
    ]);
  });

  it('S11 cached tokens are counted apart, once', async () => {
    const { usage } = await answer(
      { content: 'a' },
      'stop',
      use(100, 9, {
        prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
        completion_tokens_details: { reasoning_tokens: 4 },
      }),
    );
    expect(usage).toMatchObject({
      input_tokens: 10,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 0 },
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
    });
  });

  it('S12 without usage the gateway counts', async () => {
    const exchange = await ask(completion({ content: 'some words of an answer' }, 'stop', null));
    const { usage } = messageOf(exchange);
    expect(usage.input_tokens).toBeGreaterThan(10);
    expect(usage.output_tokens).toBeGreaterThan(3);
    expect((await stage.recordOf(exchange)).ai?.usage).toMatchObject({
      estimated: true,
      prompt_tokens: usage.input_tokens,
      completion_tokens: usage.output_tokens,
    });
  });

  it('S13 no choice at all is a failure', async () => {
    const exchange = await ask(json({ id: 'chatcmpl-1', choices: [], usage: use(1, 0) }));
    expect([exchange.status, errorOf(exchange).error.type]).toEqual([502, 'api_error']);
  });

  it('S18 a hundred at once have a hundred ids, and each gets its own answer', async () => {
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    const answers = await Promise.all(
      numbers.map((n) => stage.ask('c5', { ...BASE, messages: [{ role: 'user', content: `echo ${n}` }] })),
    );
    expect(answers.map((one) => messageOf(one).content)).toEqual(numbers.map((n) => [TEXT(`answer ${n}`)]));
    expect(new Set(answers.map((one) => messageOf(one).id)).size).toBe(100);
    expect(new Set(answers.map(({ headers }) => headers['request-id'])).size).toBe(100);
  });
});

recordsEveryExchange(() => stage);
