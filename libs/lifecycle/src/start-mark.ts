import type { ExchangeView, LogRecord } from '#libs/plugin-api';
import { DEFAULT_WORKSPACE } from './assemble-record.js';
import { entityJson } from './encode-record.js';
import type { ExchangeFacts } from './exchange-result.js';
import { REDACTED } from './secret-names.js';

/** An exchange that has just started. */
export type StartedExchange = ExchangeFacts & { readonly view: ExchangeView };

/** What a start mark tells; the rest of a record is not known yet. */
type StartMark = Pick<LogRecord, 'client_ip' | 'started_at' | 'exchange' | 'service' | 'route'> & {
  readonly request: Pick<LogRecord['request'], 'id' | 'method' | 'uri' | 'url'>;
};

/** Values that tell no secret. Which parameter holds a credential of this route is not known before its plugins have run. */
const SECRET_VALUES = /=(?!(?:true|false|\d{1,4})(?:&|$))[^&]*/g;

/** What is known of an exchange at its start, as JSON: enough for a record, should the process end before the exchange does. */
export function startMark(
  { view, request, route, service, id, requestId, seq, startedAt }: StartedExchange,
  node: string,
): string {
  const uri = maskValues(view.uri);
  const url = `${request.scheme}://${request.host || 'localhost'}:${request.port}${uri}`;
  let json =
    `{"request":{"id":"${requestId}","method":${JSON.stringify(request.method)},"uri":${JSON.stringify(uri)},` +
    `"url":${JSON.stringify(url)}},"client_ip":"${request.clientIp}","started_at":${startedAt},` +
    `"exchange":{"id":"${id}","node":"${node}","seq":${seq},"outcome":"interrupted"}`;
  if (service) json += `,"service":${entityJson(service)}`;
  if (route) json += `,"route":${entityJson(route)}`;
  return `${json}}`;
}

/**
 * The record of an exchange that a process has not lived to see the end of.
 * @param mark from `startMark`; undefined is returned for anything else.
 */
export function interruptedRecord(mark: string): LogRecord | undefined {
  let known: StartMark;
  try {
    known = JSON.parse(mark) as StartMark;
  } catch {
    return undefined;
  }
  const { request, client_ip, started_at, exchange, service, route } = known;
  return {
    request: { ...request, querystring: queryOf(request.uri), headers: {}, size: 0 },
    response: { status: 0, headers: {}, size: 0 },
    latencies: { kong: 0, proxy: -1, request: 0, receive: 0 },
    tries: [],
    client_ip,
    started_at,
    upstream_uri: '',
    upstream_status: '',
    source: 'kong',
    workspace: route?.ws_id ?? service?.ws_id ?? DEFAULT_WORKSPACE,
    workspace_name: 'default',
    exchange,
    ...(service && { service }),
    ...(route && { route }),
    error: { code: 'interrupted', message: 'the gateway ended before the exchange did' },
  };
}

function maskValues(uri: string): string {
  const mark = uri.indexOf('?');
  return mark === -1 ? uri : uri.slice(0, mark) + uri.slice(mark).replace(SECRET_VALUES, `=${REDACTED}`);
}

/** Repeated names and names without a value are rare enough to be told as the last value and as `true`. */
function queryOf(uri: string): Record<string, string | true> {
  const mark = uri.indexOf('?');
  const query = mark === -1 ? '' : uri.slice(mark + 1);
  const pairs = query.split('&').filter((part) => part !== '');
  return Object.fromEntries(
    pairs.map((part) => {
      const equals = part.indexOf('=');
      return equals === -1 ? [part, true] : [part.slice(0, equals), part.slice(equals + 1)];
    }),
  );
}
