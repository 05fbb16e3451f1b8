import { Inject, Injectable } from '@nestjs/common';
import {
  ClientGoneError,
  GatewayError,
  putHeaders,
  UpstreamClient,
  type HeaderMap,
  UpstreamFailure,
  type ResponseStream,
  type ServiceEntity,
  type UpstreamHandler,
  type UpstreamPeer,
} from '#libs/plugin-api';
import type { ProxyExchange } from '../exchange/exchange.js';
import { ProxyOptions } from '../proxy-options.js';
import { authority, copyResponseHeaders, requestHeaders } from './forwarded-headers.js';
import { failureToGatewayError } from './upstream-failure.js';

/**
 * A body of at most this many bytes is read before it is sent on, as Kong does with `request_buffering`: it costs half of what
 * a stream costs, and can be sent again. Larger ones, and those that do not tell their length, are streamed.
 */
const BUFFERED_BODY = 64 * 1024;

/** Failures before a byte of the request was sent: any request may be tried again. */
const NOT_SENT: ReadonlySet<string> = new Set(['dns', 'connect', 'tls', 'connect_timeout']);

/** Methods whose repetition does no harm (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * The end of the chain when no plugin answers: the exchange goes to the route's service, as in Kong. Bodies are streamed both
 * ways, redirects are handed to the client.
 */
@Injectable()
export class PlainProxy {
  private readonly via: string;

  constructor(
    @Inject(UpstreamClient) private readonly upstreams: UpstreamClient,
    @Inject(ProxyOptions) options: ProxyOptions,
  ) {
    this.via = `1.1 tidegate/${options.version}`;
  }

  /** @throws GatewayError in Kong's words, ClientGoneError */
  async answer(exchange: ProxyExchange): Promise<void> {
    const { service } = exchange;
    if (!service) throw new GatewayError('unavailable', { message: 'no Service found with those values' });
    if (isSmall(exchange.request.headers) && exchange.route?.request_buffering === true) {
      await exchange.request.readBody(BUFFERED_BODY);
    }
    for (let retriesLeft = service.retries; ; retriesLeft -= 1) {
      const attempt = new Attempt(exchange, service, this.upstreams, this.via);
      try {
        await attempt.finished;
        return;
      } catch (error) {
        if (!(error instanceof UpstreamFailure)) throw error;
        if (retriesLeft <= 0 || !mayBeRepeated(exchange, error, attempt)) throw asKong(error);
      }
    }
  }
}

function isSmall(headers: HeaderMap): boolean {
  const length = headers['content-length'];
  return length !== undefined && Number(length) <= BUFFERED_BODY && headers['content-encoding'] === undefined;
}

function mayBeRepeated(exchange: ProxyExchange, failure: UpstreamFailure, attempt: Attempt): boolean {
  if (attempt.answered || exchange.clientGone) return false;
  const { request } = exchange;
  // A body that has been taken from the client in part cannot be sent again.
  if (request.body.content === undefined && request.body.received > 0) return false;
  return NOT_SENT.has(failure.reason) || (failure.reason === 'reset' && IDEMPOTENT.has(request.method));
}

/** Kong's own sentences; nginx makes 502 of what fails and 504 of what takes too long. */
function asKong(failure: UpstreamFailure): GatewayError {
  const error = failureToGatewayError(failure);
  if (failure.reason === 'dns') return error;
  return error.code === 'upstream_timeout'
    ? new GatewayError('upstream_timeout', { message: 'The upstream server is timing out', cause: failure })
    : new GatewayError('invalid_upstream_response', {
        message: 'An invalid response was received from the upstream server',
        cause: failure,
      });
}

/** One try to get an answer from the service. */
class Attempt implements UpstreamHandler {
  /** Resolves when the client has the whole answer. */
  readonly finished: Promise<void>;
  /** True once the service's response has begun. */
  answered = false;
  private resolve!: () => void;
  private reject!: (error: Error) => void;
  private stream: ResponseStream | undefined;
  private readonly unwatchClient: () => void;
  private readonly startedAt = Date.now();
  private readonly startedMono = performance.now();

  constructor(
    private readonly exchange: ProxyExchange,
    service: ServiceEntity,
    upstreams: UpstreamClient,
    via: string,
  ) {
    this.finished = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const { request, match } = exchange;
    const path = (match?.upstreamPath ?? '/') + (request.query === '' ? '' : `?${request.query}`);
    const content = request.body.content;
    exchange.upstreamUri = path;
    const origin = `${service.protocol}://${authority(service)}`;
    exchange.markUpstreamRequested(origin);
    exchange.emit('upstream.requested');
    const headers = requestHeaders(exchange, service, via, content !== undefined);
    const running = upstreams.dispatch(
      {
        origin,
        path,
        method: request.method,
        headers: exchange.upstreamHeaders ? putHeaders(headers, exchange.upstreamHeaders) : headers,
        body: content ?? (request.body.present ? request.body.stream() : null),
        connectTimeout: service.connect_timeout,
        headersTimeout: service.read_timeout,
        bodyTimeout: service.read_timeout,
        ...(service.tls_verify === undefined ? {} : { tlsVerify: service.tls_verify }),
      },
      this,
    );
    this.unwatchClient = exchange.onClientGone(() => running.abort());
  }

  onHeaders(
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    resume: () => void,
    peer: UpstreamPeer | undefined,
  ): void {
    const { exchange } = this;
    this.answered = true;
    exchange.markUpstreamHeaders(status, peer);
    this.noteTry(peer, undefined);
    exchange.emit('upstream.responded');
    exchange.source = 'upstream';
    copyResponseHeaders(headers, exchange);
    this.stream = exchange.response.stream(status);
    this.stream.onDrain(resume);
  }

  onData(chunk: Buffer): boolean {
    return this.stream?.write(chunk) ?? true;
  }

  onComplete(): void {
    this.unwatchClient();
    this.exchange.markUpstreamFinished();
    this.stream?.end().then(this.resolve, this.reject);
  }

  onError(error: Error): void {
    const { exchange } = this;
    this.unwatchClient();
    exchange.markUpstreamFinished(error);
    if (exchange.clientGone) {
      this.reject(new ClientGoneError());
      return;
    }
    if (!this.answered) this.noteTry(undefined, error);
    exchange.emit('upstream.failed');
    // A body that the client has broken off is its own fault, not the service's.
    this.reject(exchange.request.body.failed ?? error);
  }

  private noteTry(peer: UpstreamPeer | undefined, failure: Error | undefined): void {
    const latency = performance.now() - this.startedMono;
    if (failure) this.exchange.timings.addUpstreamStatus(statusOf(failure));
    this.exchange.tries.push({
      ip: peer?.ip ?? '',
      port: peer?.port ?? 0,
      balancer_start: this.startedAt,
      balancer_start_ns: this.startedAt * 1e6,
      balancer_latency: Math.round(latency),
      balancer_latency_ns: Math.round(latency * 1e6),
      ...(failure ? { state: 'failed' as const, code: statusOf(failure) } : {}),
    });
  }
}

function statusOf(failure: Error): number {
  return failure instanceof UpstreamFailure ? asKong(failure).status : 502;
}
