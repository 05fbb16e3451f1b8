import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiError, chunk, gate, sse, text as says, type ReplyScript } from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import { A, base, BASE, talk, text, TOOL, toolResult, toolUse, U, type Fields } from './support/requests.js';
import { C4, C5, DS, errorOf, messageOf, Stage, transcriptOf } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ c4: C4, c5: C5, c56: { model: 'gpt-5.6' }, ds: DS, heal: C4, heal5: C5 });
});
afterAll(() => stage.close());

describe('R46 the length of the answer', () => {
  it('R46 nothing at all is answered here, with the tokens of the prompt', async () => {
    const answer = await stage.ask('c5', base({ max_tokens: 0 }));
    expect(answer.sent).toEqual([]);
    expect(messageOf(answer)).toMatchObject({
      content: [],
      stop_reason: 'max_tokens',
      usage: { input_tokens: expect.any(Number), output_tokens: 0 },
    });
    expect(messageOf(answer).usage.input_tokens).toBeGreaterThan(1);
  });

  it('R46 nothing at all, streamed', async () => {
    const answer = await stage.ask('c5', base({ max_tokens: 0, stream: true }));
    expect(answer.sent).toEqual([]);
    expect(transcriptOf(answer)).toBe('MS · MD(max_tokens) · ME');
  });

  it('R46 more than the model can do is cut to that, and told', async () => {
    const answer = await stage.ask('c5', base({ max_tokens: 1_000_000 }));
    expect(answer.sent[0]?.body).toMatchObject({ max_completion_tokens: 128_000 });
    expect(await stage.ledger(answer)).toEqual(['lossy:max_tokens']);
  });

  it('R46 one token is asked for as such, by the name that the server knows', async () => {
    expect(await stage.out('c4', base({ max_tokens: 1 }))).toMatchObject({ max_completion_tokens: 1 });
    const compatible = await stage.out('ds', base({ max_tokens: 1 }));
    expect(compatible).toMatchObject({ max_tokens: 1 });
    expect(compatible).not.toHaveProperty('max_completion_tokens');
  });
});

describe('sampling and stop sequences', () => {
  it('R47 sampling goes to models that sample', async () => {
    const sampling = { temperature: 0.3, top_p: 0.9, top_k: 40 };
    const reasoning = await stage.out('c5', base(sampling));
    for (const key of Object.keys(sampling)) expect(reasoning).not.toHaveProperty(key);
    const plain = await stage.out('c4', base(sampling));
    expect(plain).toMatchObject({ temperature: 0.3, top_p: 0.9 });
    expect(plain).not.toHaveProperty('top_k');
  });

  const stops = { stop_sequences: ['A1', 'B2', 'C3', 'D4', 'E5', 'END'] };

  it('R48 the gateway stops a stream itself and lets the upstream go', async () => {
    const forever = gate();
    const answer = await stage.ask('c4', base({ ...stops, stream: true }), {
      upstream: sse([chunk({ content: 'some fooE' }), chunk({ content: 'NDbar' }), forever]),
    });
    const [request] = answer.sent;
    expect(request?.body).not.toHaveProperty('stop');
    expect(answer.text).not.toMatch(/END"?.*text_delta|bar|fooE/);
    expect(transcriptOf(answer)).toBe('MS · S0:text · D0"some foo" · P0 · MD(stop_sequence "END") · ME');
    await request?.closed;
    expect(request?.aborted).toBe(true);
  });

  it('R48 without a stream', async () => {
    const answer = await stage.ask('c4', base(stops), { upstream: says('some fooENDbar') });
    expect(messageOf(answer)).toMatchObject({
      content: [{ type: 'text', text: 'some foo' }],
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
    });
    expect(answer.text).not.toContain('bar');
  });

  it('R48 what only looks like the beginning of one is said in the end', async () => {
    const answer = await stage.ask('c4', base({ ...stops, stream: true }), { upstream: says(['fooE', 'N', 'joy E']) });
    const words = transcriptOf(answer).matchAll(/D0"([^"]*)"/g);
    expect([...words].map(([, word]) => word).join('')).toBe('fooENjoy E');
    expect(transcriptOf(answer)).toMatch(/MD\(end_turn\) · ME$/);
  });
});

describe('thinking', () => {
  it.each<[string, Fields, string]>([
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 31_999 } }, 'xhigh'],
    ['a smaller budget', { thinking: { type: 'enabled', budget_tokens: 4000 } }, 'medium'],
    ['adaptive', { thinking: { type: 'adaptive' } }, 'high'],
    ['more than the model has', { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, 'xhigh'],
    ['disabled', { thinking: { type: 'disabled' } }, 'none'],
    ['an effort alone', { output_config: { effort: 'low' } }, 'low'],
  ])('R49 %s', async (_, more, effort) => {
    const { sent } = await stage.ask('c5', base({ max_tokens: 32_000, ...more }));
    expect(sent[0]?.body).toMatchObject({ reasoning_effort: effort });
    expect(sent[0]?.rawBody.toString()).not.toContain('"thinking"');
  });

  it('R49 a long answer without a word about thinking is left to the model', async () => {
    expect(await stage.out('c5', base({ max_tokens: 32_000 }))).not.toHaveProperty('reasoning_effort');
  });

  it('R49 a model that does not reason is not asked to', async () => {
    expect(await stage.out('c4', base({ thinking: { type: 'adaptive' } }))).not.toHaveProperty('reasoning_effort');
  });

  it('R50 a model that takes tools only without reasoning gets them without, and that is told', async () => {
    const answer = await stage.ask('c56', base({ tools: [TOOL], thinking: { type: 'adaptive' } }));
    expect(answer.status).toBe(200);
    expect(answer.sent).toHaveLength(1);
    expect(answer.sent[0]).toMatchObject({ path: '/v1/chat/completions', body: { reasoning_effort: 'none' } });
    expect(await stage.ledger(answer)).toEqual(['lossy:reasoning']);
  });
});

describe('about the request', () => {
  it('R51 who asks is told in hashes, a session keeps its cache', async () => {
    const user = (session: string): string =>
      `user_${'f'.repeat(64)}_account_${'0'.repeat(36)}_session_${session}`.padEnd(150, 'x');
    const sent = async (session: string, question: string): Promise<Fields> =>
      stage.out('c5', talk([U(text(question))], { metadata: { user_id: user(session) } }));
    const session = '11111111-2222-4333-8444-555555555555';
    const first = await sent(session, 'one');
    const second = await sent(session, 'two');
    for (const out of [first, second]) {
      for (const key of ['safety_identifier', 'prompt_cache_key']) expect(String(out[key])).toMatch(/^[\w-]{8,64}$/);
      expect(out).not.toHaveProperty('metadata');
    }
    expect(second['prompt_cache_key']).toBe(first['prompt_cache_key']);
    const other = await sent('99999999-2222-4333-8444-555555555555', 'one');
    expect(other['prompt_cache_key']).not.toBe(first['prompt_cache_key']);
  });

  it('R51 Claude Code’s newer form of the same', async () => {
    const sent = (text_: string): Promise<Fields> =>
      stage.out(
        'c5',
        talk([U(text(text_))], {
          metadata: { user_id: JSON.stringify({ device_id: 'd'.repeat(64), account_uuid: '', session_id: 'S1' }) },
        }),
      );
    const [first, second] = [await sent('one'), await sent('two')];
    expect(String(first['prompt_cache_key']).length).toBeLessThanOrEqual(64);
    expect(second['prompt_cache_key']).toBe(first['prompt_cache_key']);
  });

  it('R52 a schema for the answer goes unchanged, strict only where it is', async () => {
    const sent = async (schema: object): Promise<unknown> =>
      (await stage.out('c4', base({ output_config: { format: { type: 'json_schema', schema } } })))['response_format'];
    const open = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] };
    expect(await sent(open)).toEqual({
      type: 'json_schema',
      json_schema: { name: 'structured_output', schema: open, strict: false },
    });
    const closed = { ...open, required: ['a', 'b'], additionalProperties: false };
    expect(await sent(closed)).toMatchObject({ json_schema: { schema: closed, strict: true } });
  });

  it('R53 safeguards are refused by their name, and nobody is asked', async () => {
    const answer = await stage.ask('c4', base({ safeguards: { mode: 'auto' } }));
    expect(answer.sent).toEqual([]);
    expect(answer.status).toBe(400);
    expect(errorOf(answer).error).toEqual({
      type: 'invalid_request_error',
      message: expect.stringContaining('safeguards'),
    });
  });

  it('R54 what is new in the client’s API does no harm and goes no further', async () => {
    const answer = await stage.ask('c4', base({ brand_new_field: 1 }), {
      path: '/v1/messages?beta=true',
      headers: { 'anthropic-beta': 'x-2027-01-01' },
    });
    expect(answer.status).toBe(200);
    const [request] = answer.sent;
    expect(request?.rawBody.toString()).not.toContain('brand_new_field');
    expect(Object.keys(request!.headers).filter((name) => /anthropic|api-key|beta/.test(name))).toEqual([]);
    expect([request?.path, request?.query]).toEqual(['/v1/chat/completions', '']);
  });

  it('R55 what two turns share is the same byte for byte', async () => {
    const shared = {
      system: [text('A'), text('B')],
      tools: [TOOL, { ...TOOL, name: 'Write', input_schema: { properties: { z: {}, a: { type: 'array' } } } }],
    };
    const first = [U(text('q')), A(text('a'), toolUse('t1', { b: 1, a: [] }))];
    const second = [...first, U(toolResult('t1', [text('r')])), A(text('so'))];
    const sent = async (route: string, messages: readonly object[]): Promise<string> =>
      (await stage.ask(route, talk(messages, shared))).sent[0]!.rawBody.toString();
    for (const route of ['c4', 'c5', 'ds']) {
      const earlier = await sent(route, [...first, U(toolResult('t1', [text('r')]))]);
      const later = await sent(route, [...second, U(text('next'))]);
      expect(later).toContain(toolsOf(earlier));
      const prefix = messagesOf(earlier).slice(0, -1);
      expect(messagesOf(later).slice(0, prefix.length)).toBe(prefix);
    }
  });
});

/** The JSON of `messages` and of `tools`, as sent. */
const messagesOf = (body: string): string => sliceOf(body, 'messages');
const toolsOf = (body: string): string => sliceOf(body, 'tools');

function sliceOf(body: string, key: string): string {
  const from = body.indexOf(`"${key}":[`) + `"${key}":`.length;
  let depth = 0;
  for (let at = from; at < body.length; at += 1) {
    // No bracket stands in a string of these requests.
    if (body[at] === '[') depth += 1;
    else if (body[at] === ']') depth -= 1;
    if (depth === 0) return body.slice(from, at + 1);
  }
  throw new Error(`no ${key} in ${body}`);
}

describe('R56 a parameter that the upstream refuses', () => {
  const refusesTemperature: ReplyScript = apiError(400, {
    message: "Unsupported parameter: 'temperature' is not supported with this model.",
    param: 'temperature',
    code: 'unsupported_parameter',
  });

  it('R56 is left out at once, and not sent again', async () => {
    const first = await stage.ask('heal', base({ temperature: 0.3 }), { upstream: [refusesTemperature, says('fine')] });
    expect(first.status).toBe(200);
    expect(messageOf(first).content).toMatchObject([{ type: 'text', text: 'fine' }]);
    const [refused, healed] = first.sent.map(({ body }) => body as Fields);
    expect(first.sent).toHaveLength(2);
    expect(refused).toHaveProperty('temperature', 0.3);
    expect(healed).not.toHaveProperty('temperature');
    expect(await stage.ledger(first)).toEqual(['lossy:temperature']);
    expect(await stage.out('heal', base({ temperature: 0.3 }))).not.toHaveProperty('temperature');
    expect(await stage.out('c4', base({ temperature: 0.3 }))).toHaveProperty('temperature');
  });

  it('R56 heals a stream before it begins', async () => {
    const answer = await stage.ask(
      'heal5',
      base({ stream: true, max_tokens: 32_000, thinking: { type: 'adaptive' } }),
      {
        upstream: [
          apiError(400, {
            message:
              "Unsupported value: 'reasoning_effort' does not support 'high' with this model. Supported values are: 'none', 'low', and 'medium'.",
            param: 'reasoning_effort',
            code: 'unsupported_value',
          }),
          says('fine'),
        ],
      },
    );
    expect(answer.sent.map(({ body }) => (body as Fields)['reasoning_effort'])).toEqual(['high', 'medium']);
    expect(transcriptOf(answer)).toBe('MS · S0:text · D0"fine" · P0 · MD(end_turn) · ME');
  });

  it('R56 what cannot be healed is told', async () => {
    const answer = await stage.ask('c4', BASE, {
      upstream: apiError(400, { message: "Invalid value for 'messages[0]': no.", param: 'messages[0]' }),
    });
    expect(answer.sent).toHaveLength(1);
    expect([answer.status, errorOf(answer).error.type]).toEqual([400, 'invalid_request_error']);
  });
});

recordsEveryExchange(() => stage);
