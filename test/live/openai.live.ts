import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { http, startGateway, type Gateway, type HttpAnswer } from '../support/index.js';

const { OPENAI_API_KEY: KEY = '', OPENAI_BASE_URL: BASE = 'https://api.openai.com/v1' } = process.env;
const MODEL = process.env['LIVE_MODEL'] ?? 'gpt-5.6';
const SMALL = process.env['LIVE_SMALL_MODEL'] ?? 'gpt-4o-mini';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ config: declaration() });
});
afterAll(() => gateway.stop());

type Fields = Readonly<Record<string, unknown>>;
interface Message {
  readonly content: readonly (Fields & { readonly type: string })[];
  readonly stop_reason: string;
  readonly usage: Fields;
}

function declaration(): object {
  const route = (name: string, model: string) => ({
    name,
    paths: [`/${name}`],
    plugins: [
      {
        name: 'ai-proxy',
        config: {
          llm_format: 'anthropic',
          route_type: 'llm/v1/chat',
          auth: { header_name: 'Authorization', header_value: `Bearer ${KEY}` },
          model: { provider: 'openai', name: model, options: { upstream_url: BASE } },
        },
      },
    ],
  });
  const routes = [route('main', MODEL), route('small', SMALL)];
  return { _format_version: '3.0', services: [{ name: 'openai', url: 'http://127.0.0.1:9', routes }] };
}

const ask = (body: Fields, route = 'main', path = '/v1/messages'): Promise<HttpAnswer> =>
  http(`${gateway.proxy}/${route}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': 'live' },
    body: JSON.stringify({ model: 'claude-live', max_tokens: 8000, ...body }),
  });

async function message(body: Fields, route?: string): Promise<Message> {
  const answer = await ask(body, route);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.json() as Message;
}

const user = (content: unknown): Fields => ({ role: 'user', content });
const TOOL = {
  name: 'Read',
  description: 'Reads a file of the project and gives its content.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

describe(`OpenAI, ${MODEL} and ${SMALL}`, () => {
  it('R26 takes its reasoning back in the next turn', async () => {
    const more = { tools: [TOOL], thinking: { type: 'adaptive' } };
    const question = user('What does the file a.txt say? Read it.');
    const first = await message({ messages: [question], tool_choice: { type: 'any' }, ...more });
    const use = first.content.find(({ type }) => type === 'tool_use');
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content.some(({ type }) => type === 'thinking')).toBe(true);
    const result = { type: 'tool_result', tool_use_id: use?.['id'], content: 'The tide is high.' };
    const second = await ask({
      messages: [question, { role: 'assistant', content: first.content }, user([result])],
      ...more,
    });
    expect([second.status, second.text]).toEqual([200, expect.stringMatching(/tide|high/i)]);
    // Nothing of the history was lost on the way.
    expect(second.headers).not.toHaveProperty('x-gateway-lossy');
  });

  it('R40 S17 searches the web', async () => {
    const { content, usage } = await message({
      messages: [user('Perform a web search for the query: tide tables of Brest')],
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'tool', name: 'web_search' },
      thinking: { type: 'disabled' },
    });
    expect(content.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['server_tool_use', 'web_search_tool_result', 'text']),
    );
    const results = content.find(({ type }) => type === 'web_search_tool_result')?.['content'];
    expect(results).toContainEqual(
      expect.objectContaining({ type: 'web_search_result', url: expect.stringMatching(/^http/) }),
    );
    expect(usage['server_tool_use']).toMatchObject({ web_search_requests: expect.any(Number) });
  });

  it('R46 answers with one token', async () => {
    const { content, stop_reason } = await message({ messages: [user('Count to ten.')], max_tokens: 1 });
    expect([content.length, stop_reason]).toEqual([1, 'max_tokens']);
  });

  it('E01 tells by how much a prompt is too long', async () => {
    const answer = await ask({ messages: [user('tide '.repeat(200_000))], max_tokens: 16 }, 'small');
    expect([answer.status, answer.text]).toEqual([
      400,
      expect.stringMatching(/"message":"prompt is too long: \d+ tokens > \d+ maximum"/),
    ]);
  });

  it('X01 counts as OpenAI counts', async () => {
    const answer = await ask(
      { messages: [user('How long is this?')], tools: [TOOL] },
      'main',
      '/v1/messages/count_tokens',
    );
    const { input_tokens: counted } = answer.json() as { input_tokens: number };
    const { usage } = await message({
      messages: [user('How long is this?')],
      tools: [TOOL],
      tool_choice: { type: 'none' },
    });
    const billed = Number(usage['input_tokens']) + Number(usage['cache_read_input_tokens']);
    expect(Math.abs(counted - billed)).toBeLessThanOrEqual(Math.max(16, billed * 0.05));
  });
});
