import { ApiError, invalidRequest } from '../api-error.js';
import { EFFORTS, findModel, type Model } from '../models.js';
import {
  anyObject,
  anything,
  arrayOf,
  boolean,
  decimal,
  integer,
  isObject,
  mapOf,
  missing,
  nullable,
  object,
  oneOf,
  string,
  stringOr,
  tagged,
  wrongType,
  type Check,
} from '../validation/checks.js';
import { checkMessageOrder, messageShape } from './chat-messages.js';
import { checkModelRules } from './chat-model-rules.js';
import type { ChatRequest } from './chat-request.js';
import { checkTools } from './chat-tools.js';
import { checkDeepSeekRequest } from './deepseek-validation.js';

const toolNamePattern = string({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ });

const functionTool = object({
  type: string(),
  function: object(
    { name: toolNamePattern },
    { description: string(), parameters: anyObject, strict: nullable(boolean) },
  ),
});

const customTool = object({
  type: string(),
  custom: object({ name: toolNamePattern }, { description: string(), format: anyObject }),
});

const namedTool = object({ name: string() });

const toolChoice: Check = (value, path) => {
  if (!isObject(value)) return oneOf('none', 'auto', 'required')(value, path);
  return tagged('type', {
    function: object({ type: string(), function: namedTool }),
    custom: object({ type: string(), custom: namedTool }),
    allowed_tools: object({
      type: string(),
      allowed_tools: object({ mode: oneOf('auto', 'required'), tools: arrayOf(anyObject) }),
    }),
  })(value, path);
};

const responseFormat = tagged('type', {
  text: object({ type: string() }),
  json_object: object({ type: string() }),
  json_schema: object({
    type: string(),
    json_schema: object(
      { name: toolNamePattern },
      { description: string(), schema: anyObject, strict: nullable(boolean) },
    ),
  }),
});

const cachePolicy = { mode: oneOf('implicit', 'explicit'), ttl: oneOf('30m') };

/** Every parameter of `POST /v1/chat/completions` (OpenAI API reference, "Create chat completion"), with its range. */
const requestShape = object(
  { model: string(), messages: arrayOf(messageShape, { min: 1 }) },
  {
    audio: nullable(anyObject),
    frequency_penalty: nullable(decimal(-2, 2)),
    function_call: anything,
    functions: arrayOf(object({ name: toolNamePattern }, { description: string(), parameters: anyObject }), {
      min: 1,
      max: 128,
    }),
    logit_bias: nullable(mapOf(decimal(-100, 100))),
    logprobs: nullable(boolean),
    max_completion_tokens: nullable(integer(1)),
    max_tokens: nullable(integer(1)),
    metadata: nullable(mapOf(string({ max: 512 }), 16)),
    modalities: nullable(arrayOf(oneOf('text', 'audio'), { min: 1 })),
    moderation: nullable(anyObject),
    n: nullable(integer(1, 128)),
    parallel_tool_calls: boolean,
    prediction: nullable(object({ type: oneOf('content'), content: stringOr(arrayOf(anyObject)) })),
    presence_penalty: nullable(decimal(-2, 2)),
    prompt_cache_key: nullable(string({ max: 64 })),
    prompt_cache_options: object({}, cachePolicy),
    prompt_cache_retention: nullable(oneOf('in_memory', '24h')),
    reasoning_effort: nullable(oneOf(...EFFORTS)),
    response_format: responseFormat,
    safety_identifier: nullable(string({ max: 64 })),
    seed: nullable(integer()),
    service_tier: nullable(oneOf('auto', 'default', 'flex', 'scale', 'priority')),
    stop: nullable(stringOr(arrayOf(string(), { min: 1, max: 4 }), 'an array of strings')),
    store: nullable(boolean),
    stream: nullable(boolean),
    stream_options: nullable(object({}, { include_usage: boolean, include_obfuscation: boolean })),
    temperature: nullable(decimal(0, 2)),
    tool_choice: toolChoice,
    tools: arrayOf(tagged('type', { function: functionTool, custom: customTool }), { min: 1, max: 128 }),
    top_logprobs: nullable(integer(0, 20)),
    top_p: nullable(decimal(0, 1)),
    user: string(),
    verbosity: nullable(oneOf('low', 'medium', 'high')),
    web_search_options: anyObject,
  },
);

/**
 * Accepts what the real endpoint accepts and nothing else.
 * @throws ApiError as the real endpoint words it
 */
export function validateChatRequest(body: unknown): { readonly request: ChatRequest; readonly model: Model } {
  const model = requestedModel(body);
  if (model.dialect === 'deepseek') return { request: checkDeepSeekRequest(body), model };
  requestShape(body, '');
  const request = body as ChatRequest;
  checkModelRules(request, model);
  checkCombinations(request);
  checkTools(request);
  checkMessageOrder(request.messages, model);
  return { request, model };
}

/** @throws ApiError 404 `model_not_found` */
export function requestedModel(body: unknown): Model {
  if (!isObject(body)) throw wrongType('body', 'an object', body);
  const { model: name } = body;
  if (name === undefined) throw missing('model');
  if (typeof name !== 'string') throw wrongType('model', 'a string', name);
  const model = findModel(name);
  if (!model) throw modelNotFound(name);
  return model;
}

export const modelNotFound = (name: string): ApiError =>
  new ApiError(404, `The model \`${name}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
  });

/** Parameters that only make sense beside another one. */
function checkCombinations(request: ChatRequest): void {
  const needs = (param: string, other: string): void => {
    throw invalidRequest(
      `Invalid value for '${param}': '${param}' is only allowed when '${other}' are specified.`,
      param,
    );
  };
  if (!request.tools) {
    if (request.tool_choice !== undefined && !request['functions']) needs('tool_choice', 'tools');
    if (request.parallel_tool_calls !== undefined) needs('parallel_tool_calls', 'tools');
  }
  if (request.stream_options && !request.stream) {
    throw invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  if (request.metadata && !request.store) {
    throw invalidRequest("The 'metadata' parameter is only allowed when 'store' is enabled.", 'metadata');
  }
  for (const key of Object.keys(request.metadata ?? {})) string({ max: 64 })(key, 'metadata');
  if (typeof request.top_logprobs === 'number' && request.logprobs !== true) {
    throw invalidRequest("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs');
  }
  if (typeof request.max_tokens === 'number' && typeof request.max_completion_tokens === 'number') {
    throw invalidRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
      'invalid_parameter_combination',
    );
  }
}
