import {
  ClientGoneError,
  GatewayError,
  UpstreamFailure,
  type GatewayErrorCode,
  type LogRecord,
  type Outcome,
} from '#libs/plugin-api';
import { ChainWalk, NextCalledTwiceError, type Terminal } from './chain/chain-walk.js';
import { encodeAsKong, encodeError, type ErrorAnswer } from './error-answer.js';
import type { ExchangeEvents } from './exchange/exchange-events.js';
import type { ProxyExchange } from './exchange/exchange.js';
import { LiveSet } from './exchange/live-set.js';
import type { Redaction } from './exchange/redaction.js';
import type { ProxyLog } from './proxy-options.js';
import { failureToGatewayError } from './upstream/upstream-failure.js';

/** How long a plugin may go on, in milliseconds, after the response is closed before its exchange is finished without it. */
const SETTLE_LIMIT = 10_000;

/** What nginx, and with it Kong, logs for a client that left before it got a response. */
const CLIENT_CLOSED_REQUEST = 499;

/** Failures that are the upstream's; all others are the gateway's own refusal. */
const UPSTREAM_CODES: ReadonlySet<GatewayErrorCode> = new Set([
  'upstream_refused',
  'invalid_upstream_response',
  'upstream_unreachable',
  'upstream_credential_rejected',
  'unavailable',
  'overloaded',
  'upstream_timeout',
]);

/** Leads an exchange from its request to its one `finished`, whatever the plugins do. */
export class ExchangeFlow {
  /** Exchanges that have started and not finished. */
  readonly live = new LiveSet<ProxyExchange>();
  /** Errors of plugins that were none of the gateway's own, by plugin name. */
  readonly pluginErrors = new Map<string, number>();
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly terminal: Terminal<ProxyExchange>,
    private readonly events: ExchangeEvents,
    private readonly redaction: Redaction,
    private readonly log: ProxyLog,
  ) {}

  /** @param refusal answers the exchange at once with this error, before any plugin */
  start(exchange: ProxyExchange, refusal: GatewayError | undefined): void {
    exchange.runtime.acquire();
    this.live.add(exchange);
    const error = this.tellStarted(exchange) ?? refusal ?? this.reasonToRefuse(exchange);
    if (error) {
      this.fail(exchange, error, undefined);
      return;
    }
    const walk = new ChainWalk(exchange, this.terminal, (misuse) => this.count(exchange, misuse.plugin, misuse));
    walk.run().then(
      () => this.settled(exchange),
      (error: unknown) => this.fail(exchange, error, walk.culprit(error)),
    );
  }

  /**
   * Resolves with true when no exchange is under way any more, with false when that takes too long.
   * @param limit milliseconds
   */
  async idle(limit: number): Promise<boolean> {
    if (this.live.size === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limit);
      this.onIdle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Finishes what is under way without waiting for anybody. */
  abandonAll(): void {
    for (const exchange of this.live.list()) this.finish(exchange);
  }

  /** Finishes exchanges whose response is closed but whose plugins do not come to an end. */
  sweep(now: number): void {
    for (const exchange of this.live.list()) {
      if (exchange.closedAt !== undefined && now - exchange.closedAt > SETTLE_LIMIT) {
        this.log.warn({ exchange: exchange.id }, 'a plugin goes on after the end of the response');
        this.finish(exchange);
      }
    }
  }

  /** Has the record made of what is known by now; the first call per exchange counts. */
  readonly ending = (exchange: ProxyExchange): void => {
    if (exchange.ended) return;
    const at = exchange.closedAt ?? performance.now();
    const { timings, request, response, error } = exchange;
    let record: LogRecord | undefined;
    try {
      record = this.events.ending(exchange, {
        at,
        status: timings.responseStarted === undefined ? CLIENT_CLOSED_REQUEST : response.status,
        responseHeaders: response.sentHeaders,
        requestSize: request.size,
        responseSize: response.size,
        outcome: outcomeOf(exchange),
        error,
        latencies: timings.latencies(at),
        upstreamStatus: timings.upstreamStatus,
      });
    } catch (failure) {
      this.eventFailed(failure);
    }
    exchange.ended = { record, error };
  };

  /** A listener to exchanges has thrown; that is its own affair, the exchange goes on. */
  readonly eventFailed = (error: unknown): void => {
    this.log.error({ stack: this.redaction.text(textOf(error), NO_SECRETS) }, 'a listener to exchanges has failed');
  };

  private tellStarted(exchange: ProxyExchange): GatewayError | undefined {
    try {
      return this.events.started(exchange);
    } catch (error) {
      this.eventFailed(error);
      return undefined;
    }
  }

  private reasonToRefuse(exchange: ProxyExchange): GatewayError | undefined {
    const { match, request } = exchange;
    if (!match) return new GatewayError('no_route');
    if (!match.httpsOnly || request.scheme === 'https') return undefined;
    const status = match.route.https_redirect_status_code;
    return status === 426
      ? new GatewayError('https_required', { headers: { connection: 'Upgrade', upgrade: 'TLS/1.2, HTTP/1.1' } })
      : new GatewayError('https_required', {
          status,
          headers: { location: `https://${request.host}${request.path}${request.query && `?${request.query}`}` },
        });
  }

  private settled(exchange: ProxyExchange): void {
    if (exchange.response.started || exchange.clientGone) this.finishWhenClosed(exchange);
    else this.fail(exchange, new Error('no plugin has answered'), exchange.chain.steps.at(-1)?.name);
  }

  private fail(exchange: ProxyExchange, thrown: unknown, plugin: string | undefined): void {
    const error = this.asGatewayError(exchange, thrown, plugin);
    exchange.error ??= error;
    if (!exchange.response.started) this.answer(exchange, error ?? new GatewayError('internal'));
    else exchange.breakOff();
    this.finishWhenClosed(exchange);
  }

  /** @returns undefined when the client has left: that is no error of the gateway */
  private asGatewayError(
    exchange: ProxyExchange,
    thrown: unknown,
    plugin: string | undefined,
  ): GatewayError | undefined {
    if (thrown instanceof ClientGoneError) return undefined;
    if (thrown instanceof GatewayError) return thrown;
    if (thrown instanceof UpstreamFailure) return failureToGatewayError(thrown);
    if (!(thrown instanceof NextCalledTwiceError)) this.count(exchange, plugin, thrown);
    return new GatewayError('internal', { cause: thrown });
  }

  private answer(exchange: ProxyExchange, error: GatewayError): void {
    const { response } = exchange;
    exchange.source = 'kong';
    let answer: ErrorAnswer;
    try {
      answer = encodeError(error, exchange);
    } catch (fault) {
      this.count(exchange, undefined, fault);
      answer = encodeAsKong(error, exchange);
    }
    response.dropRepresentation();
    try {
      this.send(exchange, error, answer);
    } catch (fault) {
      // A plugin has set a header or a status that cannot be sent.
      this.count(exchange, undefined, fault);
      response.dropHeaders();
      const sendable = error.status >= 400 && error.status <= 599 ? error : new GatewayError('internal');
      this.send(exchange, new GatewayError('internal'), encodeAsKong(sendable, exchange));
    }
  }

  private send({ response }: ProxyExchange, error: GatewayError, answer: ErrorAnswer): void {
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name.toLowerCase(), value);
    void response.send(answer.status, answer.body);
  }

  private finishWhenClosed(exchange: ProxyExchange): void {
    exchange.whenClosed(() => this.finish(exchange));
  }

  private finish(exchange: ProxyExchange): void {
    if (!this.live.delete(exchange)) return;
    exchange.detach();
    // A client that has left gets no last byte.
    this.ending(exchange);
    const { record, error } = exchange.ended ?? {};
    try {
      // What plugins do after the last byte is not the client's time.
      if (record) this.events.finished(exchange, { at: exchange.closedAt ?? performance.now(), record, error });
    } catch (failure) {
      this.eventFailed(failure);
    }
    exchange.runtime.release();
    if (this.live.size === 0) this.onIdle?.();
  }

  private count(exchange: ProxyExchange, plugin: string | undefined, thrown: unknown): void {
    const name = plugin ?? 'proxy';
    this.pluginErrors.set(name, (this.pluginErrors.get(name) ?? 0) + 1);
    this.log.error(
      { exchange: exchange.id, plugin: name, stack: this.redaction.text(textOf(thrown), exchange.secretValues) },
      'unexpected error in an exchange',
    );
  }
}

const NO_SECRETS: ReadonlySet<string> = new Set();

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

function outcomeOf(exchange: ProxyExchange): Outcome {
  if (exchange.outcome) return exchange.outcome;
  if (exchange.clientGone) return 'client_aborted';
  if (!exchange.error) return 'completed';
  return UPSTREAM_CODES.has(exchange.error.code) ? 'upstream_failed' : 'rejected';
}
