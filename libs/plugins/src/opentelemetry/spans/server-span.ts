import type { Attributes, SpanStatus } from '@opentelemetry/api';
import type { LogRecord, RouteEntity } from '#libs/plugin-api';
import type { FinishedExchange } from '../finished-exchange.js';

const METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

const UNSET: SpanStatus = { code: 0 };
const ERROR = 2;

/** `POST /anything`; without a route the method alone (HTTP conventions, "Name"). */
export function serverSpanName({ request: { method, uri }, route }: LogRecord): string {
  const path = route && pathOfRoute(route, uri);
  const known = METHODS.has(method) ? method : 'HTTP';
  return path === undefined ? known : `${known} ${path}`;
}

/**
 * Attributes of the exchange as the gateway's server saw it: stable HTTP conventions, Kong's names for its entities, the
 * gateway's own. All of it is taken from the record, which holds no credential.
 */
export function serverAttributes({ record, error }: FinishedExchange): Attributes {
  const { request, response, route, service, consumer, agent, exchange } = record;
  const { method, uri, url } = request;
  const mark = uri.indexOf('?');
  const attributes: Attributes = {
    'http.request.method': METHODS.has(method) ? method : '_OTHER',
    'url.scheme': url.startsWith('https:') ? 'https' : 'http',
    'url.path': mark === -1 ? uri : uri.slice(0, mark),
    'http.response.status_code': response.status,
    'client.address': record.client_ip,
    'kong.request.id': request.id,
    'tidegate.exchange.outcome': exchange.outcome,
  };
  if (!METHODS.has(method)) attributes['http.request.method_original'] = method;
  if (mark !== -1) attributes['url.query'] = uri.slice(mark + 1);
  addServer(attributes, url);
  if (route) {
    const path = pathOfRoute(route, uri);
    if (path !== undefined) attributes['http.route'] = path;
    attributes['kong.route.name'] = route.name ?? route.id;
  }
  if (service) attributes['kong.service.name'] = service.name ?? service.host;
  if (consumer) attributes['kong.auth.consumer.name'] = consumer.username ?? consumer.custom_id ?? consumer.id;
  if (agent?.client !== undefined) attributes['user_agent.name'] = agent.client;
  if (agent?.client_version !== undefined) attributes['user_agent.version'] = agent.client_version;
  if (agent?.request_class !== undefined) attributes['tidegate.request_class'] = agent.request_class;
  const failure = errorType(record, error?.code);
  if (failure !== undefined) attributes['error.type'] = failure;
  return attributes;
}

/** A client's own fault is no error of the server's (HTTP conventions, "Status"). */
export function serverStatus({ response, error, exchange }: LogRecord): SpanStatus {
  const broken = exchange.outcome === 'upstream_failed' || exchange.outcome === 'interrupted';
  if (response.status < 500 && !(broken && response.status < 400)) return UNSET;
  return error === undefined ? { code: ERROR } : { code: ERROR, message: error.message };
}

function errorType(record: LogRecord, code: string | undefined): string | undefined {
  const { status } = record.response;
  const { outcome } = record.exchange;
  if (outcome === 'client_aborted') return outcome;
  if (status < 500 && (outcome === 'completed' || outcome === 'rejected' || status >= 400)) return undefined;
  return code ?? record.error?.code ?? (status >= 500 ? String(status) : outcome);
}

/** The configured path that the request came by: one of few, unlike the request's own. */
function pathOfRoute({ paths = [] }: RouteEntity, uri: string): string | undefined {
  if (paths.length <= 1) return paths[0];
  return paths.find((path) => uri.startsWith(path)) ?? paths.find((path) => path.startsWith('~'));
}

/** From `http://host:port/…`. */
function addServer(attributes: Attributes, url: string): void {
  const start = url.indexOf('://');
  if (start === -1) return;
  const end = url.indexOf('/', start + 3);
  const authority = url.slice(start + 3, end === -1 ? undefined : end);
  const colon = authority.lastIndexOf(':');
  if (colon <= 0) return;
  attributes['server.address'] = authority.slice(0, colon);
  attributes['server.port'] = Number(authority.slice(colon + 1));
}
