import { invalidRequest, type ApiError } from '../api-error.js';
import { isObject, type JsonObject } from '../validation/checks.js';
import type { ChatMessage, ChatRequest } from './chat-request.js';

const ROLES = ['system', 'user', 'assistant', 'tool'];

/**
 * A server that speaks chat completions by hearsay, as DeepSeek's does: parameters it does not know are ignored, only text is
 * read, `developer` is no role, and in a loop of tool calls the model's `reasoning_content` must come back
 * (api-docs.deepseek.com, "Thinking Mode").
 * @throws ApiError in DeepSeek's wording
 */
export function checkDeepSeekRequest(body: unknown): ChatRequest {
  const request = body as JsonObject;
  const { messages } = request;
  if (!Array.isArray(messages)) throw undeserializable('missing field `messages`');
  if (messages.length === 0) throw refused('Empty input messages');
  messages.forEach((message, index) => checkMessage(message, index));
  checkMaxTokens(request['max_tokens']);
  checkToolLoop(messages as ChatMessage[]);
  return request as unknown as ChatRequest;
}

function checkMessage(message: unknown, index: number): void {
  if (!isObject(message)) throw undeserializable(`messages[${index}]: invalid type, expected a map`);
  const { role, content } = message;
  if (!ROLES.includes(role as string)) {
    const expected = ROLES.map((name) => `\`${name}\``).join(', ');
    throw undeserializable(`messages[${index}].role: unknown variant \`${String(role)}\`, expected one of ${expected}`);
  }
  if (!Array.isArray(content)) return;
  for (const part of content as unknown[]) {
    const type = isObject(part) ? part['type'] : part;
    if (type !== 'text') {
      throw undeserializable(`messages[${index}]: unknown variant \`${String(type)}\`, expected \`text\``);
    }
  }
}

function checkMaxTokens(value: unknown): void {
  if (value === undefined || value === null) return;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 65_536) {
    throw refused('Invalid max_tokens value, the valid range of max_tokens is [1, 65536]');
  }
}

function checkToolLoop(messages: readonly ChatMessage[]): void {
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  messages.forEach((message, index) => {
    if (index > lastUser && message.tool_calls?.length && typeof message.reasoning_content !== 'string') {
      throw refused(
        `Missing \`reasoning_content\` field in the assistant message at message index ${index}. For more information, please refer to https://api-docs.deepseek.com/guides/thinking_mode#tool-calls`,
      );
    }
  });
  messages.forEach((message, index) => {
    const expected = new Set((message.tool_calls ?? []).map((call) => call.id));
    for (let next = index + 1; messages[next]?.role === 'tool'; next += 1)
      expected.delete(messages[next]?.tool_call_id ?? '');
    if (expected.size > 0) {
      throw refused(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
      );
    }
  });
}

const refused = (message: string): ApiError => invalidRequest(message, null, 'invalid_request_error');

const undeserializable = (reason: string): ApiError =>
  refused(`Failed to deserialize the JSON body into the target type: ${reason}`);
