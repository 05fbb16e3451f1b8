import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  events,
  ladderOf,
  reasoning,
  refusal,
  reply,
  sse,
  textPart,
  toolCallPart,
  toolCalls,
  webSearch,
  text as says,
  type ModelReply,
} from '../../apps/simulated-openai/src/index.js';
import { checkGrammar, transcript } from '../support/index.js';
import { recordsEveryExchange } from './support/records.js';
import { base, TOOL, type Fields } from './support/requests.js';
import { CLIENT_KEY, errorOf, eventsOf, messageOf, R, Stage, type Exchange } from './support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ r: R });
});
afterAll(() => stage.close());

const BODY = base({ tools: [TOOL], thinking: { type: 'adaptive' }, max_tokens: 32_000 });
const SEARCH = base({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });

/** The events of an answer, some of them left out or changed. */
type Change = (event: Fields) => Fields | undefined;
const frames = (script: ModelReply, change: Change = (event) => event): readonly string[] =>
  events(
    ladderOf(script)
      .map(change)
      .filter((event) => event !== undefined),
  );
const without =
  (...types: readonly RegExp[]): Change =>
  (event) =>
    types.some((type) => type.test(String(event['type']))) ? undefined : event;

const stream = (upstream: readonly string[] | ModelReply, body: Fields = BODY): Promise<Exchange> =>
  stage.ask('r', { ...body, stream: true }, { upstream: 'kind' in upstream ? upstream : sse(upstream) });
const drawn = async (upstream: readonly string[] | ModelReply, body?: Fields): Promise<string> => {
  const answer = await stream(upstream, body);
  expect(answer.status).toBe(200);
  const list = eventsOf(answer);
  if (!answer.text.includes('event: error')) checkGrammar(list);
  return transcript(list);
};

const read = toolCalls([{ name: 'Read', args: ['{"p":', '"x"}'], id: 'call_1' }]);

describe('a stream of events becomes a stream of messages', () => {
  it('T24 arguments that come at once', async () => {
    const whole = await drawn(frames(read, without(/arguments\.delta/)));
    expect(whole).toContain('S0:tool_use');
    expect(whole).toContain('MD(tool_use)');
    const answer = await stream(frames(read, without(/arguments\.delta/)));
    expect(answer.text.split('input_json_delta')).toHaveLength(2);
  });

  it('T25 a call that stands only in the last event', async () => {
    expect(await drawn(frames(read, without(/item|arguments/)))).toContain('MD(tool_use)');
  });

  it('T26 text of which the last part was not streamed', async () => {
    const cut: Change = (event) => (event['delta'] === 'c' ? undefined : event);
    const answer = await stream(frames(says(['ab', 'c']), cut));
    expect(answer.text).toContain('"text":"c"');
    checkGrammar(eventsOf(answer));
  });

  it('T27 T28 reasoning with and without a summary, signed once', async () => {
    const two = await stream(frames(reply([reasoning(['p1', 'p2']), textPart('a')])));
    expect(two.text.split('signature_delta')).toHaveLength(2);
    expect(transcript(eventsOf(two))).toMatch(/^MS · S0:thinking .*S1:text/);
    const none = await stream(frames(reply([reasoning([]), textPart('a')])));
    expect(transcript(eventsOf(none))).toMatch(/^MS · S0:thinking · D0:signature · P0 · S1:text/);
  });

  it('T29 a web search', async () => {
    const cited = [{ url: 'https://a.org/1', title: 'T1', start: 0, end: 4 }];
    const answer = await stream(
      reply([webSearch('q', ['https://a.org/1']), textPart(['Cats', ' purr'], cited)]),
      SEARCH,
    );
    expect(transcript(eventsOf(answer))).toMatch(
      /^MS · S0:server_tool_use.* · P0 · S1:web_search_tool_result · P1 · S2:text .* · P2 · MD\(end_turn\) · ME$/,
    );
    expect(answer.text).toContain('"url":"https://a.org/1","title":"T1"');
    expect(answer.text).toContain('"partial_json":"{\\"query\\":\\"q\\"}"');
    expect(answer.text).toContain('"web_search_requests":1');
  });

  it('T30 a filter, and a refusal', async () => {
    expect(await drawn(reply([textPart('a')], { finish: 'content_filter' }))).toContain('MD(refusal)');
    const answer = await stream(refusal('No.'));
    expect(answer.text).toContain('"explanation":"No."');
  });

  it('T23 a call cut by the limit stays open', async () => {
    const upstream = reply([toolCallPart({ name: 'Read', args: ['{"p":'] })], { finish: 'length' });
    expect(await drawn(upstream)).not.toContain('P0');
  });

  it('T31 what fails in the middle is an error, and before anything else has its status', async () => {
    const failed = { type: 'response.failed', response: { error: { code: 'rate_limit_exceeded', message: 'slow' } } };
    const begun = ladderOf(says(['a', 'b'])).slice(0, 5);
    const answer = await stream(events([...begun, failed]));
    expect(eventsOf(answer).at(-1)).toMatchObject({ type: 'error', error: { type: 'rate_limit_error' } });
    expect(answer.text).not.toContain('message_stop');
    const early = await stream(events([...begun.slice(0, 2), failed]));
    expect([early.status, errorOf(early).error.type]).toEqual([429, 'rate_limit_error']);
  });

  it('T32 unknown events are passed over, an end in the middle is an error', async () => {
    const begun = ladderOf(says(['a', 'b'])).slice(0, 5);
    const answer = await stream(events([...begun, { type: 'response.foo.delta', delta: 'x' }]));
    expect(eventsOf(answer).at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    expect(answer.text).not.toMatch(/message_delta|message_stop|content_block_stop/);
  });

  it('T36 begins with an estimate and ends with what is exact', async () => {
    const answer = await stream(reply([textPart('a')], { usage: { prompt: 50, completion: 5, cached: 20 } }));
    const [start] = eventsOf(answer);
    expect(start?.message?.usage).toMatchObject({ output_tokens: 0, input_tokens: expect.any(Number) });
    const end = eventsOf(answer).find(({ type }) => type === 'message_delta');
    expect(end?.usage).toMatchObject({ input_tokens: 30, cache_read_input_tokens: 20, output_tokens: 5 });
  });

  it('T37 the official SDK makes of it what it makes of the answer in one piece', async () => {
    const sdk = new Anthropic({ apiKey: CLIENT_KEY, baseURL: stage.url('r'), maxRetries: 0 });
    const cited = [{ url: 'https://a.org/1', title: 'T1', start: 0, end: 4 }];
    const scripts: readonly (readonly [ModelReply, Fields])[] = [
      [
        reply([
          reasoning(['p', 'q'], { id: 'rs_1', encrypted: 'E' }),
          textPart('ré'),
          toolCallPart({ name: 'Read', args: { p: '漢' }, id: 'c1' }),
        ]),
        BODY,
      ],
      [reply([webSearch('q', ['https://a.org/1', 'https://b.org/']), textPart(['Cats', ' purr'], cited)]), SEARCH],
      [
        toolCalls(
          [
            { name: 'Read', args: { p: 1 }, id: 'c1' },
            { name: 'Read', args: {}, id: 'c2' },
          ],
          { say: 'two' },
        ),
        BODY,
      ],
    ];
    for (const [script, body] of scripts) {
      stage.openai.enqueue(script);
      const streamed = await sdk.messages.stream(body as never).finalMessage();
      const whole = messageOf(await stage.ask('r', body, { upstream: script }));
      const content = JSON.parse(JSON.stringify(streamed.content).replaceAll(/srvtoolu_ws_\w+/g, 'srv')) as unknown;
      expect(content).toEqual(JSON.parse(JSON.stringify(whole.content).replaceAll(/srvtoolu_ws_\w+/g, 'srv')));
      expect(streamed.stop_reason).toBe(whole.stop_reason);
    }
  });
});

recordsEveryExchange(() => stage);
