import { emptyUsage, type CanonicalUsage } from '../canonical/usage.js';
import { isRecord, type JsonRecord } from '../json.js';

/** The `usage` of a response; undefined when there is none. */
export function decodeResponsesUsage(raw: unknown): CanonicalUsage | undefined {
  if (!isRecord(raw)) return undefined;
  const inputDetails = detailsOf(raw['input_tokens_details']);
  const outputDetails = detailsOf(raw['output_tokens_details']);
  const input = count(raw['input_tokens']);
  const output = count(raw['output_tokens']);
  if (input === 0 && output === 0) return undefined;
  return {
    ...emptyUsage(),
    input,
    output,
    total: count(raw['total_tokens']) || input + output,
    cachedInput: count(inputDetails['cached_tokens']),
    cacheWriteInput: count(inputDetails['cache_write_tokens']),
    reasoningOutput: count(outputDetails['reasoning_tokens']),
  };
}

function detailsOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}
