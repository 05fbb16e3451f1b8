import type { EncodedError, ErrorFacts } from '../anthropic/encode-error.js';
import { bytes } from '../anthropic/blocks.js';
import { oneLine } from '../canonical/one-line.js';

/** Statuses in OpenAI's words. */
const CODES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ['invalid_request_error', null],
  401: ['invalid_request_error', 'invalid_api_key'],
  402: ['insufficient_quota', 'insufficient_quota'],
  403: ['invalid_request_error', 'permission_denied'],
  404: ['invalid_request_error', null],
  413: ['invalid_request_error', 'request_too_large'],
  429: ['rate_limit_error', 'rate_limit_exceeded'],
  501: ['invalid_request_error', 'not_supported'],
  503: ['server_error', 'server_overloaded'],
  504: ['server_error', 'timeout'],
};

/**
 * OpenAI's error body: `{error: {message, type, param, code}}`. Anthropic's 529 becomes OpenAI's 503, its words for an
 * overflow of the context become OpenAI's code for it.
 */
export function encodeOpenAiError(error: ErrorFacts, requestId: string): EncodedError {
  const status = error.status === 529 ? 503 : error.status;
  const [type, code] = describe(status, error);
  return {
    status,
    headers: { ...error.headers, 'content-type': 'application/json', 'x-request-id': requestId },
    body: JSON.stringify({ error: { message: oneLine(error.message), type, param: null, code } }),
  };
}

/** The same in the middle of a stream, where OpenAI's clients look for a member `error`. One char is one byte. */
export function openAiErrorEvent(format: 'openai-chat' | 'openai-responses', error: ErrorFacts): string {
  const [type, code] = describe(error.status === 529 ? 503 : error.status, error);
  const body = { error: { message: oneLine(error.message), type, param: null, code } };
  return format === 'openai-chat'
    ? `data: ${bytes(JSON.stringify(body))}\n\n`
    : `event: error\ndata: ${bytes(JSON.stringify({ type: 'error', ...body }))}\n\n`;
}

function describe(status: number, error: ErrorFacts): readonly [string, string | null] {
  if (status === 400 && error.message.startsWith('prompt is too long')) {
    return ['invalid_request_error', 'context_length_exceeded'];
  }
  if (status === 404 && error.message.startsWith('model:')) return ['invalid_request_error', 'model_not_found'];
  if (status === 429 && error.headers?.['x-should-retry'] === 'false')
    return ['insufficient_quota', 'insufficient_quota'];
  // OpenAI's 503 says overloaded; another 503 is just a server error.
  if (status === 503 && error.status !== 529) return ['server_error', null];
  return CODES[status] ?? (status >= 500 ? ['server_error', null] : ['invalid_request_error', null]);
}
