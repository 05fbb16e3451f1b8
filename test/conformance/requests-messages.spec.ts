import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { text as says } from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import {
  A,
  base,
  BASE,
  call,
  filePart,
  image,
  imagePart,
  PDF,
  pdf,
  PNG,
  S,
  talk,
  text,
  textPart,
  TOOL,
  toolResult,
  toolUse,
  U,
} from './support/requests.js';
import { C4, C5, DS, errorOf, messageOf, outOf, Stage, type OutMessage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    c4: C4,
    c5: C5,
    ds: DS,
    strict: { ...C4, config: { translation: { strict_prefill: true } } },
    fetching: { ...C4, config: { translation: { fetch_documents: true } } },
  });
});
afterAll(() => stage.close());

/** The messages that reach the upstream for this conversation. */
const messages = async (route: string, conversation: readonly object[], more = {}): Promise<readonly OutMessage[]> =>
  (await stage.out(route, talk(conversation, more))).messages;

const roles = (sent: readonly OutMessage[]): string[] => sent.map(({ role }) => role);

const partsOf = (message: OutMessage | undefined): Exclude<NonNullable<OutMessage['content']>, string> =>
  Array.isArray(message?.content) ? message.content : [];

/** All text of a message, whatever shape it has. */
const textOf = (message: OutMessage | undefined): string =>
  typeof message?.content === 'string'
    ? message.content
    : (message?.content ?? []).map((part) => part.text ?? '').join('\n');

describe('the instructions', () => {
  it('R01 a plain request has OpenAI’s names and nothing that was not asked for', async () => {
    expect(await stage.out('c5', BASE)).toEqual({
      model: 'gpt-5.2',
      messages: [{ role: 'user', content: 'hi' }],
      max_completion_tokens: 4096,
      reasoning_effort: 'none',
    });
  });

  it('R03 the system prompt has the role that the model knows', async () => {
    const first = async (route: string) => (await stage.out(route, base({ system: 'S' }))).messages[0];
    expect(await first('c5')).toEqual({ role: 'developer', content: 'S' });
    expect(await first('c4')).toEqual({ role: 'system', content: 'S' });
    expect(await first('ds')).toEqual({ role: 'system', content: 'S' });
  });

  it('R04 the blocks of a system prompt stay apart, without their cache marks', async () => {
    const system = [text('A'), text('B', { cache_control: { type: 'ephemeral' } })];
    const exchange = await stage.ask('c4', base({ system }));
    expect(outOf(exchange).messages[0]).toEqual({
      role: 'system',
      content: [textPart('A'), textPart('B')],
    });
    expect(exchange.sent[0]?.rawBody.toString()).not.toContain('cache_control');
  });

  it('R07 an instruction in the middle of the conversation stays there', async () => {
    const sent = await messages('c5', [U(text('a')), A(text('b')), S('note'), U(text('c'))]);
    expect(roles(sent)).toEqual(['user', 'assistant', 'developer', 'user']);
    expect(sent.map(textOf)).toEqual(['a', 'b', 'note', 'c']);
  });

  it('R08 an instruction between a call and its result moves behind the result', async () => {
    const sent = await messages('c5', [U(text('q')), A(toolUse('t1')), S('note'), U(toolResult('t1', 'ok'))], {
      tools: [TOOL],
    });
    expect(roles(sent)).toEqual(['user', 'assistant', 'tool', 'developer']);
    expect(sent[1]?.tool_calls).toEqual([call('t1')]);
    expect(sent[2]).toEqual({ role: 'tool', tool_call_id: 't1', content: 'ok' });
    expect(textOf(sent[3])).toBe('note');
  });
});

describe('what a user sends', () => {
  it('R09 an image as data', async () => {
    const [message] = await messages('c4', [U(text('x'), image())]);
    expect(message?.content).toEqual([textPart('x'), imagePart()]);
  });

  it('R10 an image by its address', async () => {
    const [message] = await messages('c4', [U({ type: 'image', source: { type: 'url', url: 'https://h/i.png' } })]);
    expect(message?.content).toEqual([{ type: 'image_url', image_url: { url: 'https://h/i.png', detail: 'high' } }]);
  });

  it('R11 a file of another house is not found, and nobody is asked', async () => {
    const answer = await stage.ask('c4', talk([U({ type: 'image', source: { type: 'file', file_id: 'file_X' } })]));
    expect(answer.sent).toEqual([]);
    expect(answer.status).toBe(404);
    expect(errorOf(answer).error).toEqual({ type: 'not_found_error', message: expect.stringContaining('file_X') });
  });

  it('R12 a PDF', async () => {
    const [message] = await messages('c4', [U(pdf())]);
    expect(message?.content).toEqual([filePart('r.pdf')]);
    expect(filePart('r.pdf')).toMatchObject({ file: { file_data: `data:application/pdf;base64,${PDF}` } });
  });

  const remotePdf = (url: string): object => ({ type: 'document', title: 'r.pdf', source: { type: 'url', url } });

  it('R12 a PDF by its address is refused, so that the client leaves it out', async () => {
    const answer = await stage.ask('c4', talk([U(remotePdf('https://example.com/r.pdf'))]));
    expect(answer.sent).toEqual([]);
    expect([answer.status, errorOf(answer).error.type]).toEqual([400, 'invalid_request_error']);
    expect(errorOf(answer).error.message).toMatch(/^messages\.0\.content\.0\.document.*does not support PDF input/);
  });

  it('R12 fetched by the gateway, it must not lead into the gateway’s own network', async () => {
    let connections = 0;
    const inside = createServer((socket) => {
      connections += 1;
      socket.destroy();
    })
      .listen(0, '127.0.0.1')
      .unref();
    await once(inside, 'listening');
    const { port } = inside.address() as AddressInfo;
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `2130706433:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      '169.254.169.254',
      'localhost',
    ]) {
      const answer = await stage.ask(
        'fetching',
        talk([U(text('a')), A(toolUse('t1')), U(toolResult('t1', [remotePdf(`https://${host}/r.pdf`)]))]),
      );
      expect(answer.sent).toEqual([]);
      expect([answer.status, errorOf(answer).error]).toEqual([
        400,
        {
          type: 'invalid_request_error',
          message:
            'messages.2.content.0.content.0.document.source.url: Could not process PDF: the document cannot be fetched from this URL',
        },
      ]);
    }
    expect(connections).toBe(0);
    // What needs no fetching goes its way.
    expect(partsOf((await messages('fetching', [U(pdf())]))[0])).toEqual([filePart('r.pdf')]);
  });

  it('R13 a document of text, with its title and context', async () => {
    const document = {
      type: 'document',
      title: 'T',
      context: 'K',
      source: { type: 'text', media_type: 'text/plain', data: 'body' },
    };
    const [message] = await messages('c4', [U(document)]);
    expect(message?.content).toEqual([{ type: 'text', text: expect.stringMatching(/T[^]*K[^]*body/) }]);
  });

  it('R32 a search result with its source and title', async () => {
    const [message] = await messages('c4', [
      U({ type: 'search_result', source: 's://x', title: 'Title', content: [text('the content')] }),
    ]);
    for (const piece of ['s://x', 'Title', 'the content']) expect(textOf(message)).toContain(piece);
    expect(partsOf(message).every(({ type }) => type === 'text')).toBe(true);
  });

  it('R34 a block that nobody knows yet keeps its text', async () => {
    const answer = await stage.ask('c4', talk([U({ type: 'brand_new', text: 'z' })]));
    expect(answer.status).toBe(200);
    expect(answer.sent[0]?.body).toMatchObject({ messages: [{ role: 'user', content: [textPart('z')] }] });
    expect(await stage.ledger(answer)).toEqual(['lossy:block:brand_new']);
  });

  it('R35 an empty message is left out', async () => {
    expect(await messages('c4', [U(), { role: 'user', content: 'q' }])).toEqual([{ role: 'user', content: 'q' }]);
  });

  it('R36 nothing but an empty message is refused, and nobody is asked', async () => {
    const answer = await stage.ask('c4', talk([U()]));
    expect(answer.sent).toEqual([]);
    expect([answer.status, errorOf(answer).error.type]).toEqual([400, 'invalid_request_error']);
  });
});

describe('calls and their results', () => {
  const asked = [U(text('q')), A(toolUse('t1'))];
  /** What becomes of a result of `t1`: everything behind the call. */
  const resultOf = async (content?: unknown, more = {}, route = 'c4'): Promise<readonly OutMessage[]> =>
    (await messages(route, [...asked, U(toolResult('t1', content, more))], { tools: [TOOL] })).slice(2);

  it('R14 a call keeps the order of its arguments, the result follows', async () => {
    const conversation = [U(text('q')), A(toolUse('t1', { b: 1, a: 2 })), U(toolResult('t1', 'ok'))];
    const sent = await messages('c4', conversation, { tools: [TOOL] });
    expect(sent[1]?.tool_calls?.[0]).toEqual(call('t1', '{"b":1,"a":2}'));
    expect(sent[2]).toEqual({ role: 'tool', tool_call_id: 't1', content: 'ok' });
    expect(sent).toHaveLength(3);
  });

  it('R16 results come first, in the order of their calls, then the rest of the turn', async () => {
    const sent = await messages(
      'c4',
      [
        U(text('q')),
        A(toolUse('t1'), toolUse('t2'), toolUse('t3')),
        U(text('note'), toolResult('t2', '2'), toolResult('t1', '1'), toolResult('t3', '3')),
      ],
      { tools: [TOOL] },
    );
    expect(sent.slice(1).map(({ role, tool_call_id: id }) => id ?? role)).toEqual([
      'assistant',
      't1',
      't2',
      't3',
      'user',
    ]);
    expect(sent.slice(2).map(textOf)).toEqual(['1', '2', '3', 'note']);
  });

  it('R17 a call without result gets one', async () => {
    const sent = await messages('c4', [U(text('q')), A(toolUse('t1'), toolUse('t2')), U(toolResult('t1', 'ok'))], {
      tools: [TOOL],
    });
    expect(sent.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 't1', content: 'ok' },
      { role: 'tool', tool_call_id: 't2', content: '[Tool execution was interrupted; no result]' },
    ]);
  });

  it('R18 a result without call is told in words', async () => {
    const sent = await messages('c4', [U(toolResult('ghost', 'the result'))]);
    expect(roles(sent)).toEqual(['user']);
    expect(textOf(sent[0])).toMatch(/ghost[^]*the result/);
  });

  it('R19 an image in a result follows in a message of the user', async () => {
    const [tool, user, ...rest] = await resultOf([text('see'), image()]);
    expect(rest).toEqual([]);
    expect(tool).toMatchObject({ role: 'tool', tool_call_id: 't1' });
    expect(textOf(tool)).toMatch(/^see\n.+/);
    const content = partsOf(user);
    expect(user?.role).toBe('user');
    expect(content.filter(({ type }) => type === 'image_url')).toEqual([imagePart()]);
    expect(textOf(user)).toMatch(/data/);
    expect(textOf(user)).toMatch(/t1/);
    expect(textOf(tool) + textOf(user)).not.toContain(PNG.slice(0, 20));
  });

  it('R21 a PDF in a result, too', async () => {
    const [tool, user] = await resultOf([pdf()]);
    expect(tool).toMatchObject({ role: 'tool', tool_call_id: 't1' });
    expect(textOf(tool)).not.toBe('');
    expect(partsOf(user).filter(({ type }) => type === 'file')).toEqual([filePart('r.pdf')]);
  });

  it.each([
    ['absent', undefined],
    ['an empty string', ''],
    ['an empty list', []],
  ])('R22 a result whose content is %s', async (_, content) => {
    expect(await resultOf(content)).toEqual([{ role: 'tool', tool_call_id: 't1', content: '' }]);
  });

  it('R23 a failed call says so in its text', async () => {
    expect(await resultOf('boom', { is_error: true })).toEqual([
      { role: 'tool', tool_call_id: 't1', content: '[tool error] boom' },
    ]);
  });
});

describe('what the assistant has said', () => {
  /** The messages sent for one turn of the assistant between two of the user. */
  const told = (route: string, ...blocks: readonly object[]): Promise<readonly OutMessage[]> =>
    messages(route, [U(text('q')), A(...blocks), U(text('r'))]);

  it('R25 thinking that another provider has signed is dropped', async () => {
    const thinking = { type: 'thinking', thinking: 'a secret thought', signature: 'AnthropicSig' };
    for (const route of ['c4', 'c5', 'ds']) {
      const sent = await told(route, thinking, text('x'));
      expect(textOf(sent[1])).toBe('x');
      expect(JSON.stringify(sent)).not.toContain('secret thought');
    }
  });

  it('R29 reasoning goes back to the server that has shown it, and to no other', async () => {
    const asked = [U(text('q'))];
    const { content } = messageOf(
      await stage.ask('ds', talk(asked, { tools: [TOOL] }), {
        upstream: {
          kind: 'http',
          status: 200,
          contentType: 'application/json',
          body: JSON.stringify({
            choices: [
              {
                index: 0,
                finish_reason: 'tool_calls',
                message: { role: 'assistant', content: null, reasoning_content: 'gedacht ü', tool_calls: [call('t1')] },
              },
            ],
          }),
        },
      }),
    );
    const next = [...asked, { role: 'assistant', content }, U(toolResult('t1', 'ok'))];
    expect((await messages('ds', next, { tools: [TOOL] }))[1]).toEqual({
      role: 'assistant',
      content: null,
      reasoning_content: 'gedacht ü',
      tool_calls: [call('t1')],
    });
    for (const route of ['c4', 'c5']) {
      const sent = await messages(route, next, { tools: [TOOL] });
      expect(sent[1]).toEqual({ role: 'assistant', content: null, tool_calls: [call('t1')] });
      expect(JSON.stringify(sent)).not.toContain('gedacht');
    }
  });

  it('R30 texts around a call stay apart', async () => {
    const sent = await messages(
      'c4',
      [U(text('q')), A(text('a'), toolUse('t1'), text('b')), U(toolResult('t1', 'ok'))],
      {
        tools: [TOOL],
      },
    );
    expect(sent.slice(1)).toEqual([
      { role: 'assistant', content: [textPart('a'), textPart('b')], tool_calls: [call('t1')] },
      { role: 'tool', tool_call_id: 't1', content: 'ok' },
    ]);
  });

  it('R31 redacted thinking is dropped', async () => {
    const sent = await told('c4', { type: 'redacted_thinking', data: 'opaque' }, text('x'));
    expect(sent[1]).toEqual({ role: 'assistant', content: [textPart('x')] });
    expect(JSON.stringify(sent)).not.toContain('opaque');
  });

  it('R33 a search that the provider ran is told as an instruction before the answer', async () => {
    const sent = await told(
      'c4',
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'the query' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1',
        content: [
          { type: 'web_search_result', title: 'Title', url: 'https://u', encrypted_content: 'zzz', page_age: null },
        ],
      },
      text('ans'),
    );
    expect(roles(sent)).toEqual(['user', 'system', 'assistant', 'user']);
    for (const piece of ['the query', 'Title', 'https://u']) expect(textOf(sent[1])).toContain(piece);
    expect(sent[2]).toEqual({ role: 'assistant', content: [textPart('ans')] });
    expect(JSON.stringify(sent)).not.toContain('zzz');
  });

  it('R37 a begun answer is continued, its beginning not repeated', async () => {
    const conversation = talk([U(text('q')), { role: 'assistant', content: '{"k":' }]);
    const answer = await stage.ask('c4', conversation, { upstream: says('{"k":1}') });
    const sent = outOf(answer).messages;
    expect(sent.slice(0, 2)).toEqual([
      { role: 'user', content: [textPart('q')] },
      { role: 'assistant', content: '{"k":' },
    ]);
    expect(roles(sent)).toEqual(['user', 'assistant', 'system']);
    expect(textOf(sent[2])).toMatch(/continue/i);
    expect(messageOf(answer).content).toEqual([{ type: 'text', text: '1}', citations: null }]);
  });

  it('R37 in strict mode a begun answer is refused', async () => {
    const answer = await stage.ask('strict', talk([U(text('q')), { role: 'assistant', content: '{"k":' }]));
    expect(answer.sent).toEqual([]);
    expect(answer.status).toBe(400);
    expect(errorOf(answer).error).toEqual({
      type: 'invalid_request_error',
      message: expect.stringContaining('prefill'),
    });
  });
});

recordsEveryExchange(() => stage);
