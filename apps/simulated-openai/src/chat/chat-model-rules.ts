import { invalidRequest, listed, unsupportedParameter } from '../api-error.js';
import type { Effort, Model } from '../models.js';
import type { ChatRequest } from './chat-request.js';

const MAX_BREAKPOINTS = 4;

/** The effort a request runs with: its own, or the model's default. Undefined on models that do not reason. */
export function effectiveEffort(request: Pick<ChatRequest, 'reasoning_effort'>, model: Model): Effort | undefined {
  return model.reasoning && (request.reasoning_effort ?? model.reasoning.default);
}

/** What this model takes: sampling, lengths, effort, tools with reasoning, modalities, cache marks. */
export function checkModelRules(request: ChatRequest, model: Model): void {
  checkModalities(request);
  checkEffort(request, model);
  checkSampling(request, model);
  checkLengths(request, model);
  checkToolsWithReasoning(request, model);
  checkCacheMarks(request, model);
  if (typeof request['verbosity'] === 'string' && !model.verbosity && request['verbosity'] !== 'medium') {
    throw invalidRequest(
      `Unsupported value: 'verbosity' does not support '${request['verbosity']}' with this model. Supported values are: 'medium'.`,
      'verbosity',
      'unsupported_value',
    );
  }
}

/** None of the simulated models speaks, searches or moderates by itself. */
function checkModalities(request: ChatRequest): void {
  const modalities = request['modalities'];
  if (Array.isArray(modalities) && modalities.includes('audio')) {
    throw invalidRequest('This model does not support audio output.', 'modalities', 'invalid_value');
  }
  for (const parameter of ['audio', 'moderation', 'web_search_options']) {
    if (request[parameter] !== undefined && request[parameter] !== null) throw unsupportedParameter(parameter);
  }
}

function checkEffort(request: ChatRequest, model: Model): void {
  const effort = request.reasoning_effort;
  if (effort === undefined || effort === null) return;
  // The old wording is still the one that the gpt-4 generation answers with.
  if (!model.reasoning) throw invalidRequest('Unrecognized request argument supplied: reasoning_effort');
  if (!model.reasoning.efforts.includes(effort)) {
    throw invalidRequest(
      `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${listed(model.reasoning.efforts)}.`,
      'reasoning_effort',
      'unsupported_value',
    );
  }
}

/** Models with a default effort never sample freely; those that default to `none` do as long as they do not reason. */
function checkSampling(request: ChatRequest, model: Model): void {
  const effort = effectiveEffort(request, model);
  if (effort === undefined || effort === 'none') return;
  for (const parameter of ['temperature', 'top_p']) {
    const value = request[parameter];
    if (typeof value === 'number' && value !== 1) {
      throw invalidRequest(
        `Unsupported value: '${parameter}' does not support ${value} with this model. Only the default (1) value is supported.`,
        parameter,
        'unsupported_value',
      );
    }
  }
  for (const parameter of ['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs']) {
    const value = request[parameter];
    if (value !== undefined && value !== null && value !== false && value !== 0) throw unsupportedParameter(parameter);
  }
}

function checkLengths(request: ChatRequest, model: Model): void {
  if (model.reasoning) {
    if (typeof request.max_tokens === 'number') {
      throw unsupportedParameter('max_tokens', "Use 'max_completion_tokens' instead.");
    }
    if (request.stop !== undefined && request.stop !== null) throw unsupportedParameter('stop');
    if (request['prediction']) throw unsupportedParameter('prediction');
  }
  for (const parameter of ['max_tokens', 'max_completion_tokens'] as const) {
    const value = request[parameter];
    if (typeof value === 'number' && value > model.maxOutput) {
      throw invalidRequest(
        `max_tokens is too large: ${value}. This model supports at most ${model.maxOutput} completion tokens, whereas you provided ${value}.`,
        parameter,
        'invalid_value',
      );
    }
  }
}

/** https://github.com/openai/openai-openapi/issues/541; gpt-5.6 and later apply it to their default effort as well. */
function checkToolsWithReasoning(request: ChatRequest, model: Model): void {
  if (!model.toolsNeedNoReasoningOnChat || !request.tools?.some((tool) => tool.type === 'function')) return;
  if (effectiveEffort(request, model) === 'none') return;
  const way = model.cacheBreakpoints
    ? "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
    : 'Please use /v1/responses instead.';
  throw invalidRequest(
    `Function tools with reasoning_effort are not supported for ${model.id} in /v1/chat/completions. ${way}`,
    'reasoning_effort',
  );
}

/** Marks are for gpt-5.6 and later, and in chat completions for text parts only. */
function checkCacheMarks(request: ChatRequest, model: Model): void {
  if (request.prompt_cache_options !== undefined && !model.cacheBreakpoints) {
    throw unsupportedParameter('prompt_cache_options');
  }
  let marks = 0;
  for (const [index, { content }] of request.messages.entries()) {
    if (typeof content === 'string' || !content) continue;
    for (const [position, part] of content.entries()) {
      if (part.type === 'refusal' || part.prompt_cache_breakpoint === undefined) continue;
      const param = `messages[${index}].content[${position}].prompt_cache_breakpoint`;
      if (!model.cacheBreakpoints) throw unsupportedParameter(param);
      if (part.type !== 'text') {
        throw invalidRequest(
          `Invalid '${param}': cache breakpoints are not supported on '${part.type}' content.`,
          param,
          'invalid_value',
        );
      }
      marks += 1;
    }
  }
  if (marks > MAX_BREAKPOINTS) {
    throw invalidRequest(
      `Invalid 'messages': too many cache breakpoints. Expected at most ${MAX_BREAKPOINTS}, but got ${marks} instead.`,
      'messages',
      'too_many_cache_breakpoints',
    );
  }
}
