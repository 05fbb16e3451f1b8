import { LlmError, type LlmErrorOptions, type LlmErrorType } from '../canonical/error.js';
import { oneLine } from '../canonical/one-line.js';
import { contextOverflow, isContextOverflow, type ContextFacts } from './context-overflow.js';
import { attachmentFault } from './attachment-faults.js';
import { remedyFor } from './remedies.js';
import { retryHeaders } from './retry-after.js';
import { faultOf, logged, readFault, type ErrorHeaders, type UpstreamFault } from './upstream-fault.js';

/** What an upstream's error is explained with. */
export interface ErrorContext extends ContextFacts {
  /** The model the client named. */
  readonly model: string;
  /**
   * Where a part of the request we sent comes from in the client's own request: `messages[4].content[1]` →
   * `messages.3.content.0`; undefined when it comes from nowhere.
   */
  readonly clientPath?: ((pointer: string) => string | undefined) | undefined;
  /** Credentials that were sent with the request, should the upstream repeat them. */
  readonly secrets?: readonly string[] | undefined;
}

/**
 * An error answer of OpenAI, or of a server that resembles it, in terms of the model world: Anthropic's types, wording
 * that clients act on, and a remedy where the gateway can heal the request by itself. The message shown is one line without
 * secrets and never HTML; what the upstream said is kept for the log in `upstream`.
 *
 * @param headers lower-case names. @param body text of the whole body.
 */
export function decodeOpenAiError(
  status: number,
  headers: ErrorHeaders,
  body: string,
  context: ErrorContext,
): LlmError {
  const fault = readFault(status, headers, body);
  return toLlmError(fault, context, body);
}

/** The `error` of an event in a stream, or of a body that came with status 200. Its status is told by its own words. */
export function decodeStreamError(error: unknown, context: ErrorContext): LlmError {
  const fault = faultOf(500, {}, error);
  return toLlmError({ ...fault, status: statusOf(fault) }, context);
}

function toLlmError(fault: UpstreamFault, context: ErrorContext, body?: string): LlmError {
  const error = explain(fault, context);
  const upstream = logged(fault, body);
  return new LlmError(error.message, { ...optionsOf(error), upstream });
}

function optionsOf({ status, type, headers, remedy }: LlmError): LlmErrorOptions {
  return { status, type, headers, ...(remedy === undefined ? {} : { remedy }) };
}

function explain(fault: UpstreamFault, context: ErrorContext): LlmError {
  const { status } = fault;
  if (status === 401)
    return simple(502, 'api_error', 'The upstream server rejected the credential of the gateway', FINAL);
  if (isContextOverflow(fault)) return contextOverflow(fault, context);
  if (isQuota(fault)) return simple(429, 'rate_limit_error', shown(fault, context), FINAL);
  if (status === 429) return simple(429, 'rate_limit_error', shown(fault, context), retryHeaders(fault));
  if (isMissingModel(fault)) return simple(404, 'not_found_error', `model: ${context.model}`);
  if (isOverloaded(fault)) return simple(529, 'overloaded_error', shown(fault, context), retryHeaders(fault));
  if (status >= 500 || status < 400) return serverError(fault, context);
  return requestError(fault, context);
}

const FINAL = { 'x-should-retry': 'false' };

function serverError(fault: UpstreamFault, context: ErrorContext): LlmError {
  const message = shown(fault, context);
  switch (fault.status) {
    case 500:
      return simple(500, 'api_error', message);
    case 501:
      return simple(501, 'not_supported', message, FINAL);
    case 503:
      return simple(503, 'api_error', message, retryHeaders(fault));
    case 504:
      return simple(504, 'timeout_error', message);
    default:
      // What Cloudflare and other servers in between say (520 to 530), redirects, and statuses nobody knows.
      return simple(502, 'api_error', message);
  }
}

function requestError(fault: UpstreamFault, context: ErrorContext): LlmError {
  const message = shown(fault, context);
  switch (fault.status) {
    case 402:
      return simple(429, 'rate_limit_error', message, FINAL);
    case 403:
      // Claude Code takes it for a stale key and would go on for minutes.
      return simple(403, 'permission_error', message, FINAL);
    case 404: {
      // "Item with id 'rs_…' not found": the reasoning of an earlier turn.
      const remedy = remedyFor(fault);
      return new LlmError(message, { status: 404, type: 'not_found_error', ...(remedy && { remedy }) });
    }
    case 408:
      return simple(504, 'timeout_error', message);
    case 409:
      return simple(409, 'invalid_request_error', message);
    case 413:
      return simple(413, 'request_too_large', message);
    default:
      return invalidRequest(fault, context, message);
  }
}

function invalidRequest(fault: UpstreamFault, context: ErrorContext, message: string): LlmError {
  if (isPolicy(fault))
    return simple(400, 'invalid_request_error', `Output blocked by content filtering policy: ${message}`);
  const attachment = attachmentFault(fault, message, context.clientPath);
  const remedy = attachment === undefined ? remedyFor(fault) : undefined;
  return new LlmError(attachment ?? message, {
    status: 400,
    type: 'invalid_request_error',
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function simple(
  status: number,
  type: LlmErrorType,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): LlmError {
  return new LlmError(message, { status, type, headers });
}

/** The upstream's words, fit for the client, with positions in the client's own request. */
function shown({ status, message }: UpstreamFault, { clientPath, secrets = [] }: ErrorContext): string {
  for (const secret of secrets) message = message.replaceAll(secret, 'REDACTED');
  const translated = message.replace(
    /\b(?:messages|input)\[\d+\](?:\.(?:content|output)\[\d+\])?/g,
    (pointer) => clientPath?.(pointer) ?? pointer,
  );
  // What is left may be nothing: some servers send only white space.
  return oneLine(translated) || `The upstream server answered with status ${status}`;
}

function isQuota({ code, type, message }: UpstreamFault): boolean {
  return (
    [code, type].some((name) => name === 'insufficient_quota' || name === 'billing_hard_limit_reached') ||
    /exceeded your current quota|billing hard limit|insufficient (?:balance|credits?|funds)/i.test(message)
  );
}

function isMissingModel({ status, code, message }: UpstreamFault): boolean {
  if (code === 'model_not_found') return true;
  return status === 404 && (message === '' || /\b(?:model|deployment)\b/i.test(message));
}

function isOverloaded({ status, code, type, message }: UpstreamFault): boolean {
  if (status === 529) return true;
  return (status === 500 || status === 503) && [code, type, message].some((text) => /overloaded/i.test(text));
}

const POLICY = new Set([
  'content_policy_violation',
  'content_filter',
  'invalid_prompt',
  'bio_policy',
  'cyber_policy',
  'moderation_blocked',
]);

function isPolicy({ code, type }: UpstreamFault): boolean {
  return POLICY.has(code) || POLICY.has(type);
}

/** An error without an HTTP status of its own: OpenRouter puts one into `code`, OpenAI has words. */
function statusOf({ code, type, message }: UpstreamFault): number {
  const number = Number(code);
  if (Number.isInteger(number) && number >= 400 && number <= 599) return number;
  const words = `${code} ${type}`;
  if (/rate_limit|too_many_requests/.test(words)) return 429;
  if (/authentication|invalid_api_key/.test(words)) return 401;
  if (/permission/.test(words)) return 403;
  if (/model_not_found|not_found/.test(words)) return 404;
  if (/timeout/.test(words)) return 504;
  if (/invalid_|unsupported_|context_length|content_|bad_?request|policy/i.test(words)) return 400;
  return /overloaded/i.test(`${words} ${message}`) ? 503 : 500;
}
