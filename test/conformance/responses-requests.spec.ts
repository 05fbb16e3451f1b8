import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiError, text as says } from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import {
  A,
  base,
  image,
  PDF,
  pdf,
  PNG,
  S,
  talk,
  text,
  TOOL,
  toolResult,
  toolUse,
  U,
  type Fields,
} from './support/requests.js';
import {
  inputText,
  itemsOf,
  output,
  said,
  shape,
  streamedText,
  userItem,
  type ResponsesOut,
} from './support/responses.js';
import { C5, errorOf, messageOf, R, Stage, type AskOptions } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    r: R,
    named: { ...R, endpoint: '/v1/chat/completions' },
    typed: { ...R, model: 'gpt-5.2', endpoint: '/v1', config: { route_type: 'llm/v1/responses' } },
    path: { ...R, model: 'gpt-5.2', endpoint: '/v1/responses' },
    chat: { ...C5, endpoint: '/v1' },
    strict: { ...R, config: { translation: { strict_prefill: true } } },
    upToXhigh: { ...R, model: 'gpt-5.4' },
    plain: { ...R, model: 'gpt-4.1', endpoint: '/v1/responses' },
  });
});
afterAll(() => stage.close());

const out = async (body: object, options: AskOptions = {}, route = 'r'): Promise<ResponsesOut> =>
  itemsOf(await stage.ask(route, body, options));
const input = async (messages: readonly object[], more: Fields = {}): Promise<readonly object[]> =>
  (await out(talk(messages, more))).input;
const marked = { cache_control: { type: 'ephemeral' } };

describe('which endpoint is asked', () => {
  it('R50 the one that takes tools beside reasoning', async () => {
    const body = base({ tools: [TOOL], thinking: { type: 'adaptive' } });
    expect((await out(body))['reasoning']).toEqual({ effort: 'high', summary: 'auto' });
    const pinned = await stage.ask('named', body);
    expect(pinned.sent[0]).toMatchObject({ path: '/v1/chat/completions', body: { reasoning_effort: 'none' } });
    expect(await stage.ledger(pinned)).toContain('lossy:reasoning');
  });

  it('the one that the route type or the address names, else Chat Completions for models that are right there', async () => {
    for (const route of ['typed', 'path']) expect(shape(await out(base(), {}, route))).toEqual(['user']);
    expect((await stage.ask('chat', base())).sent[0]?.path).toBe('/v1/chat/completions');
  });
});

describe('the envelope', () => {
  it('R02 R01 says what is wanted', async () => {
    expect(await out(base())).toEqual({
      model: 'gpt-5.6',
      input: [userItem(inputText('hi'))],
      max_output_tokens: 4096,
      store: false,
      include: ['reasoning.encrypted_content'],
      truncation: 'disabled',
      reasoning: { effort: 'none' },
    });
  });

  it('R46 R54 output limits, and what only a newer client knows', async () => {
    const one = await stage.ask('r', base({ max_tokens: 1 }), { upstream: says('Hello there, world') });
    expect(itemsOf(one)['max_output_tokens']).toBe(16);
    expect(messageOf(one)).toMatchObject({ content: [{ type: 'text', text: 'Hello' }], stop_reason: 'max_tokens' });
    const streamed = await stage.ask('r', base({ max_tokens: 1, stream: true }), {
      upstream: says('Hello there, world'),
    });
    expect(streamedText(streamed, 'text')).toBe('Hello');
    expect(streamed.text).toContain('"stop_reason":"max_tokens"');
    expect((await stage.ask('r', base({ max_tokens: 0 }))).sent).toEqual([]);
    const large = await stage.ask('r', base({ max_tokens: 1_000_000, brand_new_field: 1 }), {
      headers: { 'anthropic-beta': 'x-2027-01-01' },
      path: '/v1/messages?beta=true',
    });
    expect(itemsOf(large)['max_output_tokens']).toBe(128_000);
    expect((await stage.ledger(large))?.toSorted()).toEqual(['lossy:brand_new_field', 'lossy:max_tokens']);
    expect(large.sent[0]?.rawBody.toString()).not.toContain('brand_new_field');
    expect(large.sent[0]?.headers).not.toHaveProperty('anthropic-beta');
  });

  it('R49 thinking and effort', async () => {
    const reasoning = async (more: Fields, route = 'r') =>
      (await out(base({ max_tokens: 64_000, ...more }), {}, route))['reasoning'];
    const adaptive = { type: 'adaptive' };
    expect(await reasoning({ thinking: { type: 'enabled', budget_tokens: 31_999 } })).toEqual({
      effort: 'xhigh',
      summary: 'auto',
    });
    expect(await reasoning({ thinking: adaptive })).toEqual({ effort: 'high', summary: 'auto' });
    expect(await reasoning({ thinking: adaptive, output_config: { effort: 'max' } }, 'upToXhigh')).toEqual({
      effort: 'xhigh',
      summary: 'auto',
    });
    expect(await reasoning({ thinking: { type: 'disabled' } })).toEqual({ effort: 'none' });
    expect(await reasoning({ output_config: { effort: 'low' } })).toMatchObject({ effort: 'low' });
    expect(await reasoning({ thinking: { ...adaptive, display: 'omitted' } })).toEqual({ effort: 'high' });
  });

  it('R51 user and session become short keys', async () => {
    const ask = (question: string) =>
      out(talk([U(text(question))], { metadata: { user_id: `user_${'a'.repeat(64)}_account_b_session_S1` } }));
    const [one, two] = [await ask('x'), await ask('y')];
    expect(one['prompt_cache_key']).toBe(two['prompt_cache_key']);
    for (const key of ['prompt_cache_key', 'safety_identifier']) expect(one[key]).toMatch(/^[0-9a-f]{64}$/);
    expect(one).not.toHaveProperty('metadata');
  });

  it('R52 a schema for the answer', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] };
    const format = async (value: object) =>
      (await out(base({ output_config: { format: { type: 'json_schema', schema: value } } })))['text'];
    expect(await format(schema)).toEqual({
      format: { type: 'json_schema', name: 'structured_output', schema, strict: false },
    });
    const strict = { ...schema, required: ['a', 'b'], additionalProperties: false };
    expect(await format(strict)).toMatchObject({ format: { schema: strict, strict: true } });
  });

  it('R53 safeguards are refused by name', async () => {
    const answer = await stage.ask('r', base({ safeguards: {} }));
    expect([answer.status, answer.sent]).toEqual([400, []]);
    expect(errorOf(answer).error.message).toContain('safeguards');
  });

  it('R48 stop sequences are looked for here', async () => {
    const answer = await stage.ask('r', base({ stop_sequences: ['1', '2', '3', '4', '5', 'END'], stream: true }), {
      upstream: says(['say fooE', 'NDbar']),
    });
    expect(answer.sent[0]?.body).not.toHaveProperty('stop');
    expect(streamedText(answer, 'text')).toBe('say foo');
    expect(answer.text).toContain('"stop_reason":"stop_sequence","stop_sequence":"END"');
  });

  it('R56 what the upstream refuses is left out, and remembered', async () => {
    const message = "Unsupported parameter: 'temperature' is not supported with this model.";
    const refusal = apiError(400, { message, param: 'temperature', code: 'unsupported_parameter' });
    const body = base({ temperature: 0.5 });
    const first = await stage.ask('plain', body, { upstream: [refusal, says('ok')] });
    expect(first.status).toBe(200);
    expect(first.sent.map((one) => 'temperature' in (one.body as object))).toEqual([true, false]);
    expect(await out(body, {}, 'plain')).not.toHaveProperty('temperature');
  });

  it('R56 so with summaries, which only verified organisations get', async () => {
    const message = 'Your organization must be verified to generate reasoning summaries.';
    const refusal = apiError(400, { message, param: 'reasoning.summary', code: 'unsupported_value' });
    const body = base({ thinking: { type: 'adaptive' } });
    const first = await stage.ask('typed', body, { upstream: [refusal, says('ok')] });
    expect(first.sent.map((one) => (one.body as ResponsesOut)['reasoning'])).toEqual([
      { effort: 'high', summary: 'auto' },
      { effort: 'high' },
    ]);
    expect((await out(body, {}, 'typed'))['reasoning']).toEqual({ effort: 'high' });
  });
});

describe('the conversation', () => {
  it('R05 the system prompt is the first item', async () => {
    const [system] = (await out(base({ system: [text('A'), text('B', marked)] }))).input;
    expect(system).toEqual({
      type: 'message',
      role: 'developer',
      content: [inputText('A'), { ...inputText('B'), prompt_cache_breakpoint: { mode: 'explicit' } }],
    });
  });

  it('R06 at most four breakpoints', async () => {
    const mark = (word: string) => text(word, marked);
    const conversation = [U(mark('a')), A(text('x')), U(mark('b')), A(text('y')), U(mark('c'))];
    const body = await out(talk(conversation, { system: [mark('s1'), mark('s2')] }));
    const parts = body.input.flatMap(({ content = [] }) => content);
    expect(parts.filter((part) => 'prompt_cache_breakpoint' in part).map((part) => part.text)).toEqual([
      's2',
      'a',
      'b',
      'c',
    ]);
  });

  it('R07 R35 instructions keep their place, empty messages go', async () => {
    const body = await out(talk([U(text('a')), A(text('b')), S('note'), U(), U(text('c'))]));
    expect(shape(body)).toEqual(['user', 'assistant', 'developer', 'user']);
    expect(JSON.stringify(body).split('note')).toHaveLength(2);
  });

  it('R10 R12 R13 R32 R34 images, files, documents, search results and what is not known', async () => {
    const url = { type: 'image', source: { type: 'url', url: 'https://h.example/i.png' } };
    const document = {
      type: 'document',
      title: 'T',
      context: 'K',
      source: { type: 'text', media_type: 'text/plain', data: 'body' },
    };
    const result = { type: 'search_result', source: 's', title: 't', content: [text('c')] };
    const answer = await stage.ask('r', talk([U(url, pdf(), document, result, { type: 'brand_new', text: 'z' })]));
    expect(itemsOf(answer).input).toEqual([
      userItem(
        { type: 'input_image', image_url: 'https://h.example/i.png', detail: 'high' },
        { type: 'input_file', filename: 'r.pdf', file_data: `data:application/pdf;base64,${PDF}` },
        inputText('Document: T\nContext: K\n\nbody'),
        inputText('Search result: t\nSource: s'),
        inputText('c'),
        inputText('z'),
      ),
    ]);
    expect(await stage.ledger(answer)).toEqual(['lossy:block:brand_new']);
  });

  it('R11 R36 what cannot be sent is refused here', async () => {
    const file = { type: 'image', source: { type: 'file', file_id: 'file_X' } };
    const unknown = await stage.ask('r', talk([U(file)]));
    expect([unknown.status, unknown.sent]).toEqual([404, []]);
    expect(errorOf(unknown).error).toEqual({ type: 'not_found_error', message: expect.stringContaining('file_X') });
    const empty = await stage.ask('r', talk([U()]));
    expect([empty.status, empty.sent]).toEqual([400, []]);
  });

  it('R15 R17 R18 R30 calls and results are items, each call answered once', async () => {
    const turn = A(text('a'), toolUse('t1', { b: 1, a: 2 }), text('b'), toolUse('t2'));
    expect(await input([U(text('q')), turn, U(toolResult('ghost', 'boo'), toolResult('t1', 'ok'))])).toEqual([
      userItem(inputText('q')),
      said('a'),
      { type: 'function_call', call_id: 't1', name: 'Read', arguments: '{"b":1,"a":2}' },
      said('b'),
      { type: 'function_call', call_id: 't2', name: 'Read', arguments: '{}' },
      output('t1', 'ok'),
      output('t2', '[Tool execution was interrupted; no result]'),
      userItem(inputText('Result of the tool call ghost, which is not part of this conversation:'), inputText('boo')),
    ]);
  });

  it('R20 R23 images stay in results, failures say so', async () => {
    const conversation = [
      U(text('q')),
      A(toolUse('t1'), toolUse('t2')),
      U(toolResult('t1', [text('see'), image(), pdf()]), toolResult('t2', 'boom', { is_error: true })),
    ];
    expect((await input(conversation)).slice(3)).toEqual([
      output('t1', [
        inputText('see'),
        { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'high' },
        { type: 'input_file', filename: 'r.pdf', file_data: `data:application/pdf;base64,${PDF}` },
      ]),
      output('t2', '[tool error] boom'),
    ]);
  });

  it('R37 an answer begun by the client is continued, or refused in strict mode', async () => {
    const conversation = talk([U(text('q')), A(text('{"k":'))]);
    const answer = await stage.ask('r', conversation, { upstream: says('{"k":1}') });
    expect(shape(itemsOf(answer))).toEqual(['user', 'assistant', 'developer']);
    expect(messageOf(answer).content).toMatchObject([{ text: '1}' }]);
    const refused = await stage.ask('strict', conversation);
    expect([refused.status, refused.sent]).toEqual([400, []]);
    expect(errorOf(refused).error.message).toContain('prefill');
  });
});

recordsEveryExchange(() => stage);
