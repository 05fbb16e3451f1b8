import type { AiFacts, AiMeta, AiRecord, AiUsageRecord, PayloadRecord, TokenUsage } from '#libs/plugin-api';
import type { Redactor } from './redaction.js';

type Draft = { -readonly [Key in keyof AiRecord]: AiRecord[Key] };

const NO_USAGE: TokenUsage = Object.freeze({
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_tokens_details: Object.freeze({ cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0 }),
  completion_tokens_details: Object.freeze({
    reasoning_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
    audio_tokens: 0,
  }),
});

/**
 * The `ai` object: Kong's keys and units, once where Kong 3.10 and later put them (`ai.proxy`) and once directly below `ai`.
 * Latencies are whole milliseconds.
 * @param finished `performance.now()` at the end of the exchange, the end of the model's time if the upstream's body had none.
 */
export function aiRecord(facts: AiFacts, finished: number, redactor: Redactor): AiRecord {
  const meta = aiMeta(facts, finished, redactor);
  const usage = aiUsage(facts, meta.llm_latency);
  for (const lossy of facts.lossy) redactor.pass(lossy);
  const record: Draft = {
    meta,
    usage,
    proxy: { meta, usage },
    translation: { from: facts.from, to: facts.to, lossy: facts.lossy },
  };
  if (facts.stopReason !== undefined) record.stop_reason = redactor.pass(facts.stopReason);
  if (facts.toolCalls.length > 0) {
    for (const tool of facts.toolCalls) redactor.pass(tool);
    record.tool_calls = facts.toolCalls;
  }
  if (facts.priceSource !== undefined) record.price_source = redactor.pass(facts.priceSource);
  if (facts.payload) record.payload = payloadRecord(facts.payload, redactor);
  return record;
}

function aiMeta(facts: AiFacts, finished: number, redactor: Redactor): AiMeta {
  return {
    request_model: redactor.pass(facts.requestModel),
    response_model: redactor.pass(facts.responseModel ?? facts.requestModel),
    provider_name: redactor.pass(facts.provider),
    request_mode: facts.mode,
    llm_latency: Math.max(0, Math.floor((facts.finishedMono ?? finished) - facts.startedMono)),
    plugin_id: redactor.pass(facts.pluginId),
  };
}

/** Kong divides the whole latency by the completion tokens, in a stream too; without tokens it writes 0. */
function aiUsage(facts: AiFacts, latency: number): AiUsageRecord {
  const usage = facts.usage ?? NO_USAGE;
  return {
    prompt_tokens: usage.prompt_tokens,
    completion_tokens: usage.completion_tokens,
    total_tokens: usage.total_tokens,
    prompt_tokens_details: usage.prompt_tokens_details,
    completion_tokens_details: usage.completion_tokens_details,
    time_per_token: usage.completion_tokens > 0 ? latency / usage.completion_tokens : 0,
    time_to_first_token: timeToFirstToken(facts, latency),
    cost: facts.cost,
    estimated: facts.estimated,
  };
}

/** An answer in one piece has its first token when it is there; a stream that never had content has none: 0. */
function timeToFirstToken(facts: AiFacts, latency: number): number {
  if (facts.mode === 'oneshot') return latency;
  return facts.firstContentMono === undefined ? 0 : Math.max(0, Math.floor(facts.firstContentMono - facts.startedMono));
}

function payloadRecord({ request, response }: NonNullable<AiFacts['payload']>, redactor: Redactor): PayloadRecord {
  return {
    ...(request && { request: redactor.payload(request) }),
    ...(request?.truncated && { request_truncated: request.truncated }),
    ...(response && { response: redactor.payload(response) }),
    ...(response?.truncated && { response_truncated: response.truncated }),
  };
}
