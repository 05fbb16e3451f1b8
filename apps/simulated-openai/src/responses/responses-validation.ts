import { ApiError, invalidRequest, listed, unsupportedParameter } from '../api-error.js';
import { requestedModel } from '../chat/chat-validation.js';
import { EFFORTS, type Effort, type Model } from '../models.js';
import {
  anyObject,
  arrayOf,
  boolean,
  decimal,
  integer,
  isObject,
  mapOf,
  nullable,
  object,
  oneOf,
  string,
  stringOr,
  tagged,
} from '../validation/checks.js';
import { checkResponseSchema } from '../validation/schema-validation.js';
import type { ReasoningSeals } from './reasoning-seals.js';
import { checkItemOrder, itemShape } from './responses-items.js';
import { inputItems, type ResponsesRequest } from './responses-request.js';
import { checkResponsesTools, toolChoiceShape, toolShape } from './responses-tools.js';

const MIN_OUTPUT_TOKENS = 16;
const MAX_BREAKPOINTS = 4;

const INCLUDABLE = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
];

const format = tagged('type', {
  text: object({ type: string() }),
  json_object: object({ type: string() }),
  json_schema: object(
    { type: string(), name: string({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ }), schema: anyObject },
    { description: string(), strict: nullable(boolean) },
  ),
});

const summary = nullable(oneOf('auto', 'concise', 'detailed'));

/** Parameters of both `POST /v1/responses` and `POST /v1/responses/input_tokens`. */
const shared = {
  instructions: nullable(string()),
  tools: nullable(arrayOf(toolShape)),
  tool_choice: nullable(toolChoiceShape),
  parallel_tool_calls: nullable(boolean),
  reasoning: nullable(
    object(
      {},
      {
        effort: nullable(oneOf(...EFFORTS)),
        summary,
        generate_summary: summary,
        context: nullable(oneOf('auto', 'current_turn', 'all_turns')),
        mode: string(),
      },
    ),
  ),
  text: nullable(object({}, { format, verbosity: nullable(oneOf('low', 'medium', 'high')) })),
  truncation: nullable(oneOf('auto', 'disabled')),
  previous_response_id: nullable(string()),
  conversation: nullable(stringOr(object({ id: string() }), 'an object')),
};

const input = stringOr(arrayOf(itemShape, { min: 1 }));

const createShape = object(
  { model: string(), input },
  {
    ...shared,
    background: nullable(boolean),
    context_management: nullable(arrayOf(object({ type: string() }, { compact_threshold: nullable(integer(1)) }))),
    include: nullable(arrayOf(oneOf(...INCLUDABLE))),
    max_output_tokens: nullable(integer(MIN_OUTPUT_TOKENS)),
    metadata: nullable(mapOf(string({ max: 512 }), 16)),
    moderation: nullable(anyObject),
    prompt: nullable(anyObject),
    prompt_cache_key: nullable(string({ max: 64 })),
    prompt_cache_options: object({}, { mode: oneOf('implicit', 'explicit'), ttl: oneOf('30m') }),
    prompt_cache_retention: nullable(oneOf('in_memory', '24h')),
    safety_identifier: nullable(string({ max: 64 })),
    service_tier: nullable(oneOf('auto', 'default', 'flex', 'scale', 'priority')),
    store: nullable(boolean),
    stream: nullable(boolean),
    stream_options: nullable(object({}, { include_obfuscation: boolean })),
    temperature: nullable(decimal(0, 2)),
    top_logprobs: nullable(integer(0, 20)),
    top_p: nullable(decimal(0, 1)),
    user: string(),
  },
);

const countShape = object({ model: string(), input }, { ...shared, personality: string() });

interface Accepted {
  readonly request: ResponsesRequest;
  readonly model: Model;
}

/**
 * `POST /v1/responses`: accepts what the real endpoint accepts and nothing else.
 * @throws ApiError as the real endpoint words it
 */
export function validateResponsesRequest(body: unknown, seals: ReasoningSeals): Accepted {
  refuseChatParameters(body);
  const model = requestedModel(body);
  createShape(body, '');
  const request = body as ResponsesRequest;
  checkState(request);
  checkCombinations(request);
  checkReasoning(request, model);
  checkLimits(request, model);
  checkRest(request, model, seals);
  return { request, model };
}

/** `POST /v1/responses/input_tokens` */
export function validateCountRequest(body: unknown, seals: ReasoningSeals): Accepted {
  const model = requestedModel(body);
  countShape(body, '');
  const request = body as ResponsesRequest;
  checkState(request);
  checkReasoning(request, model);
  checkRest(request, model, seals);
  return { request, model };
}

/** The effort a request runs with. Undefined on models that do not reason. */
export const responsesEffort = (request: ResponsesRequest, model: Model): Effort | undefined =>
  model.reasoning && (request.reasoning?.effort ?? model.reasoning.default);

function checkRest(request: ResponsesRequest, model: Model, seals: ReasoningSeals): void {
  checkResponsesTools(request, model, responsesEffort(request, model));
  checkFormat(request);
  checkCacheMarks(request, model);
  checkItemOrder(inputItems(request), model, seals);
}

const MOVED: Readonly<Record<string, string>> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
  verbosity: 'text.verbosity',
};

/** The service recognises the words of chat completions and says where they have gone. */
function refuseChatParameters(body: unknown): void {
  if (!isObject(body)) return;
  const moved = Object.keys(body).find((key) => Object.hasOwn(MOVED, key));
  if (moved === undefined) return;
  throw invalidRequest(
    `Unsupported parameter: '${moved}'. In the Responses API, this parameter has moved to '${MOVED[moved]}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.`,
    moved,
    'unsupported_parameter',
  );
}

/** Nothing is stored, so nothing can be continued. */
function checkState(request: ResponsesRequest): void {
  const { previous_response_id: previous, conversation, prompt } = request;
  if (typeof previous === 'string') {
    throw invalidRequest(
      `Previous response with id '${previous}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    );
  }
  if (conversation !== undefined && conversation !== null) {
    const id = isObject(conversation) ? conversation['id'] : conversation;
    throw new ApiError(404, `Conversation with id '${String(id)}' not found.`);
  }
  if (isObject(prompt)) throw new ApiError(404, `Prompt with id '${String(prompt['id'])}' not found.`);
}

function checkCombinations(request: ResponsesRequest): void {
  if (request.stream_options && !request.stream) {
    throw invalidRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  if (request['background'] === true) throw unsupportedParameter('background');
  if (request['moderation']) throw unsupportedParameter('moderation');
  for (const key of Object.keys(request.metadata ?? {})) string({ max: 64 })(key, 'metadata');
}

function checkReasoning(request: ResponsesRequest, model: Model): void {
  const { effort, summary: wanted } = request.reasoning ?? {};
  if (!model.reasoning) {
    if (effort) throw unsupportedParameter('reasoning.effort');
    if (wanted) throw unsupportedParameter('reasoning.summary');
    if (request.include?.includes('reasoning.encrypted_content')) {
      throw invalidRequest('Encrypted content is not supported with this model.', 'include');
    }
    return;
  }
  if (effort && !model.reasoning.efforts.includes(effort)) {
    throw invalidRequest(
      `Unsupported value: '${effort}' is not supported with the '${model.snapshot}' model. Supported values are: ${listed(model.reasoning.efforts)}.`,
      'reasoning.effort',
      'unsupported_value',
    );
  }
  if (responsesEffort(request, model) === 'none') return;
  for (const parameter of ['temperature', 'top_p']) {
    if (typeof request[parameter] === 'number') throw unsupportedParameter(parameter);
  }
  if (request['top_logprobs']) throw unsupportedParameter('top_logprobs');
}

function checkLimits({ max_output_tokens: limit, text }: ResponsesRequest, model: Model): void {
  if (typeof limit === 'number' && limit > model.maxOutput)
    integer(MIN_OUTPUT_TOKENS, model.maxOutput)(limit, 'max_output_tokens');
  const verbosity = text?.verbosity;
  if (verbosity && verbosity !== 'medium' && !model.verbosity) {
    throw invalidRequest(
      `Unsupported value: '${verbosity}' is not supported with the '${model.snapshot}' model. Supported values are: 'medium'.`,
      'text.verbosity',
      'unsupported_value',
    );
  }
}

function checkFormat({ text }: ResponsesRequest): void {
  const wanted = text?.format;
  if (wanted?.['type'] !== 'json_schema' || !isObject(wanted['schema'])) return;
  // Left out, `strict` is false here: only tools try the strict subset by themselves.
  checkResponseSchema(wanted['schema'], String(wanted['name']), wanted['strict'] === true, {
    param: 'text.format.schema',
    code: 'invalid_json_schema',
  });
}

/** Marks are for gpt-5.6 and later; one request writes at most four. */
function checkCacheMarks(request: ResponsesRequest, model: Model): void {
  if (request.prompt_cache_options !== undefined && !model.cacheBreakpoints) {
    throw unsupportedParameter('prompt_cache_options');
  }
  let marks = 0;
  for (const [index, item] of inputItems(request).entries()) {
    for (const key of ['content', 'output']) {
      const parts = item[key];
      if (!Array.isArray(parts)) continue;
      for (const [position, part] of parts.entries()) {
        if (!isObject(part) || !isObject(part['prompt_cache_breakpoint'])) continue;
        if (!model.cacheBreakpoints) {
          throw unsupportedParameter(`input[${index}].${key}[${position}].prompt_cache_breakpoint`);
        }
        marks += 1;
      }
    }
  }
  if (marks > MAX_BREAKPOINTS) {
    throw invalidRequest(
      `Invalid 'input': too many cache breakpoints. Expected at most ${MAX_BREAKPOINTS}, but got ${marks} instead.`,
      'input',
      'too_many_cache_breakpoints',
    );
  }
}
