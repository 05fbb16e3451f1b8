import type { LlmErrorType } from '../canonical/error.js';
import { oneLine } from '../canonical/one-line.js';
import { bytes } from './blocks.js';

/** A complete answer to an HTTP request. */
export interface EncodedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Any failure in terms that an error body needs; `LlmError` and the errors of the gateway itself are such. */
export interface ErrorFacts {
  readonly status: number;
  /** Anthropic's type; when undefined the status tells it. */
  readonly type?: string | undefined;
  /** Shown to the client. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Anthropic's error body: `type`, `error.type`, `error.message`, `request_id` and not a key more, because Claude Code
 * takes an error with other keys for one of another vendor. The `request-id` header repeats the id.
 */
export function encodeAnthropicError(error: ErrorFacts, requestId: string): EncodedError {
  return {
    status: error.status,
    headers: {
      ...retryHeaders(error.status),
      ...error.headers,
      'content-type': 'application/json',
      'request-id': requestId,
    },
    body: JSON.stringify(errorBody(error, requestId)),
  };
}

/** The same as the last event of a stream, one char per byte. */
export function errorEvent(error: ErrorFacts, requestId: string): string {
  return `event: error\ndata: ${bytes(JSON.stringify(errorBody(error, requestId)))}\n\n`;
}

function errorBody({ status, type, message }: ErrorFacts, requestId: string): object {
  return {
    type: 'error',
    error: { type: type ?? anthropicErrorType(status), message: oneLine(message) },
    request_id: requestId,
  };
}

const TYPES: Readonly<Record<number, LlmErrorType>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  501: 'not_supported',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** The error type that goes with an HTTP status when nothing more is known. */
export function anthropicErrorType(status: number): LlmErrorType {
  return TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/**
 * Claude Code repeats what fails with 401, 403 or 5xx for minutes. A key that is wrong stays wrong, and an endpoint that does
 * not exist will not appear.
 */
function retryHeaders(status: number): Readonly<Record<string, string>> {
  return status === 401 || status === 403 || status === 501 ? { 'x-should-retry': 'false' } : {};
}
