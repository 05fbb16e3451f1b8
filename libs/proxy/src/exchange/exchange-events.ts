import type { ExchangeMoment, ExchangeView, GatewayError, LogRecord, Outcome } from '#libs/plugin-api';
import type { Walker } from '../chain/plugin-chain.js';

/** An exchange as its listeners get it: all that plugins see, the plugins in whose scope it is, and what may be shown of it. */
export interface ObservedExchange extends Walker {
  readonly view: ExchangeView;
}

/** What is known of an exchange at its end. */
export interface ExchangeResult {
  /** `performance.now()`. */
  readonly at: number;
  /** Status sent to the client; 499, as in Kong's logs, when the client left before it got one. */
  readonly status: number;
  /** As sent, lower-case names; not redacted. */
  readonly responseHeaders: Readonly<Record<string, string | readonly string[]>>;
  /** Bytes received: request line, headers, body. */
  readonly requestSize: number;
  /** Bytes sent, head and framing included. */
  readonly responseSize: number;
  readonly outcome: Outcome;
  readonly error: GatewayError | undefined;
  readonly latencies: LogRecord['latencies'];
  /** Statuses of the tries joined by `, `; empty when there was none. */
  readonly upstreamStatus: string;
}

/**
 * Who listens to exchanges; a Nest injectable that the composition provides. Called on the hot path: implementations are
 * synchronous and cheap. What they throw is logged and does not harm the exchange.
 */
export abstract class ExchangeEvents {
  /** The request head has been read and its route, if any, is known. */
  abstract started(exchange: ObservedExchange): void;
  abstract moment(exchange: ObservedExchange, type: ExchangeMoment): void;
  /** Exactly once per exchange, whatever became of it, and after it nothing. */
  abstract finished(exchange: ObservedExchange, result: ExchangeResult): void;
}
