import type { Exchange, ExchangeMoment } from './exchange.js';
import type { LogRecord } from './record.js';
import type { GatewayError } from './errors.js';

/** An exchange seen from outside the request path: what may be counted, traced and logged. No body, no raw header. */
export type ExchangeView = Pick<
  Exchange,
  | 'id'
  | 'requestId'
  | 'seq'
  | 'startedAt'
  | 'startedMono'
  | 'route'
  | 'service'
  | 'consumer'
  | 'ai'
  | 'agent'
  | 'upstreamUri'
  | 'tries'
  | 'attempts'
  | 'upstreamHeaders'
  | 'source'
> & {
  readonly method: string;
  /** Path and query with secret parameters masked. */
  readonly uri: string;
  readonly clientIp: string;
  /** Redacted, lower-case names. */
  readonly requestHeaders: Readonly<Record<string, string | readonly string[]>>;
  /** One of them, for less than all of them cost; undefined when it is absent or repeated. */
  header(name: string): string | undefined;
  /** A header for the response, lower-case name; ignored once the response has started. */
  setResponseHeader(name: string, value: string): void;
};

/**
 * What happens in the life of an exchange, in this order: `started`, any number of moments, `finished`. `finished` carries
 * the record and is emitted exactly once, whatever became of the exchange.
 */
export type LifecycleEvent =
  | { readonly type: 'exchange.started'; readonly exchange: ExchangeView; readonly at: number }
  | { readonly type: ExchangeMoment; readonly exchange: ExchangeView; readonly at: number }
  | {
      readonly type: 'exchange.finished';
      readonly exchange: ExchangeView;
      /** `performance.now()`. */
      readonly at: number;
      readonly record: LogRecord;
      readonly error: GatewayError | undefined;
    };
