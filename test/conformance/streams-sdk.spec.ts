import Anthropic, {
  APIError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiError, sse } from '../../apps/simulated-openai/src/index.js';
import { assembled } from './support/completions.js';
import { BASE, TOOL } from './support/requests.js';
import { C4, CLIENT_KEY, DS, Stage } from './support/stage.js';
import { EARLY_ERROR, STREAM_CASES, title, type StreamCase } from './support/stream-cases.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open({ c4: C4, ds: DS });
});
afterAll(() => stage.close());

const client = (route = 'c4'): Anthropic =>
  new Anthropic({ apiKey: CLIENT_KEY, baseURL: stage.url(route), maxRetries: 0 });

const REQUEST = {
  model: BASE.model,
  max_tokens: BASE.max_tokens,
  messages: [{ role: 'user' as const, content: 'hi' }],
  tools: ['Read', 'Write'].map((name) => ({ name, input_schema: { ...TOOL.input_schema, required: ['p'] } })),
};

const streamed = ({ route, frames }: Pick<StreamCase, 'route' | 'frames'>): Promise<Anthropic.Message> => {
  stage.openai.enqueue(sse(frames));
  return client(route).messages.stream(REQUEST).finalMessage();
};

const whole = ({ route, frames }: StreamCase): Promise<Anthropic.Message> => {
  stage.openai.enqueue(assembled(frames));
  return client(route).messages.create(REQUEST);
};

/** All but what is new in every answer, and what the SDK adds of its own to a message that was streamed. */
function comparable(message: Anthropic.Message): object {
  const { id: _id, parsed_output: _own, ...rest } = message as Anthropic.Message & { parsed_output?: unknown };
  return rest;
}

/** What was said, thought and called, without the order of these. */
const sorted = ({ content }: Anthropic.Message): object => ({
  text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  thinking: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
  calls: content.filter((block) => block.type === 'tool_use'),
});

const answered = STREAM_CASES.filter((one) => one.whole !== 'none').map((one) => [title(one), one] as const);
const failing = STREAM_CASES.filter((one) => one.whole === 'none').map((one) => [title(one), one] as const);

describe('T37 the official SDK makes of a stream what it gets without one', () => {
  it.each(answered)('T37 %s', async (_, one) => {
    const [fromStream, fromWhole] = [await streamed(one), await whole(one)];
    switch (one.whole) {
      case 'reordered':
        expect(sorted(fromStream)).toEqual(sorted(fromWhole));
        break;
      case 'cut':
        expect(fromStream.content.map(({ type }) => type)).toEqual(['tool_use']);
        expect(fromWhole.content).toEqual([]);
        break;
      default:
        expect(comparable(fromStream)).toEqual(comparable(fromWhole));
    }
    expect(fromStream).toMatchObject({ stop_reason: fromWhole.stop_reason, usage: fromWhole.usage });
    expect(fromStream.id).not.toBe(fromWhole.id);
  });

  it.each(failing)('T37 %s is an error for the SDK', async (_, one) => {
    const error = await streamed(one).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    const [, type] = /ERR\((\w+)\)/.exec(one.transcript) ?? [];
    expect(error).toMatchObject({ type, error: { type: 'error', error: { type } } });
  });

  it('T37 T19 an error before anything else has the class of its status', async () => {
    const error = await streamed({ frames: EARLY_ERROR }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 529, type: 'overloaded_error', requestID: expect.stringMatching(/^req_/) });
  });

  it('errors of the upstream have the classes that the SDK knows', async () => {
    const thrown = async (status: number, message: string, code: string | null = null): Promise<unknown> => {
      stage.openai.enqueue(apiError(status, { message, code }));
      return client()
        .messages.create(REQUEST)
        .catch((error: unknown) => error);
    };
    expect(await thrown(400, 'Invalid value.')).toBeInstanceOf(BadRequestError);
    expect(await thrown(404, 'The model does not exist', 'model_not_found')).toBeInstanceOf(NotFoundError);
    expect(await thrown(429, 'Please try again in 1s')).toBeInstanceOf(RateLimitError);
    expect(await thrown(500, 'oops')).toBeInstanceOf(InternalServerError);
  });

  it('other endpoints of the SDK: counting, and the list of models', async () => {
    const counted = await client().messages.countTokens({ model: REQUEST.model, messages: REQUEST.messages });
    expect(counted.input_tokens).toBeGreaterThan(3);
    const { data } = await client().models.list();
    expect(data.map(({ id }) => id)).toEqual(['claude-gw-gpt-4.1']);
    expect(await client().models.retrieve('claude-gw-gpt-4.1')).toEqual(data[0]);
  });
});
