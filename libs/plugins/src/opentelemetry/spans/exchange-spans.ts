import type { Attributes } from '@opentelemetry/api';
import type { FinishedExchange } from '../finished-exchange.js';
import { newSpanId, type TraceContext } from '../trace-context.js';
import { attemptResults, type AttemptResult } from './attempts.js';
import { clientAttributes, clientSpanName } from './client-span.js';
import { contentAttributes } from './content.js';
import { timeOf } from './exchange-time.js';
import { FinishedSpan, type SpanOrigin } from './finished-span.js';
import { finishReason, modelCall, type ModelCall } from './model-call.js';
import { serverAttributes, serverSpanName, serverStatus } from './server-span.js';

/** An attempt and the attributes of its span. */
export interface ToldAttempt {
  readonly result: AttemptResult;
  readonly attributes: Attributes;
}

/** What spans and log records of an exchange share, worked out once. */
export interface ExchangeFacts {
  readonly call: ModelCall | undefined;
  readonly attempts: readonly ToldAttempt[];
  /** Attributes of the server span. */
  readonly server: Attributes;
}

const SERVER = 1;
const CLIENT = 2;
const UNSET = { code: 0 };
const ERROR = { code: 2 };

export function exchangeFacts(event: FinishedExchange): ExchangeFacts {
  const call = modelCall(event);
  const attempts = attemptResults(event).map((result) => {
    const attributes = clientAttributes(event, result, call);
    if (call && result.last && call.record.payload) {
      Object.assign(attributes, contentAttributes(call.record, finishReason(call, result.error !== undefined)));
    }
    return { result, attributes };
  });
  return { call, attempts, server: serverAttributes(event) };
}

/** The spans of an exchange: one of the server, and within it one of a client for each attempt. */
export function exchangeSpans(
  event: FinishedExchange,
  context: TraceContext,
  facts: ExchangeFacts,
  origin: SpanOrigin,
): FinishedSpan[] {
  const { exchange, record, at } = event;
  const { traceId, spanId = newSpanId(), parent } = context;
  const spans = facts.attempts.map(
    ({ result: { attempt, index, endedMono, error }, attributes }) =>
      new FinishedSpan(
        {
          traceId,
          spanId: context.attemptSpanIds[index] ?? newSpanId(),
          parentSpanId: spanId,
          parentIsRemote: false,
          name: clientSpanName(event, facts.call),
          kind: CLIENT,
          startTime: timeOf(exchange, attempt.startedMono),
          endTime: timeOf(exchange, endedMono),
          attributes,
          status: error === undefined ? UNSET : ERROR,
        },
        origin,
      ),
  );
  spans.push(
    new FinishedSpan(
      {
        traceId,
        spanId,
        parentSpanId: parent?.spanId,
        parentIsRemote: true,
        name: serverSpanName(record),
        kind: SERVER,
        startTime: timeOf(exchange, exchange.startedMono),
        endTime: timeOf(exchange, at),
        attributes: facts.server,
        status: serverStatus(record),
      },
      origin,
    ),
  );
  return spans;
}
