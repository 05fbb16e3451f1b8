import type { Attributes, HrTime, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

const SAMPLED = 1;
const NONE: never[] = [];

/** What all spans of a pipeline share. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
}

export interface SpanDetails {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** The parent lies in another process. */
  readonly parentIsRemote: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
}

/**
 * A span that is over. The spans of an exchange are made at its end, when everything is known, and handed to the processor
 * directly: a live span of the SDK costs many times as much.
 */
export class FinishedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly parentSpanContext?: SpanContext;
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly links = NONE;
  readonly events = NONE;
  readonly ended = true;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  private readonly context: SpanContext;

  constructor(details: SpanDetails, { resource, instrumentationScope }: SpanOrigin) {
    const { traceId, spanId, parentSpanId } = details;
    this.name = details.name;
    this.kind = details.kind;
    this.startTime = details.startTime;
    this.endTime = details.endTime;
    this.attributes = details.attributes;
    this.status = details.status;
    this.context = { traceId, spanId, traceFlags: SAMPLED };
    if (parentSpanId !== undefined) {
      const isRemote = details.parentIsRemote;
      this.parentSpanContext = { traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote };
    }
    this.resource = resource;
    this.instrumentationScope = instrumentationScope;
  }

  get duration(): HrTime {
    const seconds = this.endTime[0] - this.startTime[0];
    const nanoseconds = this.endTime[1] - this.startTime[1];
    return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1e9] : [seconds, nanoseconds];
  }

  spanContext(): SpanContext {
    return this.context;
  }
}
