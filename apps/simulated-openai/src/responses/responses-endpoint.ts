import { invalidRequest } from '../api-error.js';
import { improvise, improviseSearch, withoutReminders, type DemoPrompt } from '../demo-behaviour.js';
import type { Endpoint, House } from '../endpoint.js';
import { findModel, unknownModel, type Model } from '../models.js';
import { json } from '../script/script.js';
import { countPart, countText, once } from '../tokens.js';
import { usageOf, type PromptCount } from '../usage.js';
import { isObject, type JsonObject } from '../validation/checks.js';
import { renderResponsesReply } from './responses-reply.js';
import { contentText, inputItems, itemType, type ResponsesRequest, type ResponsesTool } from './responses-request.js';
import { responsesEffort, validateCountRequest, validateResponsesRequest } from './responses-validation.js';

/** `POST /v1/responses` */
export const responses: Endpoint = (body, house) => {
  const { request, model } = house.strict ? validateResponsesRequest(body, house.seals) : trusted(body);
  const promptTokens = once(() => countInput(request));
  if (house.strict) checkContext(request, model, promptTokens());
  return {
    model: model.snapshot,
    improvise: () => {
      const prompt = demoPrompt(request, model);
      const answer = asksForSearch(request) ? improviseSearch(prompt.userText) : improvise(prompt);
      return { ...answer, paceMs: house.paceMs };
    },
    render: (reply) => {
      const usage = usageOf(reply, () => countPrompt(request, model, promptTokens(), house));
      return renderResponsesReply(request, model, reply, usage, house.seals);
    },
  };
};

/** `POST /v1/responses/input_tokens` */
export const inputTokens: Endpoint = (body, house) => {
  const { request, model } = house.strict ? validateCountRequest(body, house.seals) : trusted(body);
  return {
    model: model.snapshot,
    improvise: () => json({ object: 'response.input_tokens', input_tokens: countInput(request) }),
    render: () => {
      throw new Error('a count of tokens is not something that a model says: script it with json()');
    },
  };
};

function trusted(body: unknown): { request: ResponsesRequest; model: Model } {
  const request = (isObject(body) ? body : {}) as ResponsesRequest;
  const name = typeof request.model === 'string' ? request.model : 'unknown';
  return { request: { ...request, input: request.input ?? '' }, model: findModel(name) ?? unknownModel(name) };
}

function countInput(request: ResponsesRequest): number {
  const tools = request.tools?.length ? countText(JSON.stringify(request.tools)) : 0;
  return (
    3 + countText(request.instructions ?? '') + tools + 4 * inputItems(request).length + countPart(inputItems(request))
  );
}

function checkContext(request: ResponsesRequest, model: Model, tokens: number): void {
  if (tokens <= model.maxInput || request['truncation'] === 'auto') return;
  throw invalidRequest(
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'input',
    'context_length_exceeded',
  );
}

function countPrompt(request: ResponsesRequest, model: Model, tokens: number, house: House): PromptCount {
  let marks = 0;
  // A mark is no part of the prompt: it may come and go from turn to turn.
  const unmarked = (key: string, value: unknown): unknown => {
    if (key !== 'prompt_cache_breakpoint') return value;
    marks += 1;
    return undefined;
  };
  const text = JSON.stringify([request.tools ?? [], request.instructions ?? '', inputItems(request)], unmarked);
  if (request.prompt_cache_options?.mode === 'explicit' && marks === 0) {
    return { tokens, cached: 0, written: undefined };
  }
  const { cached, written } = house.cache.use(`${model.id}\n${request.prompt_cache_key ?? ''}\n`, text, tokens);
  return { tokens, cached, written: model.cacheBreakpoints ? written : undefined };
}

function demoPrompt(request: ResponsesRequest, model: Model): DemoPrompt {
  const items = inputItems(request);
  const last = items.at(-1);
  const user = items.findLast((item) => itemType(item) === 'message' && item.role === 'user');
  const added = items.flatMap((item) =>
    itemType(item) === 'additional_tools' ? (item['tools'] as ResponsesTool[]) : [],
  );
  const format = request.text?.format;
  return {
    model: model.id,
    effort: responsesEffort(request, model),
    userText: user ? withoutReminders(contentText(user['content'])) : '',
    toolOutput: last && itemType(last) === 'function_call_output' ? contentText(last['output']) : undefined,
    tools: [...(request.tools ?? []), ...added].flatMap(offered),
    toolChoice: choiceOf(request.tool_choice),
    schema:
      format?.['type'] === 'json_schema'
        ? (format['schema'] as JsonObject)
        : format?.['type'] === 'json_object'
          ? {}
          : undefined,
    maxTokens: request.max_output_tokens ?? model.maxOutput,
    stop: [],
  };
}

/** The only tool is the hosted search, and it must be used. */
function asksForSearch({ tools = [], tool_choice: choice }: ResponsesRequest): boolean {
  return tools.length > 0 && tools.every(({ type }) => type.startsWith('web_search')) && choice === 'required';
}

/** The functions that the model can see from the start. */
function offered(tool: ResponsesTool): DemoPrompt['tools'] {
  if (tool.type !== 'function' || tool['defer_loading'] === true) return [];
  return [{ name: String(tool['name']), parameters: isObject(tool['parameters']) ? tool['parameters'] : {} }];
}

function choiceOf(choice: ResponsesRequest['tool_choice']): DemoPrompt['toolChoice'] {
  if (typeof choice === 'string') return choice;
  if (choice?.['type'] === 'function') return { name: String(choice['name']) };
  return choice?.['mode'] === 'required' ? 'required' : 'auto';
}
