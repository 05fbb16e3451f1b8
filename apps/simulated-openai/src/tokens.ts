import type { ChatMessage, ChatRequest } from './chat/chat-request.js';
import { isObject } from './validation/checks.js';

/** Tokens of one image at high detail, and of one file: flat rates instead of looking at pixels and pages. */
const TOKENS_PER_IMAGE = 765;
const TOKENS_PER_FILE = 1600;
const TOKENS_PER_MESSAGE = 4;
const BYTES_PER_TOKEN = 4;

/** About four bytes of UTF-8 make one token; never 0 for a text that is not empty. */
export const countText = (text: string): number => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

/** Prompt tokens of a chat completion request. */
export function countChatPrompt(request: ChatRequest): number {
  let total = 3; // the priming of the answer
  for (const message of request.messages) total += countMessage(message);
  if (request.tools) total += countText(JSON.stringify(request.tools));
  if (request.response_format?.type === 'json_schema') total += countText(JSON.stringify(request.response_format));
  return total;
}

function countMessage(message: ChatMessage): number {
  let total = TOKENS_PER_MESSAGE;
  if (typeof message.content === 'string') total += countText(message.content);
  else for (const part of message.content ?? []) total += countPart(part);
  if (message.tool_calls) total += countText(JSON.stringify(message.tool_calls));
  if (message.reasoning_content) total += countText(message.reasoning_content);
  return total;
}

/**
 * Tokens of any content: texts by their length, images and files at their flat rate. Works on chat parts and on items of the
 * Responses API alike, because it only looks at the kind of a value.
 */
export function countPart(part: unknown): number {
  if (typeof part === 'string') return countText(part);
  if (Array.isArray(part)) return part.reduce<number>((sum, entry) => sum + countPart(entry), 0);
  if (!isObject(part)) return 0;
  switch (part['type']) {
    case 'image_url':
    case 'input_image':
      return TOKENS_PER_IMAGE;
    case 'file':
    case 'input_file':
      return TOKENS_PER_FILE;
    default: {
      let total = 0;
      for (const [key, value] of Object.entries(part)) if (key !== 'type') total += countPart(value);
      return total;
    }
  }
}

/** Counts when asked, and only once: a scripted reply brings its own numbers. */
export function once(count: () => number): () => number {
  let result: number | undefined;
  return () => (result ??= count());
}
