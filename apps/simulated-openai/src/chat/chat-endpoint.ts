import { invalidRequest } from '../api-error.js';
import { improvise, withoutReminders, type DemoPrompt } from '../demo-behaviour.js';
import type { Endpoint, House } from '../endpoint.js';
import { findModel, unknownModel, type Model } from '../models.js';
import { countChatPrompt, once } from '../tokens.js';
import { usageOf, type PromptCount } from '../usage.js';
import { isObject } from '../validation/checks.js';
import { effectiveEffort } from './chat-model-rules.js';
import { renderChatReply } from './chat-reply.js';
import { messageText, type ChatRequest } from './chat-request.js';
import { validateChatRequest } from './chat-validation.js';

/** `POST /v1/chat/completions` */
export const chatCompletions: Endpoint = (body, house) => {
  const { request, model } = house.strict ? validateChatRequest(body) : trusted(body);
  const promptTokens = once(() => countChatPrompt(request));
  if (house.strict) checkContext(request, model, promptTokens());
  return {
    model: model.snapshot,
    improvise: () => ({ ...improvise(demoPrompt(request, model)), paceMs: house.paceMs }),
    render: (reply) =>
      renderChatReply(
        request,
        model,
        reply,
        usageOf(reply, () => countPrompt(request, model, promptTokens(), house)),
      ),
  };
};

/** Without validation a request only has to be good enough to be answered. */
function trusted(body: unknown): { request: ChatRequest; model: Model } {
  const request = (isObject(body) ? body : {}) as ChatRequest;
  const name = typeof request.model === 'string' ? request.model : 'unknown';
  const messages = Array.isArray(request.messages) ? request.messages : [];
  return { request: { ...request, messages }, model: findModel(name) ?? unknownModel(name) };
}

function checkContext(request: ChatRequest, model: Model, tokens: number): void {
  if (tokens <= model.maxInput) return;
  if (model.dialect === 'deepseek') {
    const completion = request.max_tokens ?? model.maxOutput;
    throw invalidRequest(
      `This model's maximum context length is ${model.contextWindow} tokens. However, you requested ${tokens + completion} tokens (${tokens} in the messages, ${completion} in the completion). Please reduce the length of the messages or completion.`,
      null,
      'invalid_request_error',
    );
  }
  const limit =
    model.maxInput < model.contextWindow
      ? `Input tokens exceed the configured limit of ${model.maxInput} tokens. Your`
      : `This model's maximum context length is ${model.contextWindow} tokens. However, your`;
  throw invalidRequest(
    `${limit} messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
    'messages',
    'context_length_exceeded',
  );
}

/** The prompt's tokens and how many of them the cache had. With mode `explicit` and no mark nothing is cached. */
function countPrompt(request: ChatRequest, model: Model, tokens: number, house: House): PromptCount {
  const { tools, messages, prompt_cache_key: key, prompt_cache_options: options } = request;
  // In the order in which the model reads it: what stays the same stands first.
  const text = JSON.stringify([tools ?? [], messages]);
  if (options?.mode === 'explicit' && !text.includes('"prompt_cache_breakpoint"')) {
    return { tokens, cached: 0, written: undefined };
  }
  const { cached, written } = house.cache.use(`${model.id}\n${key ?? ''}\n`, text, tokens);
  return { tokens, cached, written: model.cacheBreakpoints ? written : undefined };
}

function demoPrompt(request: ChatRequest, model: Model): DemoPrompt {
  const { messages, tools = [], tool_choice: choice = 'auto', stop, response_format: format } = request;
  const last = messages.at(-1);
  const user = messages.findLast(({ role }) => role === 'user');
  return {
    model: model.id,
    effort: effectiveEffort(request, model),
    userText: user ? withoutReminders(messageText(user)) : '',
    toolOutput: last?.role === 'tool' ? messageText(last) : undefined,
    tools: tools.flatMap((tool) =>
      tool.type === 'function' ? [{ name: tool.function.name, parameters: tool.function.parameters ?? {} }] : [],
    ),
    toolChoice: typeof choice === 'string' ? choice : forced(choice),
    schema:
      format?.type === 'json_schema' ? format.json_schema.schema : format?.type === 'json_object' ? {} : undefined,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? model.maxOutput,
    stop: typeof stop === 'string' ? [stop] : (stop ?? []),
  };
}

function forced(choice: Exclude<ChatRequest['tool_choice'], string | undefined>): DemoPrompt['toolChoice'] {
  if (choice.type === 'function') return choice.function;
  return choice.type === 'allowed_tools' ? choice.allowed_tools.mode : choice.custom;
}
