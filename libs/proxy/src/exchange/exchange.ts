import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ClientGoneError,
  UpstreamFailure,
  type AgentFacts,
  type AiFacts,
  type ConsumerEntity,
  type ExchangeMoment,
  type ExchangeView,
  type GatewayError,
  type LogRecord,
  type Outcome,
  type RouteEntity,
  type ServiceEntity,
  type UpstreamAttempt,
  type UpstreamHeaders,
  type UpstreamPeer,
  type UpstreamTry,
} from '#libs/plugin-api';
import type { PluginChain } from '../chain/plugin-chain.js';
import type { RouteMatch } from '../routing/route-rule.js';
import type { Runtime } from '../runtime.js';
import type { Connection, ConnectionListener } from './connection.js';
import type { ExchangeEvents, ObservedExchange } from './exchange-events.js';
import { newRequestId } from './exchange-ids.js';
import { ExchangeTimings } from './exchange-timings.js';
import { RedactedView } from './exchange-view.js';
import { HttpRequest } from './http-request.js';
import type { Live } from './live-set.js';
import { HttpResponse, type ResponseOwner, type ServerIdentity } from './http-response.js';
import type { Redaction } from './redaction.js';

/** What all exchanges of a listener share. */
export interface ExchangeContext {
  readonly identity: ServerIdentity;
  readonly redaction: Redaction;
  readonly events: ExchangeEvents;
  /** True while the listener is being drained: responses close their connection. */
  readonly draining: boolean;
  /** The last byte of the exchange's response is about to go out. */
  ending(exchange: ProxyExchange): void;
  /** An `ExchangeEvents` has thrown. */
  eventFailed(error: unknown): void;
}

const EXCHANGE = Symbol('exchange');
type TaggedResponse = ServerResponse & { [EXCHANGE]?: ProxyExchange };

/** The exchange as the proxy holds it; plugins see the part that is `Exchange`. */
export class ProxyExchange implements ObservedExchange, ResponseOwner, ConnectionListener, Live {
  readonly requestId = newRequestId();
  readonly id = `req_${this.requestId}`;
  readonly startedAt = Date.now();
  readonly startedMono = performance.now();
  readonly timings = new ExchangeTimings(this.startedMono);
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly tries: UpstreamTry[] = [];
  readonly attempts: UpstreamAttempt[] = [];
  readonly match: RouteMatch | undefined;

  ai: AiFacts | undefined = undefined;
  agent: AgentFacts | undefined = undefined;
  upstreamUri: string | undefined = undefined;
  upstreamHeaders: UpstreamHeaders | undefined = undefined;
  source: 'upstream' | 'kong' = 'kong';
  outcome: Outcome | undefined = undefined;
  /** What the exchange has failed with, once it has. */
  error: GatewayError | undefined = undefined;
  clientGone = false;
  livePlace = -1;
  /** When the response came to its end, one way or the other; `performance.now()`. */
  closedAt: number | undefined = undefined;
  /** What was told of the exchange when its outcome was settled, and what was made of it. */
  ended: { readonly record: LogRecord | undefined; readonly error: GatewayError | undefined } | undefined = undefined;

  private currentConsumer: ConsumerEntity | undefined = undefined;
  private currentChain: PluginChain;
  private names: Set<string> | undefined = undefined;
  private values: Set<string> | undefined = undefined;
  private goneCallbacks: Set<() => void> | undefined = undefined;
  private redactedView: RedactedView | undefined = undefined;
  private onClosed: (() => void) | undefined = undefined;

  /** @param expectsContinue true when the client sends its body only after `100 Continue` */
  constructor(
    private readonly context: ExchangeContext,
    readonly runtime: Runtime,
    readonly seq: number,
    private readonly connection: Connection,
    message: IncomingMessage,
    private readonly answer: ServerResponse,
    expectsContinue: boolean,
  ) {
    this.request = new HttpRequest(message, connection, expectsContinue ? () => answer.writeContinue() : undefined);
    this.response = new HttpResponse(answer, this, context.identity, () => this.cut());
    this.match = runtime.router.match(this.request);
    this.currentChain = runtime.plugins.chainFor(this.match?.route, this.match?.service, undefined);
    (answer as TaggedResponse)[EXCHANGE] = this;
    // Before node's own listener, which starts the next response when the client pipelines.
    answer.prependListener('finish', onFinish);
    connection.exchanges.push(this);
  }

  get route(): RouteEntity | undefined {
    return this.match?.route;
  }
  get service(): ServiceEntity | undefined {
    return this.match?.service;
  }
  get pathBelowRoute(): string {
    return this.match?.pathBelowRoute ?? '';
  }
  get uriCaptures(): Readonly<Record<string, string>> {
    return this.match?.uriCaptures ?? {};
  }

  /** The plugins in whose scope the exchange is. */
  get chain(): PluginChain {
    return this.currentChain;
  }
  get consumer(): ConsumerEntity | undefined {
    return this.currentConsumer;
  }
  set consumer(consumer: ConsumerEntity | undefined) {
    this.currentConsumer = consumer;
    this.currentChain = this.runtime.plugins.chainFor(this.match?.route, this.match?.service, consumer);
  }

  get secretNames(): Set<string> {
    return (this.names ??= new Set());
  }
  get secretValues(): Set<string> {
    return (this.values ??= new Set());
  }
  get view(): ExchangeView {
    return (this.redactedView ??= new RedactedView(this, this.context.redaction));
  }
  get lastOnConnection(): boolean {
    return this.context.draining || this.connection.refused || this.request.body.refused;
  }
  get bodyUnwanted(): boolean {
    return this.request.body.unwanted;
  }

  onClientGone(callback: () => void): () => void {
    if (this.clientGone) {
      callback();
      return () => {};
    }
    const callbacks = (this.goneCallbacks ??= new Set());
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  }

  markUpstreamRequested(origin: string): void {
    this.attempts.push({
      origin,
      startedMono: this.timings.markUpstreamRequested(),
      headersMono: undefined,
      finishedMono: undefined,
      status: undefined,
      peer: undefined,
      failure: undefined,
    });
  }
  markUpstreamHeaders(status: number, peer?: UpstreamPeer): void {
    this.timings.markUpstreamHeaders(status);
    const attempt = this.attempts.at(-1);
    if (!attempt) return;
    attempt.headersMono = this.timings.upstreamHeaders;
    attempt.status = status;
    attempt.peer = peer;
  }
  markUpstreamFinished(failure?: Error): void {
    this.timings.markUpstreamFinished();
    const attempt = this.attempts.at(-1);
    if (!attempt || attempt.finishedMono !== undefined) return;
    attempt.finishedMono = this.timings.upstreamFinished;
    if (failure) attempt.failure = failure instanceof UpstreamFailure ? failure.reason : 'protocol';
  }

  emit(moment: ExchangeMoment): void {
    try {
      this.context.events.moment(this, moment);
    } catch (error) {
      this.context.eventFailed(error);
    }
  }

  /** Runs once when the response has come to its end; at once if it has. */
  whenClosed(callback: () => void): void {
    if (this.closedAt !== undefined) callback();
    else this.onClosed = callback;
  }

  responseEnding(): void {
    this.context.ending(this);
  }

  responseFinished(): void {
    this.close();
  }

  connectionEnded(destroyed: boolean): void {
    // A client may close its side after its request; what has been written to the end still reaches it.
    if (this.closedAt !== undefined || (!destroyed && this.answer.writableEnded)) return;
    this.leave();
  }

  bodyFailed(error: Error): void {
    this.request.body.fail(error);
  }

  /** Ends the exchange by force, as if the client had left, for the given reason. */
  interrupt(outcome: Outcome, error: GatewayError): void {
    if (this.closedAt !== undefined) return;
    this.outcome = outcome;
    this.error ??= error;
    this.leave();
    this.connection.socket.destroy();
  }

  /** Nothing sensible can follow what has been sent: the client is to see a broken transfer, unless it has everything. */
  breakOff(): void {
    if (!this.answer.writableEnded) this.cut();
  }

  /** The connection forgets the exchange, and ends with it when it was the last one of a listener that is drained. */
  detach(): void {
    const { connection, context } = this;
    connection.forget(this);
    if (context.draining && connection.exchanges.length === 0) connection.socket.end();
  }

  /** Breaks the response off, so that the client sees a broken transfer. */
  private cut(): void {
    if (this.closedAt !== undefined) return;
    this.outcome ??= 'upstream_failed';
    this.close();
    this.connection.socket.destroy();
  }

  private leave(): void {
    this.clientGone = true;
    const callbacks = this.goneCallbacks;
    this.goneCallbacks = undefined;
    this.request.body.fail(new ClientGoneError());
    for (const callback of callbacks ?? []) {
      try {
        callback();
      } catch (error) {
        this.context.eventFailed(error);
      }
    }
    this.close();
  }

  private close(): void {
    if (this.closedAt !== undefined) return;
    this.closedAt = performance.now();
    this.response.markClosed();
    this.onClosed?.();
  }
}

function onFinish(this: ServerResponse): void {
  (this as TaggedResponse)[EXCHANGE]?.responseFinished();
}
