import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  json,
  reasoning,
  reply,
  text as says,
  textPart,
  toolCallPart,
  webSearch,
} from '../../apps/simulated-openai/src/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base, TOOL } from './support/requests.js';
import { errorOf, messageOf, R, Stage } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ r: R });
});
afterAll(() => stage.close());

const BODY = base({ tools: [TOOL], thinking: { type: 'adaptive' }, max_tokens: 32_000 });
const SEARCH = base({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });

describe('a response becomes a message', () => {
  it('S01 S14 with every field, in the order of the items', async () => {
    const upstream = reply(
      [
        reasoning(['p1', 'p2'], { id: 'rs_1' }),
        textPart('m'),
        toolCallPart({ name: 'Read', args: { p: 'x' }, id: 'call_1' }),
      ],
      { usage: { prompt: 100, completion: 9, cached: 60, cacheWrite: 30, reasoning: 4 } },
    );
    const answer = await stage.ask('r', BODY, { upstream });
    expect(messageOf(answer)).toMatchObject({
      id: expect.stringMatching(/^msg_[A-Za-z0-9]{20,}$/),
      model: 'claude-x',
      content: [
        { type: 'thinking', thinking: 'p1\n\np2', signature: expect.stringMatching(/^oai1\./) },
        { type: 'text', text: 'm', citations: null },
        { type: 'tool_use', id: 'call_1', name: 'Read', input: { p: 'x' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 30,
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 },
      },
    });
    expect((await stage.recordOf(answer)).ai).toMatchObject({
      translation: { from: 'anthropic', to: 'openai-responses' },
      meta: { response_model: 'gpt-5.6-2026-07-09' },
    });
  });

  it('S15 a call that the limit cut is left out', async () => {
    const upstream = reply([textPart('a'), toolCallPart({ name: 'Read', args: '{"p":"x' })], { finish: 'length' });
    const answer = await stage.ask('r', BODY, { upstream });
    expect(messageOf(answer)).toMatchObject({ content: [{ type: 'text', text: 'a' }], stop_reason: 'max_tokens' });
  });

  it('S16 what failed is an error', async () => {
    const failed = json({
      id: 'resp_1',
      object: 'response',
      status: 'failed',
      error: { code: 'server_error', message: 'The model failed' },
      output: [],
    });
    const answer = await stage.ask('r', BODY, { upstream: failed });
    expect(answer.status).toBe(500);
    expect(errorOf(answer).error).toEqual({ type: 'api_error', message: 'The model failed' });
  });

  it('S17 a search: query, results, citations, and the count', async () => {
    const cited = [{ url: 'https://a.org/1', title: 'T1', start: 0, end: 4 }];
    const upstream = reply([webSearch('q', ['https://a.org/1']), textPart(['Cats', ' purr'], cited)]);
    const { content, usage } = messageOf(await stage.ask('r', SEARCH, { upstream }));
    const [use, results] = content;
    expect(use).toMatchObject({ type: 'server_tool_use', name: 'web_search', input: { query: 'q' } });
    expect(results).toMatchObject({
      type: 'web_search_tool_result',
      tool_use_id: use?.['id'],
      content: [
        {
          type: 'web_search_result',
          url: 'https://a.org/1',
          title: 'T1',
          encrypted_content: expect.stringMatching(/./),
        },
      ],
    });
    expect(content[2]).toMatchObject({
      type: 'text',
      text: 'Cats purr',
      citations: [{ type: 'web_search_result_location', url: 'https://a.org/1', title: 'T1', cited_text: 'Cats' }],
    });
    expect(usage['server_tool_use']).toEqual({ web_search_requests: 1, web_fetch_requests: 0 });
  });

  it('S05 is asked for once more when arguments are no JSON', async () => {
    const broken = reply([toolCallPart({ name: 'Read', args: '{"p":"x' })]);
    const healed = await stage.ask('r', BODY, { upstream: [broken, says('better')] });
    expect(healed.sent).toHaveLength(2);
    expect(messageOf(healed).content).toMatchObject([{ text: 'better' }]);
    const lost = await stage.ask('r', BODY, { upstream: [broken, broken] });
    expect([lost.status, errorOf(lost).error.type]).toEqual([502, 'api_error']);
  });
});

recordsEveryExchange(() => stage);
