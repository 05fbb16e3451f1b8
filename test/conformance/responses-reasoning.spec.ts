import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiError, reasoning, reply, textPart, toolCallPart } from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import { A, talk, text, TOOL, toolResult, U, type Fields } from './support/requests.js';
import { itemsOf, shape, streamedText, type Item, type ResponsesOut } from './support/responses.js';
import { eventsOf, messageOf, R, Stage, type Exchange } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({
    r: R,
    other: { ...R, config: { auth: { header_name: 'Authorization', header_value: 'Bearer sk-other' } } },
    older: { ...R, model: 'gpt-5.4' },
  });
});
afterAll(() => stage.close());

const MORE: Fields = { tools: [TOOL], thinking: { type: 'adaptive' }, max_tokens: 32_000, metadata: { user_id: 'u' } };
const QUESTION = U(text('q'));
const script = (n: number) =>
  reply([
    reasoning(['p1', 'p2 ü'], { id: `rs_${n}` }),
    toolCallPart({ name: 'Read', args: { p: 'x' }, id: `call_${n}` }),
  ]);

/** A turn in which the model thinks and calls a tool, as the client gives it back. */
async function thought(
  n: number,
  conversation: readonly object[],
): Promise<{ turn: object[]; item: Item; answer: Exchange }> {
  const answer = await stage.ask('r', talk(conversation, MORE), { upstream: script(n) });
  const { content } = messageOf(answer);
  return { turn: [A(...content), U(toolResult(`call_${n}`, 'ok'))], item: content[0] as unknown as Item, answer };
}

const ask = (messages: readonly object[], more: Fields = {}, route = 'r') =>
  stage.ask(route, talk(messages, { ...MORE, ...more }));

describe('reasoning over turns', () => {
  it('R26 S14 goes back whole, before what it led to; the strict upstream takes it', async () => {
    const first = await thought(1, [QUESTION]);
    expect(messageOf(first.answer).content).toMatchObject([
      { type: 'thinking', thinking: 'p1\n\np2 ü', signature: expect.stringMatching(/^oai1\./) },
      { type: 'tool_use', id: 'call_1', input: { p: 'x' } },
    ]);
    const second = await thought(2, [QUESTION, ...first.turn]);
    const third = await ask([QUESTION, ...first.turn, ...second.turn]);
    const out = itemsOf(third);
    expect(shape(out)).toEqual([
      'user',
      'reasoning',
      'function_call',
      'function_call_output',
      'reasoning',
      'function_call',
      'function_call_output',
    ]);
    expect(out.input.filter(({ type }) => type === 'reasoning')).toMatchObject(
      [1, 2].map((n) => ({
        id: `rs_${n}`,
        summary: [
          { type: 'summary_text', text: 'p1' },
          { type: 'summary_text', text: 'p2 ü' },
        ],
        encrypted_content: expect.stringMatching(/^gAAAAA/),
      })),
    );
    expect(await stage.ledger(third)).toEqual([]);
  });

  it('R26 the same out of a stream, also when thinking is not shown', async () => {
    for (const display of ['summarized', 'omitted']) {
      const thinking = { type: 'adaptive', display };
      const answer = await stage.ask('r', talk([QUESTION], { ...MORE, thinking, stream: true }), {
        upstream: reply([reasoning('p', { id: 'rs_7' }), toolCallPart({ name: 'Read', args: {}, id: 'call_7' })]),
      });
      const deltas = eventsOf(answer).map(({ delta }) => delta ?? {});
      const shown = streamedText(answer, 'thinking');
      const signature = deltas.find((delta) => 'signature' in delta)?.['signature'];
      expect(shown).toBe(display === 'omitted' ? '' : 'p');
      const turn = A(
        { type: 'thinking', thinking: shown, signature },
        { type: 'tool_use', id: 'call_7', name: 'Read', input: {} },
      );
      const next = await ask([QUESTION, turn, U(toolResult('call_7', 'ok'))]);
      expect(itemsOf(next).input[1]).toMatchObject({ type: 'reasoning', id: 'rs_7' });
    }
  });

  it('R27 R25 R31 R28 is dropped at the end of a turn, and when it is not ours or was changed', async () => {
    const { item } = await thought(3, [QUESTION]);
    const types = async (...blocks: readonly object[]): Promise<string[]> =>
      shape(itemsOf(await ask([QUESTION, A(...blocks), U(text('go on'))])));
    expect(await types(text('a'), item)).toEqual(['user', 'assistant', 'user']);
    expect(await types({ type: 'thinking', thinking: 't', signature: 'AnthropicSig' }, text('x'))).toEqual([
      'user',
      'assistant',
      'user',
    ]);
    expect(await types({ type: 'redacted_thinking', data: 'x' }, text('x'))).toEqual(['user', 'assistant', 'user']);
    const changed = await ask([QUESTION, A({ ...item, thinking: 'other' }, text('x')), U(text('go on'))]);
    expect(shape(itemsOf(changed))).toEqual(['user', 'assistant', 'user']);
    expect(await stage.ledger(changed)).toContain('lossy:thinking');
    expect(await types(item, text('x'))).toEqual(['user', 'reasoning', 'assistant', 'user']);
  });

  it('R28 is dropped at another model, and at another account', async () => {
    const { turn } = await thought(4, [QUESTION]);
    const older = await ask([QUESTION, ...turn], {}, 'older');
    expect(shape(itemsOf(older))).toEqual(['user', 'function_call', 'function_call_output']);
    const other = await ask([QUESTION, ...turn], {}, 'other');
    expect(other.sent[0]?.body).toMatchObject({ input: [{}, { type: 'function_call' }, {}] });
  });

  it('is left out once, and from then on, when the upstream does not take it', async () => {
    const first = await thought(5, [QUESTION]);
    const refusal = apiError(400, {
      message:
        'The encrypted content for item rs_5 could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
      code: 'invalid_encrypted_content',
    });
    const healed = await stage.ask('r', talk([QUESTION, ...first.turn], MORE), {
      upstream: [
        refusal,
        reply([reasoning('p', { id: 'rs_6' }), textPart('so'), toolCallPart({ name: 'Read', args: {}, id: 'call_6' })]),
      ],
    });
    expect(healed.status).toBe(200);
    expect(healed.sent.map(({ body }) => shape(body as ResponsesOut).includes('reasoning'))).toEqual([true, false]);
    const turn = [A(...messageOf(healed).content), U(toolResult('call_6', 'ok'))];
    const next = itemsOf(await ask([QUESTION, ...first.turn, ...turn]));
    expect(next.input.filter(({ type }) => type === 'reasoning').map(({ id }) => id)).toEqual(['rs_6']);
  });
});

describe('the prompt cache', () => {
  it('R55 is hit by every next turn, wherever the client’s marks stand', async () => {
    const system = [
      text(`x-anthropic-billing-header: cc_version=0;\nYou are\n${'careful '.repeat(2000)}`),
      text('And brief.', { cache_control: { type: 'ephemeral' } }),
    ];
    let conversation: object[] = [U(text('a question'))];
    const bodies: string[] = [];
    for (let n = 10; n < 13; n++) {
      const marked = [...conversation.slice(0, -1), withMark(conversation.at(-1)!)];
      const changing = [
        { ...system[0], text: String((system[0] as Fields)['text']).replace('=0', `=${n}`) },
        system[1]!,
      ];
      const answer = await stage.ask('r', talk(marked, { ...MORE, system: changing }), { upstream: script(n) });
      itemsOf(answer);
      bodies.push(String(answer.sent[0]?.rawBody));
      const { content, usage } = messageOf(answer);
      if (n > 10) expect(Number(usage['cache_read_input_tokens'])).toBeGreaterThan(1024);
      conversation = [...conversation, A(...content), U(toolResult(`call_${n}`, 'ok'))];
    }
    const prefixes = bodies.map((body) =>
      body.slice(0, body.indexOf('],"reasoning"')).replaceAll(',"prompt_cache_breakpoint":{"mode":"explicit"}', ''),
    );
    expect(prefixes[1]!.startsWith(prefixes[0]!)).toBe(true);
    expect(prefixes[2]!.startsWith(prefixes[1]!)).toBe(true);
    expect(bodies.join('')).not.toContain('billing-header');
  });
});

function withMark(message: object): object {
  const { content, ...rest } = message as { content: object[] };
  return { ...rest, content: [...content.slice(0, -1), { ...content.at(-1), cache_control: { type: 'ephemeral' } }] };
}

recordsEveryExchange(() => stage);
