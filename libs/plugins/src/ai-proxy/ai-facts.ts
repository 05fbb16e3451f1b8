import type { AiFacts, AiParameters, PluginEntity, TokenUsage, WireFormatName } from '#libs/plugin-api';
import type { CanonicalUsage, ReplyFacts } from '#libs/llm';
import type { AiProxyConfig } from './ai-proxy.config.js';

export interface AiFactsStart {
  readonly entity: Pick<PluginEntity<AiProxyConfig>, 'id' | 'config'>;
  /** Asked of the upstream. */
  readonly model: string;
  readonly clientModel: string | undefined;
  readonly stream: boolean;
  readonly operation?: AiFacts['operation'];
  readonly parameters: AiParameters;
  readonly from: WireFormatName;
  readonly to: WireFormatName;
  readonly lossy: readonly string[];
}

/** What is known when the request has been read; the rest is filled in as the answer goes by. */
export function startFacts(start: AiFactsStart): AiFacts {
  const { entity, model, clientModel, stream, operation = 'chat', parameters, from, to, lossy } = start;
  const { logging, model: configured } = entity.config;
  return {
    pluginId: entity.id,
    provider: configured.provider,
    requestModel: model,
    clientModel,
    responseModel: undefined,
    mode: stream ? 'stream' : 'oneshot',
    operation,
    parameters,
    from,
    to,
    lossy: [...lossy],
    startedMono: performance.now(),
    firstContentMono: undefined,
    finishedMono: undefined,
    usage: undefined,
    estimated: false,
    cost: null,
    priceSource: undefined,
    stopReason: undefined,
    toolCalls: [],
    upstreamError: undefined,
    payload: logging.log_payloads ? { request: undefined, response: undefined } : undefined,
    logStatistics: logging.log_statistics,
  };
}

/** Takes over what an answer, whole or not, has told. */
export function noteReply(facts: AiFacts, reply: Omit<ReplyFacts, 'firstContent' | 'failure'>): void {
  facts.finishedMono ??= performance.now();
  facts.responseModel = reply.model;
  facts.responseId = reply.upstreamId;
  facts.stopReason = reply.stopReason;
  facts.toolCalls = [...reply.toolCalls];
  if (!reply.tokens) return;
  facts.usage = tokenUsage(reply.tokens);
  facts.estimated = reply.tokens.estimated;
}

function tokenUsage(usage: CanonicalUsage): TokenUsage {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.total,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInput,
      cache_write_tokens: usage.cacheWriteInput,
      audio_tokens: usage.audioInput,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningOutput,
      accepted_prediction_tokens: usage.acceptedPrediction,
      rejected_prediction_tokens: usage.rejectedPrediction,
      audio_tokens: usage.audioOutput,
    },
  };
}
