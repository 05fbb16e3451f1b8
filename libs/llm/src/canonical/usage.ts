/**
 * Tokens of one exchange. OpenAI's meaning, because it adds up: `input` includes cached and cache-written tokens,
 * `output` includes reasoning.
 */
export interface CanonicalUsage {
  input: number;
  output: number;
  /** As the upstream says; input + output where it is silent. */
  total: number;
  cachedInput: number;
  cacheWriteInput: number;
  /** Of those, the ones that are kept for an hour; they cost more. */
  cacheWrite1hInput: number;
  audioInput: number;
  reasoningOutput: number;
  acceptedPrediction: number;
  rejectedPrediction: number;
  audioOutput: number;
  /** Requests of the hosted web search. */
  webSearches: number;
  /** As the upstream names it; `fast` for Anthropic's fast mode. */
  serviceTier: string | undefined;
  /** Counted by the gateway because the upstream gave nothing. */
  estimated: boolean;
}

export function emptyUsage(): CanonicalUsage {
  return {
    input: 0,
    output: 0,
    total: 0,
    cachedInput: 0,
    cacheWriteInput: 0,
    cacheWrite1hInput: 0,
    audioInput: 0,
    reasoningOutput: 0,
    acceptedPrediction: 0,
    rejectedPrediction: 0,
    audioOutput: 0,
    webSearches: 0,
    serviceTier: undefined,
    estimated: false,
  };
}
