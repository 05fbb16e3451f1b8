import { GatewayError, type Exchange } from '#libs/plugin-api';

const PLACEHOLDER = /\$\(([^)]*)\)/g;
const SOURCES = ['headers', 'uri_captures', 'query_params'] as const;

export type TemplateSource = Pick<Exchange, 'request' | 'uriCaptures'>;
export type Template = (exchange: TemplateSource) => string;

/**
 * Kong's request templates: `$(headers.NAME)`, `$(uri_captures.NAME)`, `$(query_params.NAME)` anywhere in a string of the
 * `model` block. A string without one costs nothing per request.
 * @param fits what a value may be; default: anything.
 * @throws GatewayError (from the returned function) with Kong's sentences when a value is missing or the source is unknown.
 */
export function template(field: string, text: string, fits?: RegExp): Template {
  if (!text.includes('$(')) return () => text;
  return (exchange) =>
    text.replace(PLACEHOLDER, (_, expression: string) => {
      const dot = expression.indexOf('.');
      if (dot < 1 || dot === expression.length - 1) {
        throw new GatewayError('bad_request', { detail: `cannot parse expression for field '${field}'` });
      }
      const source = expression.slice(0, dot);
      const key = expression.slice(dot + 1);
      const value = lookUp(exchange, source, key);
      if (value === undefined) {
        throw new GatewayError('bad_request', { detail: `${source} key ${key} was not provided` });
      }
      if (fits?.test(value) === false) {
        throw new GatewayError('bad_request', { detail: `${source} key ${key} cannot stand in field '${field}'` });
      }
      return value;
    });
}

function lookUp(exchange: TemplateSource, source: string, key: string): string | undefined {
  switch (source) {
    case 'headers': {
      const value = exchange.request.headers[key.toLowerCase()];
      return typeof value === 'string' ? value : value?.[0];
    }
    case 'uri_captures':
      return exchange.uriCaptures[key];
    case 'query_params':
      return new URLSearchParams(exchange.request.query).get(key) ?? undefined;
    default:
      throw new GatewayError('bad_request', {
        detail: `source '${source}' is not supported, use ${SOURCES.join(', ')}`,
      });
  }
}
