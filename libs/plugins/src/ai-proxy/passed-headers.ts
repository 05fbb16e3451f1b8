import type { HeaderMap } from '#libs/plugin-api';

/** RFC 9110, section 7.6.1, and what belongs to one hop all the same. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Written by us for the upstream’s connection, or nobody’s business upstream. */
const NOT_FORWARDED = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'accept-encoding',
  'expect',
  'cookie',
  'x-kong-request-id',
  'anthropic-version',
]);

const CREDENTIALS = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']);

/** Of the upstream’s answer: written anew for the client, or about the organisation behind the gateway’s key. */
const NOT_RETURNED = new Set([
  'content-length',
  'content-encoding',
  'set-cookie',
  'server',
  'via',
  'date',
  'alt-svc',
  'strict-transport-security',
  'request-id',
  'x-request-id',
  'anthropic-organization-id',
  'openai-organization',
  'openai-project',
  'openai-version',
]);

export interface RequestHeaderRules {
  /** The gateway has no credential of its own for this upstream: the client’s is meant for it. */
  readonly forwardCredentials: boolean;
  readonly anthropicVersion: string | undefined;
}

/** The client’s headers that go to an upstream of the same format; name, value, … */
export function passedRequestHeaders(headers: HeaderMap, rules: RequestHeaderRules): string[] {
  const listed = connectionOptions(headers);
  const passed: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || NOT_FORWARDED.has(name) || listed.has(name)) continue;
    if (CREDENTIALS.has(name) && !rules.forwardCredentials) continue;
    for (const one of typeof value === 'string' ? [value] : value) passed.push(name, one);
  }
  if (rules.anthropicVersion !== undefined) passed.push('anthropic-version', rules.anthropicVersion);
  return passed;
}

/**
 * The upstream’s headers that go to the client.
 * @param ofClient with the client’s own key its rate limits are its business, with the gateway’s they are not.
 */
export function passedResponseHeaders(headers: HeaderMap, ofClient: boolean): [name: string, value: string][] {
  const listed = connectionOptions(headers);
  const passed: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || NOT_RETURNED.has(name) || listed.has(name)) continue;
    if (name.startsWith('cf-') || (!ofClient && isRateLimit(name))) continue;
    passed.push([name, typeof value === 'string' ? value : value.join(', ')]);
  }
  const id = headers['request-id'] ?? headers['x-request-id'];
  if (typeof id === 'string') passed.push(['x-gateway-upstream-request-id', id]);
  return passed;
}

function isRateLimit(name: string): boolean {
  return name.startsWith('anthropic-ratelimit-') || name.startsWith('x-ratelimit-');
}

function connectionOptions(headers: HeaderMap): ReadonlySet<string> {
  const value = headers['connection'];
  if (typeof value !== 'string') return EMPTY;
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()));
}
const EMPTY: ReadonlySet<string> = new Set();
