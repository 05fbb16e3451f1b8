import type { StopReason } from '../canonical/stop.js';

const REASONS: Readonly<Record<string, StopReason>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/**
 * `finish_reason` → reason of the stop. What other servers say instead of `stop` (`eos`, `end_turn`, …) is an end, too.
 *
 * @returns undefined for null, and for the empty string that some servers send in every chunk.
 */
export function stopReasonOf(finishReason: unknown): StopReason | undefined {
  if (typeof finishReason !== 'string' || finishReason === '') return undefined;
  return Object.hasOwn(REASONS, finishReason) ? REASONS[finishReason] : 'end_turn';
}
