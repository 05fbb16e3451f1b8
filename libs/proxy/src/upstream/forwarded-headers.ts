import type { HeaderMap, ServiceEntity } from '#libs/plugin-api';
import type { ProxyExchange } from '../exchange/exchange.js';

/**
 * Headers that speak of one connection and end with it (RFC 9110, section 7.6.1). `proxy-authorization` is for us, as the proxy
 * it was sent to; `expect` is answered here.
 */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What Kong writes anew for its upstreams. */
const REPLACED = new Set([
  'host',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-path',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-kong-request-id',
  'x-real-ip',
]);

/** Tells whether a header goes on beyond this connection, given what `Connection` lists. */
function endToEnd(headers: HeaderMap): (name: string) => boolean {
  const { connection } = headers;
  if (connection === undefined) return (name) => !HOP_BY_HOP.has(name);
  const listed = new Set(
    String(connection)
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  return (name) => !HOP_BY_HOP.has(name) && !listed.has(name);
}

/**
 * The headers a service gets: the client's own, and what Kong adds. A client is not trusted with `X-Forwarded-*`, which are
 * replaced, except that its `X-Forwarded-For` is continued.
 *
 * @param via this gateway's entry in `Via`
 * @param bodyRead true when the body is sent decoded and as a whole
 */
export function requestHeaders(
  exchange: ProxyExchange,
  service: ServiceEntity,
  via: string,
  bodyRead: boolean,
): string[] {
  const { request, route, match } = exchange;
  const { headers } = request;
  const goesOn = endToEnd(headers);
  const sent: string[] = ['host', route?.preserve_host ? (hostOf(headers) ?? authority(service)) : authority(service)];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || REPLACED.has(name) || !goesOn(name)) continue;
    if (bodyRead && (name === 'content-encoding' || name === 'content-length')) continue;
    if (typeof value === 'string') sent.push(name, value);
    else for (const one of value) sent.push(name, one);
  }
  sent.push(
    'x-forwarded-for',
    append(headers['x-forwarded-for'], request.clientIp),
    'x-forwarded-proto',
    request.scheme,
    'x-forwarded-host',
    request.host,
    'x-forwarded-port',
    String(request.port),
    'x-forwarded-path',
    request.path,
    'x-real-ip',
    request.clientIp,
    'via',
    append(headers['via'], via),
    'x-kong-request-id',
    exchange.requestId,
  );
  if (route?.strip_path && match && match.matchedPath !== '') sent.push('x-forwarded-prefix', match.matchedPath);
  return sent;
}

/** Hands the headers of a service's response on. */
export function copyResponseHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  exchange: ProxyExchange,
): void {
  const goesOn = endToEnd(headers);
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && goesOn(name)) exchange.response.setHeader(name, value);
  }
}

/** `host:port` of a service, without the port where the scheme implies it. */
export function authority({ protocol, host, port }: ServiceEntity): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return port === (protocol === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}

function hostOf({ host }: HeaderMap): string | undefined {
  return typeof host === 'string' ? host : undefined;
}

function append(list: string | readonly string[] | undefined, entry: string): string {
  return list === undefined ? entry : `${String(list)}, ${entry}`;
}
