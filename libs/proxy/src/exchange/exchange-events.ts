import type { ExchangeMoment, ExchangeView, GatewayError, LogRecord, Outcome } from '#libs/plugin-api';
import type { Walker } from '../chain/plugin-chain.js';

/** An exchange as its listeners get it: all that plugins see, the plugins in whose scope it is, and what may be shown of it. */
export interface ObservedExchange extends Walker {
  readonly view: ExchangeView;
}

/** What is known of an exchange when its outcome is settled. */
export interface ExchangeResult {
  /** `performance.now()`: the last byte is about to go to the client's socket, or the client is gone. */
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

export interface ExchangeEnd {
  /** `performance.now()`. */
  readonly at: number;
  readonly record: LogRecord;
  readonly error: GatewayError | undefined;
}

/**
 * Who listens to exchanges; a Nest injectable that the composition provides. Called on the hot path: implementations are
 * synchronous and cheap. What they throw is logged and does not harm the exchange.
 */
export abstract class ExchangeEvents {
  /**
   * The request head has been read and its route, if any, is known.
   * @returns why the exchange must not be served, if so.
   */
  abstract started(exchange: ObservedExchange): GatewayError | undefined;
  abstract moment(exchange: ObservedExchange, type: ExchangeMoment): void;
  /**
   * The outcome is settled. Exactly once per exchange, whatever became of it: before the last byte of the response goes to the
   * client, or when it is certain that none will. What is to outlive the process has to be kept when this returns.
   */
  abstract ending(exchange: ObservedExchange, result: ExchangeResult): LogRecord;
  /** The response is closed. Exactly once, after `ending`, and after it nothing. */
  abstract finished(exchange: ObservedExchange, end: ExchangeEnd): void;
}
