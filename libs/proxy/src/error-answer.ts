import type { GatewayError } from '#libs/plugin-api';
import type { ProxyExchange } from './exchange/exchange.js';

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The body of an error: in the format of the route's plugins where they have one, in Anthropic's for a client that says it
 * speaks it and has hit no route, else in Kong's.
 */
export function encodeError(error: GatewayError, exchange: ProxyExchange): ErrorAnswer {
  const inScope = exchange.match && exchange.chain.encodeError;
  if (inScope) return inScope(error, exchange);
  if (!exchange.match && exchange.request.headers['anthropic-version'] !== undefined) {
    return encodeForAnthropic(error, exchange.id);
  }
  return encodeAsKong(error, exchange);
}

const ANTHROPIC_TYPES = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
]);

/** Anthropic's documentation, "Errors": the status decides about the type. */
function encodeForAnthropic(error: GatewayError, id: string): ErrorAnswer {
  const fallback = error.status < 500 ? 'invalid_request_error' : 'api_error';
  const type = error.type ?? ANTHROPIC_TYPES.get(error.status) ?? fallback;
  return {
    status: error.status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'error', error: { type, message: error.message }, request_id: id }),
  };
}

interface Template {
  readonly type: string;
  readonly fill: (message: string, requestId: string) => string;
}

/** Kong's error templates. */
const JSON_TEMPLATE: Template = {
  type: 'application/json; charset=utf-8',
  fill: (message, requestId) =>
    `{\n  "message":${JSON.stringify(message)},\n  "request_id":${JSON.stringify(requestId)}\n}`,
};
const TEMPLATES = new Map<string, Template>([
  ['application/json', JSON_TEMPLATE],
  [
    'text/plain',
    { type: 'text/plain; charset=utf-8', fill: (message, requestId) => `${message}\nrequest_id: ${requestId}\n` },
  ],
  [
    'text/html',
    {
      type: 'text/html; charset=utf-8',
      fill: (message, requestId) =>
        `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n    <title>${escapeMarkup(message)}</title>\n` +
        `  </head>\n  <body>\n    <h1>${escapeMarkup(message)}</h1>\n    <p>request_id: ${requestId}</p>\n  </body>\n</html>\n`,
    },
  ],
  [
    'application/xml',
    {
      type: 'application/xml; charset=utf-8',
      fill: (message, requestId) =>
        `<?xml version="1.0" encoding="UTF-8"?>\n<error>\n  <message>${escapeMarkup(message)}</message>\n` +
        `  <requestid>${requestId}</requestid>\n</error>\n`,
    },
  ],
]);

/** Kong's error bodies: JSON, text, HTML or XML, whichever the `Accept` header prefers. */
export function encodeAsKong(error: GatewayError, exchange: ProxyExchange): ErrorAnswer {
  const { type, fill } = preferred(exchange.request.headers.accept);
  return {
    status: error.status,
    headers: { 'content-type': type },
    body: fill(error.message, exchange.requestId),
  };
}

/** What stands for a whole range. */
const RANGES = new Map([
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['text/*', 'text/plain'],
]);

/** The template for the media type that an `Accept` header wants most; JSON when in doubt. */
function preferred(accept: string | readonly string[] | undefined): Template {
  let best = JSON_TEMPLATE;
  let bestQuality = 0;
  for (const range of String(accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1);
    const template = TEMPLATES.get(RANGES.get(type) ?? type);
    if (template && quality > bestQuality) {
      best = template;
      bestQuality = quality;
    }
  }
  return best;
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
