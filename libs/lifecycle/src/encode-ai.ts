import type { AiMeta, AiRecord, AiUsageRecord } from '#libs/plugin-api';

/** The JSON of an `ai` object in which no string needs an escape, the payload aside. `meta` and `usage` stand in it twice. */
export function aiJson({
  meta,
  usage,
  proxy,
  translation,
  stop_reason,
  tool_calls,
  price_source,
  payload,
}: AiRecord): string {
  const shared = `"meta":${metaJson(meta)},"usage":${usageJson(usage)}`;
  const mirrored = proxy.meta === meta && proxy.usage === usage && proxy.tried_targets === undefined;
  let json =
    `{${shared},"proxy":${mirrored ? `{${shared}}` : JSON.stringify(proxy)},` +
    `"translation":{"from":"${translation.from}","to":"${translation.to}","lossy":${listJson(translation.lossy)}}`;
  if (stop_reason !== undefined) json += `,"stop_reason":"${stop_reason}"`;
  if (tool_calls) json += `,"tool_calls":${listJson(tool_calls)}`;
  if (price_source !== undefined) json += `,"price_source":"${price_source}"`;
  if (payload) json += `,"payload":${JSON.stringify(payload)}`;
  return `${json}}`;
}

function listJson(list: readonly string[]): string {
  return list.length === 0 ? '[]' : `["${list.join('","')}"]`;
}

function metaJson(meta: AiMeta): string {
  return (
    `{"request_model":"${meta.request_model}","response_model":"${meta.response_model}",` +
    `"provider_name":"${meta.provider_name}","request_mode":"${meta.request_mode}",` +
    `"llm_latency":${meta.llm_latency},"plugin_id":"${meta.plugin_id}"}`
  );
}

function usageJson(usage: AiUsageRecord): string {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
  return (
    `{"prompt_tokens":${usage.prompt_tokens},"completion_tokens":${usage.completion_tokens},` +
    `"total_tokens":${usage.total_tokens},"prompt_tokens_details":{"cached_tokens":${prompt.cached_tokens},` +
    `"cache_write_tokens":${prompt.cache_write_tokens},"audio_tokens":${prompt.audio_tokens}},` +
    `"completion_tokens_details":{"reasoning_tokens":${completion.reasoning_tokens},` +
    `"accepted_prediction_tokens":${completion.accepted_prediction_tokens},` +
    `"rejected_prediction_tokens":${completion.rejected_prediction_tokens},"audio_tokens":${completion.audio_tokens}},` +
    `"time_per_token":${usage.time_per_token},"time_to_first_token":${usage.time_to_first_token},` +
    `"cost":${usage.cost},"estimated":${usage.estimated}}`
  );
}
