import type { Exchange, HeaderMap } from '#libs/plugin-api';
import type { AiProxyConfig } from './ai-proxy.config.js';

/** Where a client's own credential may stand, whatever the route is configured to send. */
const CLIENT_CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;

type Auth = AiProxyConfig['auth'];

export interface UpstreamAuth {
  /** Name, value, …, ready to be appended to the upstream's headers. */
  readonly headers: readonly string[];
  /** `name=value`, encoded, to be appended to the query; empty when none. */
  readonly query: string;
  /** Member to be set in the JSON body. */
  readonly bodyMember: readonly [name: string, value: string] | undefined;
  /** True when the client's own credential goes upstream: its rate limits are the client's business. */
  readonly ofClient: boolean;
}

/**
 * The credential for the upstream. The gateway's own replaces the client's unless `allow_override` is set and the client sent
 * one in the very same place; credentials in any other place of the client's request are never forwarded.
 */
export function upstreamAuth(auth: Auth, headers: HeaderMap, query: string): UpstreamAuth {
  const result = {
    headers: [] as string[],
    query: '',
    bodyMember: undefined as [string, string] | undefined,
    ofClient: false,
  };
  if (auth.header_name !== undefined && auth.header_value !== undefined) {
    const name = auth.header_name.toLowerCase();
    const own = headers[name];
    result.ofClient = auth.allow_override === true && typeof own === 'string' && own !== '';
    result.headers.push(name, result.ofClient ? (own as string) : auth.header_value);
  }
  if (auth.param_name !== undefined && auth.param_value !== undefined) {
    if (auth.param_location === 'body') {
      result.bodyMember = [auth.param_name, auth.param_value];
    } else {
      const own = auth.allow_override === true ? new URLSearchParams(query).get(auth.param_name) : null;
      result.ofClient ||= own !== null;
      result.query = `${encodeURIComponent(auth.param_name)}=${encodeURIComponent(own ?? auth.param_value)}`;
    }
  }
  return result;
}

/** Tells the exchange what must never leave it in the clear: the names and values of every credential in play. */
export function declareSecrets(exchange: Exchange, auth: Auth): void {
  if (auth.header_name !== undefined) exchange.secretNames.add(auth.header_name.toLowerCase());
  if (auth.param_name !== undefined) exchange.secretNames.add(auth.param_name.toLowerCase());
  addSecret(exchange, auth.header_value);
  addSecret(exchange, auth.param_value);
  const { headers, query } = exchange.request;
  for (const name of [...CLIENT_CREDENTIAL_HEADERS, auth.header_name?.toLowerCase()]) {
    const value = name === undefined ? undefined : headers[name];
    if (typeof value === 'string') addSecret(exchange, value);
  }
  if (auth.param_location === 'query' && auth.param_name !== undefined) {
    for (const value of new URLSearchParams(query).getAll(auth.param_name)) addSecret(exchange, value);
  }
}

function addSecret(exchange: Exchange, value: string | undefined): void {
  const secret = withoutScheme(value);
  if (secret !== '') exchange.secretValues.add(secret);
}

function withoutScheme(value: string | undefined = ''): string {
  return value.replace(/^(?:Bearer|Basic)\s+/i, '');
}

/** Shorter ones (`x`, `dummy`) are words that stand in for a key, and may stand anywhere. In characters. */
const SHORTEST_KEY = 8;

/** The gateway's own keys, which no client may read in an error of the upstream. */
export function gatewayKeys(auth: Auth): string[] {
  return [auth.header_value, auth.param_value].map(withoutScheme).filter(({ length }) => length >= SHORTEST_KEY);
}

/** A body that an upstream has written, without these keys; the given one when they are not in it. */
export function withoutKeys(keys: readonly string[], body: Buffer): Buffer {
  for (const key of keys) {
    for (const written of new Set([key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)])) {
      if (body.includes(written)) body = Buffer.from(body.toString().replaceAll(written, 'REDACTED'));
    }
  }
  return body;
}
