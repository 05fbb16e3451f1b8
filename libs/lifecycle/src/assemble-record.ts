import type { AgentFacts, GatewayError, LogRecord } from '#libs/plugin-api';
import { aiRecord } from './ai-record.js';
import type { ExchangeFacts, ExchangeResult } from './exchange-result.js';
import { RequestRecord, ResponseRecord } from './message-record.js';
import { Redactor } from './redaction.js';

/** Of Kong's one workspace without a database. */
export const DEFAULT_WORKSPACE = '0dc6f45b-8f8d-40d2-a504-473544ee190b';

type Draft = { -readonly [Key in keyof LogRecord]: LogRecord[Key] };

/**
 * The record of a finished exchange: what Kong's serializer writes (docs.konghq.com, "Log serializers"), with `ai`, `agent` and
 * `exchange`. All credentials are gone from it. Entities are taken over by reference; they are frozen.
 * @param node the node's id.
 */
export function assembleRecord(exchange: ExchangeFacts, result: ExchangeResult, node: string): LogRecord {
  const { request, route, service } = exchange;
  const redactor = new Redactor(exchange.secretNames, exchange.secretValues, request.headers);
  const uri = redactor.uri(request.uri);
  const url = absoluteUrl(request, uri, redactor);
  const upstreamUri = exchange.upstreamUri === undefined ? '' : redactor.uri(exchange.upstreamUri);
  const clientIp = redactor.pass(request.clientIp);
  for (const { ip } of exchange.tries) redactor.pass(ip);
  const querystring = redactor.query(request.query);
  const method = redactor.pass(request.method);
  const agent = exchange.agent && passAgent(exchange.agent, redactor);
  const ai = exchange.ai?.logStatistics ? aiRecord(exchange.ai, result.at, redactor) : undefined;
  const failure = failureOf(exchange, result.error);

  const record: Draft = {
    request: new RequestRecord(
      exchange.requestId,
      method,
      uri,
      url,
      querystring,
      redactor.headers(request.headers),
      result.requestSize,
      redactor.plain,
    ),
    response: new ResponseRecord(result.status, redactor.headers(result.responseHeaders), result.responseSize),
    latencies: result.latencies,
    tries: exchange.tries,
    client_ip: clientIp,
    started_at: exchange.startedAt,
    upstream_uri: upstreamUri,
    upstream_status: result.upstreamStatus,
    source: exchange.source,
    workspace: route?.ws_id ?? service?.ws_id ?? DEFAULT_WORKSPACE,
    workspace_name: 'default',
    exchange: { id: exchange.id, node, seq: exchange.seq, outcome: result.outcome },
  };
  if (service) record.service = service;
  if (route) record.route = route;
  if (exchange.consumer) record.consumer = exchange.consumer;
  if (ai) record.ai = ai;
  if (agent) record.agent = agent;
  if (failure) record.error = { code: failure.code, message: redactor.text(failure.message) };
  return redactor.leaks ? (redactor.clean(JSON.parse(JSON.stringify(record))) as LogRecord) : record;
}

/** Kong's `url` always names the port. */
function absoluteUrl({ scheme, host, port }: ExchangeFacts['request'], uri: string, redactor: Redactor): string {
  return uri.startsWith('/') ? `${scheme}://${redactor.pass(host) || 'localhost'}:${port}${uri}` : uri;
}

/** What went wrong, in the words of everybody who said something about it: the gateway, the upstream, the cause. */
function failureOf(
  { ai }: ExchangeFacts,
  error: GatewayError | undefined,
): { code: string; message: string } | undefined {
  const upstream = ai?.upstreamError;
  if (!error && !upstream) return undefined;
  const told = error ? [error.message] : [];
  if (upstream) told.push(['upstream', upstream.status, upstream.type].filter((part) => part !== undefined).join(' '));
  for (const detail of [upstream?.message, error?.cause instanceof Error ? error.cause.message : undefined]) {
    if (detail && !told.some((text) => text.includes(detail))) told.push(detail);
  }
  return { code: error?.code ?? 'upstream_error', message: told.join(': ') };
}

function passAgent(agent: AgentFacts, redactor: Redactor): AgentFacts {
  for (const name in agent) {
    const value = agent[name as keyof AgentFacts];
    if (value !== undefined) redactor.pass(value);
  }
  return agent;
}
