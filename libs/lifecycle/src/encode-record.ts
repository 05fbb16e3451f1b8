import type { AgentFacts, LogRecord, UpstreamTry } from '#libs/plugin-api';
import { aiJson } from './encode-ai.js';
import { toBytes } from './json-text.js';
import { RequestRecord, ResponseRecord } from './message-record.js';

/** The JSON of entities, which are frozen and the same objects for every exchange of a configuration snapshot. */
const entities = new WeakMap<object, string>();

/**
 * The record as one line of compact JSON in UTF-8, without the line end. What `JSON.stringify` writes, and valid UTF-8 whatever
 * a client sent (lone surrogates are escaped, ECMA-262). As `JSON.stringify` is most of the price of a log line, a record
 * from `assembleRecord` in which nothing needs an escape is put together from templates.
 */
export function encodeRecord(record: LogRecord): Buffer {
  const { request, response } = record;
  const plain = request instanceof RequestRecord && request.plain && response instanceof ResponseRecord;
  return toBytes(plain ? recordJson(record, request, response) : JSON.stringify(record));
}

function recordJson(record: LogRecord, request: RequestRecord, response: ResponseRecord): string {
  const { latencies, service, route, consumer, ai, agent, exchange, error } = record;
  let json =
    `{"request":{"id":"${request.id}","method":"${request.method}","uri":"${request.uri}","url":"${request.url}",` +
    `"querystring":${JSON.stringify(request.querystring)},"headers":${request.headersJson},"size":${request.size}},` +
    `"response":{"status":${response.status},"headers":${response.headersJson},"size":${response.size}},` +
    `"latencies":{"kong":${latencies.kong},"proxy":${latencies.proxy},"request":${latencies.request},` +
    `"receive":${latencies.receive}},"tries":${triesJson(record.tries)},"client_ip":"${record.client_ip}",` +
    `"started_at":${record.started_at},"upstream_uri":"${record.upstream_uri}",` +
    `"upstream_status":"${record.upstream_status}","source":"${record.source}","workspace":"${record.workspace}",` +
    `"workspace_name":"${record.workspace_name}","exchange":{"id":"${exchange.id}","node":"${exchange.node}",` +
    `"seq":${exchange.seq},"outcome":"${exchange.outcome}"}`;
  if (service) json += `,"service":${entityJson(service)}`;
  if (route) json += `,"route":${entityJson(route)}`;
  if (consumer) json += `,"consumer":${entityJson(consumer)}`;
  if (ai) json += `,"ai":${aiJson(ai)}`;
  if (agent) json += `,"agent":${agentJson(agent)}`;
  if (error) json += `,"error":${JSON.stringify(error)}`;
  return `${json}}`;
}

function triesJson(tries: readonly UpstreamTry[]): string {
  const [only] = tries;
  if (only === undefined) return '[]';
  if (tries.length > 1 || only.state !== undefined || only.code !== undefined) return JSON.stringify(tries);
  return (
    `[{"ip":"${only.ip}","port":${only.port},"balancer_start":${only.balancer_start},` +
    `"balancer_start_ns":${only.balancer_start_ns},"balancer_latency":${only.balancer_latency},` +
    `"balancer_latency_ns":${only.balancer_latency_ns}}]`
  );
}

function agentJson(agent: AgentFacts): string {
  let json = '';
  for (const name in agent) {
    const value = agent[name as keyof AgentFacts];
    if (value !== undefined) json += `,"${name}":"${value}"`;
  }
  return `{${json.slice(1)}}`;
}

/** The JSON of a service, route or consumer. */
export function entityJson(entity: object): string {
  let json = entities.get(entity);
  if (json === undefined) {
    json = JSON.stringify(entity);
    if (Object.isFrozen(entity)) entities.set(entity, json);
  }
  return json;
}
