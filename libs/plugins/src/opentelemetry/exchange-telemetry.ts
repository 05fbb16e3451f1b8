import type { ExchangeView, LifecycleEvent } from '#libs/plugin-api';
import type { FinishedExchange } from './finished-exchange.js';
import type { OpentelemetryConfig } from './opentelemetry.config.js';
import { Propagation } from './propagation/propagation.js';
import { isSampled } from './sampling.js';
import type { TelemetrySettings } from './telemetry-settings.js';
import { newSpanId, type TraceContext } from './trace-context.js';

/** Takes what has become of exchanges; `Telemetry` without its libraries. */
export interface TelemetryTarget {
  record(event: FinishedExchange, context: TraceContext): void;
  close(): Promise<void>;
}

/** Exchanges that end before the libraries are there. */
const MOST_EARLY = 1000;

/**
 * Follows exchanges: takes the caller's trace context from the request, puts the gateway's on requests to upstreams, and hands
 * over what is known at the end. Ids and the decision to sample are made at the start, spans are not.
 */
export class ExchangeTelemetry {
  /** Rejects when the libraries cannot be set up. */
  readonly ready: Promise<void>;
  private readonly propagation: Propagation;
  private readonly contexts = new WeakMap<ExchangeView, TraceContext>();
  private early: { readonly event: FinishedExchange; readonly context: TraceContext }[] | undefined = [];
  private target: TelemetryTarget | undefined;

  constructor(
    private readonly config: Pick<
      OpentelemetryConfig,
      'propagation' | 'header_type' | 'http_response_header_for_traceid'
    >,
    private readonly settings: Pick<TelemetrySettings, 'traces' | 'sampling'>,
    load: () => Promise<TelemetryTarget>,
  ) {
    this.propagation = new Propagation(config);
    this.ready = this.start(load);
  }

  readonly observe = (event: LifecycleEvent): void => {
    switch (event.type) {
      case 'exchange.started':
        this.begin(event.exchange);
        break;
      case 'upstream.requested':
        this.inject(event.exchange);
        break;
      case 'exchange.finished':
        this.end(event);
        break;
      default:
    }
  };

  async close(): Promise<void> {
    await this.ready.catch(() => {});
    await this.target?.close();
  }

  private async start(load: () => Promise<TelemetryTarget>): Promise<void> {
    try {
      this.target = await load();
      for (const { event, context } of this.early ?? []) this.target.record(event, context);
    } finally {
      this.early = undefined;
    }
  }

  private begin(exchange: ExchangeView): TraceContext {
    const found = this.propagation.extract((name) => exchange.header(name));
    const parent = found?.parent;
    // The exchange's own id is as random as a trace's must be, and leads from an answer to its trace.
    const traceId = parent?.traceId ?? exchange.requestId;
    const traced = this.settings.traces !== undefined;
    const context: TraceContext = {
      traceId,
      spanId: traced ? newSpanId() : parent?.spanId,
      parent,
      format: found?.format,
      sampled: traced ? isSampled(this.settings.sampling, traceId, parent?.sampled) : parent?.sampled === true,
      attemptSpanIds: [],
    };
    this.contexts.set(exchange, context);
    const header = this.config.http_response_header_for_traceid;
    if (header !== undefined && context.spanId !== undefined) exchange.setResponseHeader(header, traceId);
    return context;
  }

  private inject(exchange: ExchangeView): void {
    const context = this.contextOf(exchange);
    const { traceId, parent, sampled, format } = context;
    let told = parent;
    if (this.settings.traces !== undefined) {
      const spanId = newSpanId();
      context.attemptSpanIds.push(spanId);
      told = { traceId, spanId, sampled, state: parent?.state };
    }
    exchange.upstreamHeaders = { ...exchange.upstreamHeaders, ...this.propagation.headers(told, format) };
  }

  private end(event: FinishedExchange): void {
    const context = this.contextOf(event.exchange);
    if (this.target) this.target.record(event, context);
    else if (this.early && this.early.length < MOST_EARLY) this.early.push({ event, context });
  }

  /** A consumer with an entry of its own may have brought the exchange here after its start. */
  private contextOf(exchange: ExchangeView): TraceContext {
    return this.contexts.get(exchange) ?? this.begin(exchange);
  }
}
