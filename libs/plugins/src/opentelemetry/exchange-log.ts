import { ROOT_CONTEXT, SeverityNumber, trace, type Attributes, type Context, type LogRecord } from '@opentelemetry/api';
import type { FinishedExchange } from './finished-exchange.js';
import { timeOf } from './spans/exchange-time.js';
import type { ExchangeFacts } from './spans/exchange-spans.js';
import type { TraceContext } from './trace-context.js';

/**
 * The log records of an exchange: its outcome; what a request to a model failed with; with `log_payloads` the whole operation,
 * texts included (GenAI conventions, "Events").
 */
export function exchangeLog(event: FinishedExchange, context: TraceContext, facts: ExchangeFacts): LogRecord[] {
  const timestamp = timeOf(event.exchange, event.at);
  const clientSpanId = context.attemptSpanIds.at(-1) ?? context.spanId;
  const records = [outcome(event, { timestamp, context: contextOf(context, context.spanId) }, facts)];
  const last = facts.attempts.at(-1);
  if (!facts.call || !last) return records;
  const ofCall = { timestamp, context: contextOf(context, clientSpanId) };
  if (event.record.error && last.result.error !== undefined && event.record.exchange.outcome !== 'client_aborted') {
    records.push(failure(event.record.error, ofCall, last.attributes));
  }
  if (facts.call.record.payload) {
    records.push({ ...ofCall, eventName: 'gen_ai.client.inference.operation.details', attributes: last.attributes });
  }
  return records;
}

type Base = Pick<LogRecord, 'timestamp' | 'context'>;

function outcome({ record }: FinishedExchange, base: Base, { server, call }: ExchangeFacts): LogRecord {
  const { request, response, latencies, exchange, error } = record;
  const attributes: Attributes = { ...server, 'tidegate.exchange.id': exchange.id };
  if (call) {
    const { meta, usage } = call.record;
    attributes['gen_ai.provider.name'] = call.provider;
    attributes['gen_ai.request.model'] = call.requestModel;
    attributes['gen_ai.response.model'] = meta.response_model;
    attributes['gen_ai.usage.input_tokens'] = usage.prompt_tokens;
    attributes['gen_ai.usage.output_tokens'] = usage.completion_tokens;
    if (usage.cost !== null) attributes['tidegate.cost_usd'] = usage.cost;
  }
  if (error) {
    attributes['exception.type'] = error.code;
    attributes['exception.message'] = error.message;
  }
  return {
    ...base,
    ...severity(response.status, exchange.outcome),
    eventName: 'tidegate.exchange',
    body: `${request.method} ${request.uri} ${response.status} ${exchange.outcome} in ${latencies.request} ms`,
    attributes,
  };
}

function failure({ code, message }: { code: string; message: string }, base: Base, ofCall: Attributes): LogRecord {
  const attributes: Attributes = { 'exception.type': code, 'exception.message': message };
  for (const name of CALL_NAMES) if (ofCall[name] !== undefined) attributes[name] = ofCall[name];
  return {
    ...base,
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    eventName: 'gen_ai.client.operation.exception',
    attributes,
  };
}

const CALL_NAMES = ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'server.address'] as const;

function severity(status: number, outcome: string): Pick<LogRecord, 'severityNumber' | 'severityText'> {
  if (status >= 500 || outcome === 'upstream_failed' || outcome === 'interrupted') {
    return { severityNumber: SeverityNumber.ERROR, severityText: 'ERROR' };
  }
  if (status >= 400) return { severityNumber: SeverityNumber.WARN, severityText: 'WARN' };
  return { severityNumber: SeverityNumber.INFO, severityText: 'INFO' };
}

/** Ties a record to a span; without a trace to nothing. */
function contextOf({ traceId, sampled }: TraceContext, spanId: string | undefined): Context {
  if (spanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: sampled ? 1 : 0 });
}
