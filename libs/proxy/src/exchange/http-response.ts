import type { ServerResponse } from 'node:http';
import type { ExchangeResponse, ResponseStream } from '#libs/plugin-api';
import type { ExchangeTimings } from './exchange-timings.js';
import { COPY_LIMIT, endWith, HttpResponseStream } from './response-stream.js';

/** What the response must know of its exchange. */
export interface ResponseOwner {
  readonly id: string;
  readonly requestId: string;
  readonly source: 'upstream' | 'kong';
  readonly timings: ExchangeTimings;
  readonly clientGone: boolean;
  /** True when the connection is to be closed after this response. */
  readonly lastOnConnection: boolean;
  /** True when the client is still sending a body that nobody will read. */
  readonly bodyUnwanted: boolean;
  /** To be called before the last byte of the response is handed to the socket. */
  responseEnding(): void;
  /** To be called when the response is with the socket though node does not take it for finished. */
  responseFinished(): void;
}

/** How the gateway names itself in responses. */
export interface ServerIdentity {
  /** `tidegate/0.1.0`, the `Server` header. */
  readonly server: string;
  /** `1.1 tidegate/0.1.0`, the entry in `Via` (Kong's shape). */
  readonly via: string;
}

/** Node keeps the head as it goes on the wire, one char a byte. */
type HeadedResponse = ServerResponse & { readonly _header: string };

/** Milliseconds that a client still gets to send what nobody will read. */
const LINGER = 5000;

/** What is decided here, whatever a plugin or an upstream says; and the one name that an object does not take as it is. */
const REFUSED = new Set([
  'transfer-encoding',
  'request-id',
  'x-kong-request-id',
  'x-kong-upstream-latency',
  'x-kong-proxy-latency',
  'x-kong-response-latency',
  '__proto__',
]);

/** Headers that speak of a response which an error answer replaces; so do all of `content-…`. */
const REPRESENTATION = new Set(['cache-control', 'etag', 'last-modified', 'expires', 'accept-ranges', 'via']);

/** A response by way of `node:http`. */
export class HttpResponse implements ExchangeResponse {
  started = false;
  status = 0;
  private headers: Record<string, string | readonly string[]> = {};
  private whenClosed: Promise<void> | undefined;
  private resolveClosed: (() => void) | undefined;
  private isClosed = false;
  private headBytes = 0;
  private bodyBytes = 0;
  private body: HttpResponseStream | undefined;

  /** @param cut closes the client's connection at once */
  constructor(
    private readonly message: ServerResponse,
    private readonly owner: ResponseOwner,
    private readonly identity: ServerIdentity,
    private readonly cut: () => void,
  ) {}

  setHeader(name: string, value: string | readonly string[]): void {
    if (!this.started && !REFUSED.has(name)) this.headers[name] = value;
  }

  /** Forgets what was said about a body that will not be sent; what else plugins have set stays. */
  dropRepresentation(): void {
    this.headers = Object.fromEntries(
      Object.entries(this.headers).filter(([name]) => !name.startsWith('content-') && !REPRESENTATION.has(name)),
    );
  }

  /** Forgets every header, for when one of them cannot be sent. */
  dropHeaders(): void {
    this.headers = {};
  }

  /** The headers as they are sent, without those of the connection itself. */
  get sentHeaders(): Readonly<Record<string, string | readonly string[]>> {
    return this.headers;
  }

  /** Bytes of the response so far, head and framing included. */
  get size(): number {
    return this.headBytes + (this.body?.wireBytes ?? this.bodyBytes);
  }

  send(status: number, body?: Buffer | string): Promise<void> {
    if (this.start(status)) {
      const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
      const bodyless = this.isBodyless(status);
      if (status !== 204 && status !== 304) this.headers['content-length'] = String(length);
      this.writeHead(status);
      const content = bodyless || length === 0 ? undefined : body;
      if (content !== undefined) this.bodyBytes = length;
      this.owner.responseEnding();
      if (this.owner.bodyUnwanted) this.endLater(content);
      else if (content === undefined) this.message.end();
      else if (typeof content === 'string' && content.length === length) endWith(this.message, content);
      else if (typeof content !== 'string' && length <= COPY_LIMIT) endWith(this.message, content.toString('latin1'));
      else this.message.end(content);
    }
    return this.closed();
  }

  stream(status: number): ResponseStream {
    const alive = this.start(status);
    if (alive) this.writeHead(status);
    this.body = new HttpResponseStream(
      this.message,
      !alive || this.isBodyless(status),
      Number(this.headers['content-length'] ?? Infinity),
      this.owner,
      () => this.closed(),
      this.cut,
    );
    return this.body;
  }

  /** Every byte is handed to the socket, or the connection is gone. */
  markClosed(): void {
    this.isClosed = true;
    this.resolveClosed?.();
  }

  private closed(): Promise<void> {
    return (this.whenClosed ??= this.isClosed
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.resolveClosed = resolve;
        }));
  }

  /** @returns false when nobody is there to answer */
  private start(status: number): boolean {
    if (this.started) throw new Error('the response has already been started');
    this.status = status;
    if (!this.owner.clientGone) return true;
    this.started = true;
    return false;
  }

  private isBodyless(status: number): boolean {
    return status === 204 || status === 304 || this.message.req.method === 'HEAD';
  }

  /** @throws Error when a header or the status cannot be sent; the headers are as before then. */
  private writeHead(status: number): void {
    const { owner, headers, identity } = this;
    const { timings } = owner;
    const proxied = owner.source === 'upstream';
    timings.responseStarted = performance.now();
    const via = headers.via === undefined ? identity.via : `${String(headers.via)}, ${identity.via}`;
    const server = proxied ? (headers.server ?? identity.server) : identity.server;
    const head: string[] = [];
    for (const name in headers) {
      if (name === 'server' || (proxied && name === 'via')) continue;
      const value = headers[name];
      if (typeof value === 'string') head.push(name, value);
      else for (const one of value ?? []) head.push(name, one);
    }
    // Kong's own headers go out in Kong's spelling, behind all others.
    const gatewayLatency = String(timings.gatewayLatency);
    const upstreamLatency = String(Math.max(0, timings.proxyLatency));
    head.push('Server', String(server), 'request-id', owner.id, 'X-Kong-Request-Id', owner.requestId);
    if (proxied) {
      head.push('Via', via, 'X-Kong-Upstream-Latency', upstreamLatency, 'X-Kong-Proxy-Latency', gatewayLatency);
    } else head.push('X-Kong-Response-Latency', gatewayLatency);
    if (owner.lastOnConnection) head.push('connection', 'close');
    this.message.writeHead(status, head);
    this.headBytes = (this.message as HeadedResponse)._header.length;
    this.started = true;

    headers.server = server;
    headers['request-id'] = owner.id;
    headers['x-kong-request-id'] = owner.requestId;
    if (proxied) {
      headers.via = via;
      headers['x-kong-upstream-latency'] = upstreamLatency;
      headers['x-kong-proxy-latency'] = gatewayLatency;
    } else headers['x-kong-response-latency'] = gatewayLatency;
  }

  /**
   * Answers a client that is still sending. Closing at once would make the kernel reset the connection, and the client would
   * lose the answer; so the answer goes out whole, and the connection is closed when the client stops or after a while.
   */
  private endLater(body: Buffer | string | undefined): void {
    const { message } = this;
    const request = message.req;
    const end = (): void => {
      clearTimeout(timer);
      message.end();
    };
    const timer = setTimeout(end, LINGER).unref();
    request.once('close', end);
    request.once('end', end);
    request.resume();
    message.write(body ?? '', () => this.owner.responseFinished());
  }
}
