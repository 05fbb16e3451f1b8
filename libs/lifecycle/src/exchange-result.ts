import type { Exchange, GatewayError, LogRecord, Outcome } from '#libs/plugin-api';

/** What the record takes from the exchange itself. */
export type ExchangeFacts = Pick<
  Exchange,
  | 'id'
  | 'requestId'
  | 'seq'
  | 'startedAt'
  | 'route'
  | 'service'
  | 'consumer'
  | 'ai'
  | 'agent'
  | 'upstreamUri'
  | 'tries'
  | 'source'
  | 'secretNames'
  | 'secretValues'
> & {
  readonly request: Pick<
    Exchange['request'],
    'method' | 'uri' | 'query' | 'scheme' | 'host' | 'port' | 'headers' | 'clientIp'
  >;
};

/** Lower-case names, raw values, as `node:http` tells them on both sides. */
export type RawHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** What is known at the end of an exchange; told once by whoever served it. */
export interface ExchangeResult {
  /** `performance.now()`: the last byte is about to go to the client's socket, or the client is gone. */
  readonly at: number;
  /** As sent to the client; 499 when the client left before there was one. */
  readonly status: number;
  readonly responseHeaders: RawHeaders;
  /** Bytes of request line, headers and body. */
  readonly requestSize: number;
  /** Bytes sent, status line and headers included. */
  readonly responseSize: number;
  readonly outcome: Outcome;
  readonly error: GatewayError | undefined;
  /** Whole milliseconds; `proxy` is -1 when the upstream sent no response head. */
  readonly latencies: LogRecord['latencies'];
  /** Statuses of the tries joined by `, `; empty when there was none. */
  readonly upstreamStatus: string;
}
