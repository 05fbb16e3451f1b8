import type { AiFacts, AiRecord } from '#libs/plugin-api';
import type { FinishedExchange } from '../finished-exchange.js';

/** An exchange with a model in the words of the GenAI conventions. */
export interface ModelCall {
  /** `chat`, `text_completion`, `embeddings`. */
  readonly operation: string;
  readonly provider: string;
  readonly requestModel: string;
  readonly responseModel: string | undefined;
  readonly facts: AiFacts;
  readonly record: AiRecord;
}

/** Kong's names of providers that the conventions call otherwise. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['azure', 'azure.ai.openai'],
  ['bedrock', 'aws.bedrock'],
  ['gemini', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
]);

/**
 * Undefined for exchanges without a model, and for those whose AI plugin is not to leave statistics. Names are taken from the
 * record, which holds no credential.
 */
export function modelCall({
  exchange: { ai: facts },
  record: { ai: record },
}: FinishedExchange): ModelCall | undefined {
  if (!facts || !record) return undefined;
  const { meta } = record;
  return {
    operation: facts.operation ?? 'chat',
    provider: PROVIDERS.get(meta.provider_name) ?? meta.provider_name,
    requestModel: meta.request_model,
    responseModel: facts.responseModel === undefined ? undefined : meta.response_model,
    facts,
    record,
  };
}

const FINISH_REASONS: ReadonlyMap<string, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['completed', 'stop'],
  ['max_tokens', 'length'],
  ['max_output_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_call'],
  ['tool_calls', 'tool_call'],
  ['function_call', 'tool_call'],
  ['refusal', 'content_filter'],
]);

/** The conventions' words for why the model stopped; `error` for an answer that broke off. */
export function finishReason({ record, facts }: ModelCall, failed: boolean): string | undefined {
  if (failed) return facts.firstContentMono === undefined ? undefined : 'error';
  const reason = record.stop_reason;
  return reason === undefined ? undefined : (FINISH_REASONS.get(reason) ?? reason);
}

/** Seconds from the request of an attempt to the first content of its stream. */
export function timeToFirstChunk({ facts }: ModelCall, startedMono: number): number | undefined {
  if (facts.mode !== 'stream' || facts.firstContentMono === undefined) return undefined;
  return Math.max(0, facts.firstContentMono - startedMono) / 1000;
}
