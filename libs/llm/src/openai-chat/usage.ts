import { emptyUsage, type CanonicalUsage } from '../canonical/usage.js';
import { isRecord } from '../json.js';

export interface ChatUsageOptions {
  /** The server counts reasoning beside `completion_tokens`, not within. Default false, as OpenAI counts. */
  readonly reasoningOutsideOutput?: boolean | undefined;
}

/**
 * The `usage` of an answer or a chunk.
 *
 * @returns undefined when there is none, or only zeros: no prompt has no tokens.
 */
export function decodeChatUsage(raw: unknown, options: ChatUsageOptions = {}): CanonicalUsage | undefined {
  if (!isRecord(raw)) return undefined;
  const prompt = isRecord(raw['prompt_tokens_details']) ? raw['prompt_tokens_details'] : {};
  const completion = isRecord(raw['completion_tokens_details']) ? raw['completion_tokens_details'] : {};
  const reasoning = count(completion['reasoning_tokens']);
  const input = count(raw['prompt_tokens']);
  const output = count(raw['completion_tokens']) + (options.reasoningOutsideOutput === true ? reasoning : 0);
  if (input === 0 && output === 0) return undefined;
  return {
    ...emptyUsage(),
    input,
    output,
    total: options.reasoningOutsideOutput === true ? input + output : count(raw['total_tokens']) || input + output,
    // DeepSeek's own name for the same number.
    cachedInput: count(prompt['cached_tokens'] ?? raw['prompt_cache_hit_tokens']),
    cacheWriteInput: count(prompt['cache_write_tokens']),
    audioInput: count(prompt['audio_tokens']),
    reasoningOutput: reasoning,
    acceptedPrediction: count(completion['accepted_prediction_tokens']),
    rejectedPrediction: count(completion['rejected_prediction_tokens']),
    audioOutput: count(completion['audio_tokens']),
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
