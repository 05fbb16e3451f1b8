import type { CanonicalUsage } from '../canonical/usage.js';

/** The usage of a whole message. Anthropic counts uncached, cached and cache-written input apart; together they are the prompt. */
export function encodeUsage(usage: CanonicalUsage): string {
  const written = usage.cacheWriteInput;
  return JSON.stringify({
    input_tokens: uncachedInput(usage),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cachedInput,
    cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoningOutput },
    server_tool_use: serverToolUse(usage),
    service_tier: encodeServiceTier(usage.serviceTier),
    inference_geo: null,
    speed: null,
  });
}

/** The usage of `message_start`: an estimate of the prompt, because upstreams count at the end. */
export function encodeStartUsage(estimate: number, serviceTier: string | undefined): string {
  return JSON.stringify({
    // A zero would show up in the client's counters of a message still running.
    input_tokens: Math.max(1, Math.round(estimate)),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: 0,
    output_tokens_details: { thinking_tokens: 0 },
    server_tool_use: null,
    service_tier: encodeServiceTier(serviceTier),
    inference_geo: null,
    speed: null,
  });
}

/** The usage of `message_delta`: cumulative and exact. Clients take the input from here only when it is above zero. */
export function encodeDeltaUsage(usage: CanonicalUsage): string {
  return JSON.stringify({
    input_tokens: Math.max(1, uncachedInput(usage)),
    cache_creation_input_tokens: usage.cacheWriteInput,
    cache_read_input_tokens: usage.cachedInput,
    output_tokens: usage.output,
    output_tokens_details: { thinking_tokens: usage.reasoningOutput },
    server_tool_use: serverToolUse(usage),
  });
}

function uncachedInput(usage: CanonicalUsage): number {
  return Math.max(0, usage.input - usage.cachedInput - usage.cacheWriteInput);
}

function serverToolUse(usage: CanonicalUsage): { web_search_requests: number; web_fetch_requests: number } | null {
  return usage.webSearches > 0 ? { web_search_requests: usage.webSearches, web_fetch_requests: 0 } : null;
}

/** OpenAI's tiers in Anthropic's words; `flex` has no counterpart and is not faster than the standard. */
function encodeServiceTier(tier: string | undefined): 'standard' | 'priority' | null {
  if (tier === undefined) return null;
  return tier === 'priority' || tier === 'scale' ? 'priority' : 'standard';
}
