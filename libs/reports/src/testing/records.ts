import type { AiUsageRecord } from '#libs/plugin-api';
import type { StoredRecord } from '../read-log.js';

export interface RecordNumbers {
  readonly seq: number;
  readonly id?: string;
  readonly node?: string;
  readonly startedAt?: number;
  readonly outcome?: StoredRecord['exchange']['outcome'];
  readonly model?: string;
  readonly session?: string;
  readonly input?: number;
  readonly cached?: number;
  readonly cacheWrite?: number;
  readonly output?: number;
  readonly reasoning?: number;
  readonly cost?: number | null;
  readonly firstToken?: number;
  readonly estimated?: boolean;
}

/** A record of a streamed exchange with a model. */
export function record(numbers: RecordNumbers): StoredRecord {
  const { seq, node = 'node-1', model = 'gpt-5-mini', session, startedAt = Date.UTC(2026, 10, 28, 12) } = numbers;
  const meta = {
    request_model: model,
    response_model: model,
    provider_name: 'openai',
    request_mode: 'stream' as const,
    llm_latency: 900,
    plugin_id: 'p',
  };
  const usage = usageOf(numbers);
  return {
    exchange: { id: numbers.id ?? `req_${node}_${seq}`, node, seq, outcome: numbers.outcome ?? 'completed' },
    started_at: startedAt,
    ai: { meta, usage, proxy: { meta, usage }, translation: { from: 'anthropic', to: 'openai-chat', lossy: [] } },
    ...(session !== undefined && { agent: { session_id: session } }),
  };
}

function usageOf({
  input = 100,
  cached = 0,
  cacheWrite = 0,
  output = 10,
  reasoning = 0,
  cost = 0.001,
  firstToken = 200,
  estimated = false,
}: RecordNumbers): AiUsageRecord {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      audio_tokens: 0,
    },
    time_per_token: 90,
    time_to_first_token: firstToken,
    cost,
    estimated,
  };
}

export const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
