/** Why the model stopped, in Anthropic's words, the richest list among the formats. */
export type StopReason =
  'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'pause_turn' | 'refusal' | 'model_context_window_exceeded';

/** What belongs to some of the reasons. */
export interface StopDetail {
  /** With `stop_sequence`: the one that matched. */
  readonly sequence?: string | undefined;
  /** With `refusal`: the model's own words. */
  readonly explanation?: string | undefined;
}

/** What the answer held and what the client wants to hear; together with the upstream's reason it gives the final one. */
export interface StopFacts {
  /** At least one complete tool call stands in the answer. */
  readonly calledTools: boolean;
  /** The answer holds text that the upstream marked as a refusal. */
  readonly refused: boolean;
  /** Agents may prefer to read a refusal as an ordinary answer. */
  readonly refusalAs: 'refusal' | 'end_turn';
  /** Given when the client knows `model_context_window_exceeded`: the model's window in tokens. */
  readonly contextWindow: number | undefined;
  /** Prompt and answer together, in tokens. */
  readonly totalTokens: number;
}

/**
 * Makes the upstream's reason agree with what the answer holds. Upstreams say `stop` after a tool call, and `tool_calls`
 * without one; a client waits for ever on a `tool_use` that names no tool.
 */
export function settleStop(reason: StopReason, facts: StopFacts): StopReason {
  if (reason === 'max_tokens') {
    const isFull = facts.contextWindow !== undefined && facts.totalTokens >= facts.contextWindow;
    return isFull ? 'model_context_window_exceeded' : 'max_tokens';
  }
  if (facts.refused || reason === 'refusal') {
    if (facts.refusalAs === 'refusal') return 'refusal';
    return facts.calledTools ? 'tool_use' : 'end_turn';
  }
  if (reason === 'end_turn' && facts.calledTools) return 'tool_use';
  if (reason === 'tool_use' && !facts.calledTools) return 'end_turn';
  return reason;
}
