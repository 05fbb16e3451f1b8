import type { Exchange, GatewayError, Outcome } from '#libs/plugin-api';

/** What the record takes from the exchange itself. */
export type ExchangeFacts = Pick<
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
  | 'source'
  | 'secretNames'
  | 'secretValues'
> & {
  readonly request: Pick<
    Exchange['request'],
    'method' | 'uri' | 'query' | 'scheme' | 'host' | 'port' | 'headers' | 'clientIp'
  >;
};

/** Moments of one exchange, `performance.now()`; those of the upstream belong to the last try. */
export interface ExchangeTimes {
  readonly upstreamRequested: number | undefined;
  /** The response head of the upstream has arrived. */
  readonly upstreamHeaders: number | undefined;
  /** The last byte of the upstream's body has arrived. */
  readonly upstreamFinished: number | undefined;
  /** The last byte is handed to the client's socket, or the client is gone. */
  readonly finished: number;
}

/** Lower-case names, raw values, as `node:http` tells them on both sides. */
export type SentHeaders = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Everything that is known when an exchange is over; handed in once by whoever served it. */
export interface FinishedExchange {
  readonly exchange: ExchangeFacts;
  /** The node's id, the same over restarts; tells nothing about the machine. */
  readonly node: string;
  readonly outcome: Outcome;
  /** As sent to the client; 499 when the client left before there was one. */
  readonly status: number;
  readonly responseHeaders: SentHeaders;
  /** Bytes of request line, headers and body. */
  readonly requestSize: number;
  /** Bytes sent, status line and headers included. */
  readonly responseSize: number;
  readonly times: ExchangeTimes;
  /** Status of each try that brought a response head, in order. */
  readonly upstreamStatuses: readonly number[];
  readonly error: GatewayError | undefined;
}
