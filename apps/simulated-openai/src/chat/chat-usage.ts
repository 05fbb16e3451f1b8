import type { Model } from '../models.js';
import type { ReplyUsage } from '../usage.js';

/** The `usage` object of chat completions. */
export function chatUsage(usage: ReplyUsage, model: Model): object {
  const { prompt, completion, cached, reasoning } = usage;
  const cacheWrite = usage.cacheWrite ?? (model.cacheBreakpoints ? 0 : undefined);
  const sums = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  if (model.dialect === 'deepseek') {
    return {
      ...sums,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
      prompt_cache_hit_tokens: cached,
      prompt_cache_miss_tokens: prompt - cached,
    };
  }
  return {
    ...sums,
    prompt_tokens_details: {
      cached_tokens: cached,
      audio_tokens: 0,
      ...(cacheWrite !== undefined && { cache_write_tokens: cacheWrite }),
    },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
