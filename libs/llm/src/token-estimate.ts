import type { Block, CanonicalRequest, ImageSource, Message, Tool } from './canonical/request.js';

/** Bytes of English, code and JSON per token of current tokenizers, on average. */
const BYTES_PER_TOKEN = 4;
/** Role and separators of a message. */
const PER_MESSAGE = 4;
/** A screenshot at full detail. */
const PER_IMAGE = 1100;
/** A page of a PDF is about 75 KB of base64 and costs its text and an image. */
const PER_PDF_PAGE = 1600;
const BYTES_PER_PDF_PAGE = 75_000;

/** The request, with its tools as they are or as the number of bytes that will be sent for them. */
export type EstimatedRequest = Pick<CanonicalRequest, 'system' | 'messages'> &
  ({ readonly tools: readonly Tool[] } | { readonly toolBytes: number });

/**
 * About how many input tokens a request has, from the lengths of its strings alone: some microseconds, no tokenizer. Good
 * enough for a first number in a stream and for thresholds; never less than 1.
 */
export function estimateInputTokens(request: EstimatedRequest): number {
  let tokens = 'tools' in request ? valueEstimate(request.tools) : request.toolBytes / BYTES_PER_TOKEN;
  if (typeof request.system === 'string') tokens += textEstimate(request.system);
  else for (const block of request.system ?? []) tokens += textEstimate(block.text);
  for (const message of request.messages) tokens += messageEstimate(message);
  return Math.max(1, Math.ceil(tokens));
}

/** About how many tokens a text has. */
export function textEstimate(text: string): number {
  return text.length / BYTES_PER_TOKEN;
}

function messageEstimate(message: Message): number {
  return PER_MESSAGE + contentEstimate(message.content);
}

/** About how many tokens the content of a message or of a tool result has. */
export function contentEstimate(content: string | readonly Block[] | null | undefined): number {
  if (content === undefined || content === null) return 0;
  if (typeof content === 'string') return textEstimate(content);
  let tokens = 0;
  for (const block of content) tokens += blockEstimate(block);
  return tokens;
}

function blockEstimate(block: Block): number {
  switch (block.type) {
    case 'text':
      return textEstimate(block.text);
    case 'tool_use':
      return textEstimate(block.name) + valueEstimate(block.input);
    case 'tool_result':
    case 'search_result':
      return contentEstimate(block.content);
    case 'image':
      return PER_IMAGE;
    case 'document':
      return documentEstimate(block.source);
    // Thinking is not replayed to other providers, except in small form.
    case 'thinking':
    case 'redacted_thinking':
      return 0;
    default:
      return valueEstimate(block);
  }
}

function documentEstimate(source: Extract<Block, { type: 'document' }>['source'] | ImageSource): number {
  if (source.type === 'text') return textEstimate(source.data);
  if (source.type === 'content') return contentEstimate(source.content);
  if (source.type === 'base64') return PER_PDF_PAGE * Math.ceil(source.data.length / BYTES_PER_PDF_PAGE);
  return PER_PDF_PAGE;
}

/** Of any JSON value, by the lengths of its strings and keys. */
function valueEstimate(value: unknown): number {
  let length = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') length += next.length;
    else if (typeof next !== 'object' || next === null) length += 4;
    else if (Array.isArray(next)) for (const item of next) pending.push(item);
    else {
      for (const key of Object.keys(next)) {
        length += key.length + 4;
        pending.push((next as Record<string, unknown>)[key]);
      }
    }
  }
  return length / BYTES_PER_TOKEN;
}
