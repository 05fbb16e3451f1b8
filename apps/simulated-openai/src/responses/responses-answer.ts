import { hexIdentifier, identifier } from '../identifiers.js';
import type { Model } from '../models.js';
import { joined, type ModelReply, type OutputPart, type ReasoningPart } from '../script/script.js';
import type { ReplyUsage } from '../usage.js';
import type { JsonObject } from '../validation/checks.js';
import type { ReasoningSeals } from './reasoning-seals.js';
import { responsesEffort } from './responses-validation.js';
import type { ResponsesRequest } from './responses-request.js';

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete';

/** One output of the model with the ids it has in this response. */
export interface OutputItem {
  readonly part: OutputPart;
  readonly id: string;
  /** The item when it is complete. */
  readonly done: JsonObject;
}

/** A response before it is sent: what `output_item.done` and the final `output` are made of. */
export interface ResponseAnswer {
  readonly items: readonly OutputItem[];
  /** The terminal status: `incomplete` when the model was cut off. */
  readonly status: Exclude<ResponseStatus, 'in_progress'>;
  /** The `response` object in a state, with what has been put out so far. */
  snapshot(status: ResponseStatus, output: readonly JsonObject[]): JsonObject;
}

const INCOMPLETE_REASONS = { length: 'max_output_tokens', content_filter: 'content_filter' } as const;

export function responseAnswer(
  request: ResponsesRequest,
  model: Model,
  reply: ModelReply,
  usage: ReplyUsage | null,
  seals: ReasoningSeals,
): ResponseAnswer {
  const reason =
    reply.finish === 'length' || reply.finish === 'content_filter' ? INCOMPLETE_REASONS[reply.finish] : undefined;
  const status = reason ? 'incomplete' : 'completed';
  const id = hexIdentifier('resp_', 48);
  const createdAt = Math.floor(Date.now() / 1000);
  const echo = echoed(request, model, reply);
  return {
    status,
    items: reply.output.map((part, index) =>
      outputItem(part, request, seals, index === reply.output.length - 1 ? status : 'completed'),
    ),
    snapshot: (state, output) => ({
      id,
      object: 'response',
      created_at: createdAt,
      status: state,
      background: false,
      completed_at: state === 'completed' ? createdAt : null,
      error: null,
      incomplete_details: state === 'incomplete' ? { reason } : null,
      ...echo,
      output,
      usage: state === 'in_progress' || !usage ? null : responseUsage(usage),
    }),
  };
}

/** What the response repeats of the request, defaults filled in. */
function echoed(request: ResponsesRequest, model: Model, reply: ModelReply): JsonObject {
  const effort = responsesEffort(request, model) ?? null;
  const tier = request.service_tier;
  return {
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    metadata: request.metadata ?? {},
    model: reply.model ?? model.snapshot,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    prompt_cache_retention: null,
    reasoning: { effort, summary: summaryStyle(request) },
    safety_identifier: request['safety_identifier'] ?? null,
    service_tier: tier === 'flex' || tier === 'priority' ? tier : 'default',
    store: request.store ?? true,
    temperature: request['temperature'] ?? 1,
    text: { format: request.text?.format ?? { type: 'text' }, verbosity: request.text?.verbosity ?? 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    // A function that does not say is tried as strict.
    tools: (request.tools ?? []).map((tool) => (tool.type === 'function' ? { strict: true, ...tool } : tool)),
    top_logprobs: request['top_logprobs'] ?? 0,
    top_p: request['top_p'] ?? 1,
    truncation: request['truncation'] ?? 'disabled',
    user: request['user'] ?? null,
  };
}

/** `detailed` is what `auto` gets on today's models. */
function summaryStyle(request: ResponsesRequest): string | null {
  const asked = request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null;
  return asked === 'auto' ? 'detailed' : asked;
}

/** Summaries are written only when they are asked for. */
export const showsSummary = (request: ResponsesRequest): boolean => summaryStyle(request) !== null;

function outputItem(
  part: OutputPart,
  request: ResponsesRequest,
  seals: ReasoningSeals,
  status: ResponseStatus,
): OutputItem {
  switch (part.type) {
    case 'reasoning':
      return reasoningItem(part, request, seals);
    case 'toolCall': {
      const id = hexIdentifier('fc_', 48);
      const callId = part.id ?? identifier('call_', 24);
      const call = {
        id,
        type: 'function_call',
        status,
        arguments: joined(part.pieces),
        call_id: callId,
        name: part.name,
      };
      return { part, id, done: call };
    }
    case 'webSearch': {
      const id = hexIdentifier('ws_', 48);
      const { query, sources } = part;
      const shown = request.include?.includes('web_search_call.action.sources');
      const action = {
        type: 'search',
        query,
        queries: [query],
        ...(shown && { sources: sources.map((url) => ({ type: 'url', url })) }),
      };
      return { part, id, done: { id, type: 'web_search_call', status: 'completed', action } };
    }
    case 'refusal':
      return messageItem(part, { type: 'refusal', refusal: joined(part.pieces) }, status);
    default: {
      const annotations = (part.citations ?? []).map(({ url, title, start, end }) => ({
        type: 'url_citation',
        start_index: start,
        end_index: end,
        url,
        title,
      }));
      return messageItem(part, { type: 'output_text', annotations, logprobs: [], text: joined(part.pieces) }, status);
    }
  }
}

function messageItem(part: OutputPart, content: JsonObject, status: ResponseStatus): OutputItem {
  const id = hexIdentifier('msg_', 48);
  return { part, id, done: { id, type: 'message', status, content: [content], role: 'assistant' } };
}

/** The ciphertext comes by default; a scripted one is trusted from now on. */
function reasoningItem(part: ReasoningPart, request: ResponsesRequest, seals: ReasoningSeals): OutputItem {
  const id = part.id ?? hexIdentifier('rs_', 48);
  const encrypted = part.encrypted === undefined ? seals.seal(id) : part.encrypted;
  if (encrypted !== null) seals.trust(id, encrypted);
  const summary = showsSummary(request)
    ? part.summary.map((pieces) => ({ type: 'summary_text', text: joined(pieces) }))
    : [];
  return {
    part,
    id,
    done: { id, type: 'reasoning', summary, ...(encrypted !== null && { encrypted_content: encrypted }) },
  };
}

/** The `usage` object of the Responses API. */
function responseUsage({ prompt, completion, cached, cacheWrite, reasoning }: ReplyUsage): JsonObject {
  return {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite ?? 0 },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + completion,
  };
}
