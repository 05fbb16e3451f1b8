import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AiMeta, AiUsageRecord, LogRecord } from '#libs/plugin-api';
import { apiError, SimulatedOpenAI, toolCalls } from '../../apps/simulated-openai/src/index.js';
import { howToConfig, post, UPSTREAM_KEY } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';

const page = readFileSync('docs/log-record.md', 'utf8');

const [fields = ''] = page.split('### What is a request for?');

/** Fields that the page documents: the first column of its tables. */
const documented = [...fields.matchAll(/^\| `([a-z_\d.[\]]+)`/gm)].map(([, path = '']) => path);

/** What has members of its own that are not ours to list: entities, names from outside, what stands there twice. */
const LEAVES = new Set([
  'request.headers',
  'request.querystring',
  'response.headers',
  'service',
  'route',
  'consumer',
  'ai.proxy.meta',
  'ai.proxy.usage',
  'ai.proxy.tried_targets',
]);

function pathsOf(value: unknown, path = ''): string[] {
  if (LEAVES.has(path) || typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) {
    if (path === 'tries') return value.flatMap((item) => pathsOf(item, 'tries[]'));
    return [path];
  }
  return Object.entries(value).flatMap(([name, member]) => pathsOf(member, path === '' ? name : `${path}.${name}`));
}

const unique = (paths: readonly string[]): string[] => [...new Set(paths)].sort();

/** Every field there is, also those that are absent as a rule. */
type Whole<T> = T extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<T[Key]> }
    : T;

const meta: Whole<AiMeta> = {
  request_model: '',
  response_model: '',
  provider_name: '',
  request_mode: 'stream',
  llm_latency: 1,
  plugin_id: '',
};
const usage: Whole<AiUsageRecord> = {
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
    audio_tokens: 0,
  },
  time_per_token: 0,
  time_to_first_token: 0,
  cost: null,
  estimated: false,
};
const cut = { bytes: 0, sha256: '' };

/** The compiler holds that it has all fields of the type and no other. */
const WHOLE: Omit<Whole<LogRecord>, 'service' | 'route' | 'consumer'> &
  Record<'service' | 'route' | 'consumer', unknown> = {
  request: { id: '', method: '', uri: '', url: '', querystring: {}, headers: {}, size: 0 },
  response: { status: 0, headers: {}, size: 0 },
  latencies: { kong: 0, proxy: 0, request: 0, receive: 0 },
  tries: [
    {
      ip: '',
      port: 0,
      balancer_start: 0,
      balancer_start_ns: 0,
      balancer_latency: 0,
      balancer_latency_ns: 0,
      state: 'failed',
      code: 0,
    },
  ],
  service: {},
  route: {},
  consumer: {},
  client_ip: '',
  started_at: 0,
  upstream_uri: '',
  upstream_status: '',
  source: 'upstream',
  workspace: '',
  workspace_name: '',
  ai: {
    meta,
    usage,
    proxy: { meta, usage, tried_targets: [] },
    translation: { from: 'anthropic', to: 'openai-chat', lossy: [] },
    payload: { request: '', request_truncated: cut, response: '', response_truncated: cut },
    stop_reason: '',
    tool_calls: [],
    price_source: '',
  },
  agent: {
    session_id: '',
    agent_id: '',
    parent_agent_id: '',
    request_class: '',
    client: '',
    client_version: '',
    user_hash: '',
  },
  exchange: { id: '', node: '', seq: 0, outcome: 'completed' },
  error: { code: '', message: '' },
};

let openai: SimulatedOpenAI;
let stage: Stage;
beforeAll(async () => {
  openai = await SimulatedOpenAI.start({ apiKey: UPSTREAM_KEY });
  stage = await Stage.open({
    openai,
    config: (place) => howToConfig({ ...place, aiProxy: { logging: { log_payloads: true, max_payload_size: 100 } } }),
  });
});
afterAll(() => stage.close());

describe('docs/log-record.md', () => {
  it('lists the fields that a record can have, each once', () => {
    expect([...documented].sort()).toEqual(unique(pathsOf(WHOLE)));
  });

  it('lists what the gateway writes', async () => {
    const metadata = { user_id: JSON.stringify({ device_id: 'd', account_uuid: 'a', session_id: 's' }) };
    const headers = { ...CLAUDE_CODE, 'x-claude-code-agent-id': 'a', 'x-claude-code-parent-agent-id': 'p' };
    const tools = [{ name: 'Read', input_schema: { type: 'object' } }];
    openai.enqueue(toolCalls([{ name: 'Read', args: { path: 'x'.repeat(200) } }]), apiError(400, { message: 'no' }));
    for (const more of [{ metadata, tools }, {}]) {
      await post(`${stage.gateway.proxy}/anything/v1/messages`, question(more), headers);
    }
    await post(`${stage.gateway.proxy}/nowhere`, '{}');
    const written = unique((await stage.records(3)).flatMap((record) => pathsOf(record)));
    expect(written.filter((path) => !documented.includes(path))).toEqual([]);
    const absent = ['ai.proxy.tried_targets', 'consumer', 'tries[].code', 'tries[].state'];
    expect(documented.filter((path) => !written.includes(path) && !absent.includes(path))).toEqual([]);
  });

  it('shows an example that has the fields it lists', () => {
    const [, json = ''] = /```json\n(.*?)\n```/s.exec(page) ?? [];
    const shown = pathsOf(JSON.parse(json));
    expect(shown.filter((path) => !documented.includes(path))).toEqual([]);
  });
});
