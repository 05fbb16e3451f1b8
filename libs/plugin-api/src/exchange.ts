import type { ConsumerEntity, RouteEntity, ServiceEntity } from './entities.js';
import type { AgentFacts, AiFacts, Outcome, UpstreamTry } from './record.js';
import type { UpstreamAttempt, UpstreamHeaders, UpstreamPeer } from './upstream.js';

/** Lower-case names; a repeated header is an array, as `node:http` gives them. */
export type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What the client sent. Headers are raw: they hold credentials and must not be logged from here. */
export interface ExchangeRequest {
  readonly method: string;
  /** Path and query exactly as received. */
  readonly uri: string;
  /** Path without the query, as received (not decoded). */
  readonly path: string;
  /** Without `?`; empty when there is none. */
  readonly query: string;
  readonly scheme: 'http' | 'https';
  /** The `Host` header without port, lower-case; empty when absent. */
  readonly host: string;
  /** The local port the request arrived at. */
  readonly port: number;
  readonly headers: HeaderMap;
  readonly clientIp: string;
  /**
   * Reads and, when `content-encoding` is gzip, br, deflate or zstd, decompresses the whole body. The second call returns the same
   * buffer. `limit` is in bytes after decoding, 0 means unlimited.
   * @throws GatewayError `body_too_large` as soon as the limit is passed (the rest is not read), `unsupported_encoding`,
   * `bad_request` for broken compression, `ClientGoneError` when the client leaves first.
   */
  readBody(limit: number): Promise<Buffer>;
}

/** A started streamed response. No promise per chunk: `write` tells about back-pressure as node streams do. */
export interface ResponseStream {
  /** False → stop reading the upstream until `onDrain` fires. Strings are written as latin1 (one char, one byte); bytes are copied. */
  write(chunk: Buffer | string): boolean;
  onDrain(callback: () => void): void;
  /** Resolves when the last byte is handed to the socket, or the client is gone. */
  end(): Promise<void>;
  /** Cuts the connection without a regular end, so that the client sees a broken transfer. */
  destroy(): void;
  readonly bytesWritten: number;
}

/** What the gateway answers. Exactly one of `send` and `stream` is called once per exchange. */
export interface ExchangeResponse {
  readonly started: boolean;
  /** Header to be sent, lower-case name. Later calls win. Ignored once started. */
  setHeader(name: string, value: string | readonly string[]): void;
  /** Sends a complete response. Strings are UTF-8. Resolves when handed to the socket or the client is gone. */
  send(status: number, body?: Buffer | string): Promise<void>;
  /** Sends the head and returns the stream of the body. */
  stream(status: number): ResponseStream;
}

/**
 * One request and its answer. Plugins in the request path get it; what they learn (AI facts, upstream tries) they
 * leave here, and events and the record are made from it, redacted. The record is made before the last byte of the response leaves:
 * what is left here after `response.send` or the stream's `end` was called does not reach it.
 */
export interface Exchange {
  /** `req_` + 32 hex; also the `request-id` response header. */
  readonly id: string;
  /** The same 32 hex digits: Kong's request id, `X-Kong-Request-Id`. */
  readonly requestId: string;
  /** Per node, no holes, goes on over restarts. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** `performance.now()` when the request head had been read; all latencies are measured from it. */
  readonly startedMono: number;
  readonly request: ExchangeRequest;
  readonly response: ExchangeResponse;
  readonly route: RouteEntity | undefined;
  readonly service: ServiceEntity | undefined;
  /** The rest of the path below the matched route path, starting with `/`, or '' when nothing is left. */
  readonly pathBelowRoute: string;
  /** Named captures of a regex route path. */
  readonly uriCaptures: Readonly<Record<string, string>>;
  consumer: ConsumerEntity | undefined;

  /** Set by the AI plugin as soon as known. */
  ai: AiFacts | undefined;
  agent: AgentFacts | undefined;
  /** Path (and query) asked of the upstream, for the record. */
  upstreamUri: string | undefined;
  readonly tries: UpstreamTry[];
  /** Made from the marks below, one per request to an upstream. */
  readonly attempts: readonly UpstreamAttempt[];
  /**
   * What the next request to an upstream carries beside its own headers, e.g. trace context. May be set up to and during the
   * event `upstream.requested`, anew for every attempt; who adds something keeps what is there.
   */
  upstreamHeaders: UpstreamHeaders | undefined;
  /** Who produced the response. */
  source: 'upstream' | 'kong';
  /** Set when the exchange fails after the response has started, or to name a failure more exactly than the status does. */
  outcome: Outcome | undefined;
  /**
   * Names (lower-case) of headers and query parameters that hold a credential on this route beside the well-known ones,
   * e.g. the configured `auth.header_name`.
   */
  readonly secretNames: Set<string>;
  /** Literal credentials in play; any text that leaves the exchange has them replaced by `REDACTED`. */
  readonly secretValues: Set<string>;

  readonly clientGone: boolean;
  /** Runs once when the client goes away before the response is finished; at once if it has. Returns the un-subscription. */
  onClientGone(callback: () => void): () => void;
  /**
   * Marks of the upstream's part of the time; the first call of the last try counts, see `latencies` of the record.
   * @param origin scheme, host, port
   */
  markUpstreamRequested(origin: string): void;
  /** The response head of a try has arrived; `status` goes into `upstream_status`. */
  markUpstreamHeaders(status: number, peer?: UpstreamPeer): void;
  /** @param failure why there is no whole response */
  markUpstreamFinished(failure?: Error): void;
  /** Emits a lifecycle event of this exchange on the bus. */
  emit(event: ExchangeMoment): void;
}

/** Moments a plugin may announce; the proxy itself announces the start and the end. */
export type ExchangeMoment =
  'request.decoded' | 'upstream.requested' | 'upstream.responded' | 'upstream.failed' | 'response.first_content';

/** The client closed the connection; nobody is left to answer. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client closed the connection');
    this.name = 'ClientGoneError';
  }
}
