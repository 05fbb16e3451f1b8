import type { Attributes } from '@opentelemetry/api';
import type { AiParameters } from '#libs/plugin-api';
import type { FinishedExchange } from '../finished-exchange.js';
import { serverOf, type AttemptResult } from './attempts.js';
import { finishReason, timeToFirstChunk, type ModelCall } from './model-call.js';

/** `chat gpt-5-mini`; where no model is asked, the method. */
export function clientSpanName({ record }: FinishedExchange, call: ModelCall | undefined): string {
  return call ? `${call.operation} ${call.requestModel}` : record.request.method;
}

/** Attributes of one attempt to reach an upstream: HTTP conventions, and the GenAI ones where a model is asked. */
export function clientAttributes(
  event: FinishedExchange,
  result: AttemptResult,
  call: ModelCall | undefined,
): Attributes {
  const { attempt, index, error } = result;
  const { address, port } = serverOf(attempt.origin);
  const attributes: Attributes = call ? callAttributes(event, result, call) : requestAttributes(event, result);
  attributes['server.address'] = address;
  attributes['server.port'] = port;
  if (index > 0) attributes['http.request.resend_count'] = index;
  if (error !== undefined) attributes['error.type'] = error;
  return attributes;
}

function requestAttributes({ record }: FinishedExchange, { attempt }: AttemptResult): Attributes {
  const attributes: Attributes = {
    'http.request.method': record.request.method,
    'url.full': attempt.origin + record.upstream_uri,
  };
  if (attempt.status !== undefined) attributes['http.response.status_code'] = attempt.status;
  if (attempt.peer) {
    attributes['network.peer.address'] = attempt.peer.ip;
    attributes['network.peer.port'] = attempt.peer.port;
  }
  return attributes;
}

function callAttributes(
  { record }: FinishedExchange,
  { attempt, last, error }: AttemptResult,
  call: ModelCall,
): Attributes {
  const attributes: Attributes = {
    'gen_ai.operation.name': call.operation,
    'gen_ai.provider.name': call.provider,
    'gen_ai.request.model': call.requestModel,
  };
  if (call.facts.mode === 'stream') attributes['gen_ai.request.stream'] = true;
  if (record.agent?.session_id !== undefined) attributes['gen_ai.conversation.id'] = record.agent.session_id;
  if (record.agent?.agent_id !== undefined) attributes['gen_ai.agent.id'] = record.agent.agent_id;
  if (call.facts.parameters) addParameters(attributes, call.facts.parameters, call.facts.payload !== undefined);
  if (last) addAnswer(attributes, call, attempt.startedMono, error !== undefined);
  return attributes;
}

/** @param content stop sequences are words of the user's: only where prompts are kept too */
function addParameters(attributes: Attributes, asked: AiParameters, content: boolean): void {
  if (asked.maxTokens !== undefined) attributes['gen_ai.request.max_tokens'] = asked.maxTokens;
  if (asked.temperature !== undefined) attributes['gen_ai.request.temperature'] = asked.temperature;
  if (asked.topP !== undefined) attributes['gen_ai.request.top_p'] = asked.topP;
  if (asked.topK !== undefined) attributes['gen_ai.request.top_k'] = asked.topK;
  if (asked.frequencyPenalty !== undefined) attributes['gen_ai.request.frequency_penalty'] = asked.frequencyPenalty;
  if (asked.presencePenalty !== undefined) attributes['gen_ai.request.presence_penalty'] = asked.presencePenalty;
  if (asked.seed !== undefined) attributes['gen_ai.request.seed'] = asked.seed;
  if (asked.choiceCount !== undefined && asked.choiceCount !== 1) {
    attributes['gen_ai.request.choice.count'] = asked.choiceCount;
  }
  if (asked.reasoningLevel !== undefined) attributes['gen_ai.request.reasoning.level'] = asked.reasoningLevel;
  if (asked.outputType !== undefined) attributes['gen_ai.output.type'] = asked.outputType;
  if (content && asked.stopSequences) attributes['gen_ai.request.stop_sequences'] = [...asked.stopSequences];
}

function addAnswer(attributes: Attributes, call: ModelCall, startedMono: number, failed: boolean): void {
  const { facts } = call;
  if (facts.responseId !== undefined) attributes['gen_ai.response.id'] = facts.responseId;
  if (call.responseModel !== undefined) attributes['gen_ai.response.model'] = call.responseModel;
  const reason = finishReason(call, failed);
  if (reason !== undefined) attributes['gen_ai.response.finish_reasons'] = [reason];
  const firstChunk = timeToFirstChunk(call, startedMono);
  if (firstChunk !== undefined) attributes['gen_ai.response.time_to_first_chunk'] = firstChunk;
  if (facts.usage) {
    const { usage } = facts;
    const { cached_tokens: cached, cache_write_tokens: written } = usage.prompt_tokens_details;
    const { reasoning_tokens: reasoning } = usage.completion_tokens_details;
    attributes['gen_ai.usage.input_tokens'] = usage.prompt_tokens;
    attributes['gen_ai.usage.output_tokens'] = usage.completion_tokens;
    // Every attribute costs; what is not there is 0.
    if (cached > 0) attributes['gen_ai.usage.cache_read.input_tokens'] = cached;
    if (written > 0) attributes['gen_ai.usage.cache_write.input_tokens'] = written;
    if (reasoning > 0) attributes['gen_ai.usage.reasoning.output_tokens'] = reasoning;
    if (facts.estimated) attributes['tidegate.usage.estimated'] = true;
  }
  if (facts.cost !== null) attributes['tidegate.cost_usd'] = facts.cost;
}
