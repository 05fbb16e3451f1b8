import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import fastify, { type FastifyInstance } from 'fastify';
import { GatewayError } from '#libs/plugin-api';
import { ExchangeFlow } from './exchange-flow.js';
import { Connection } from './exchange/connection.js';
import { ExchangeEvents } from './exchange/exchange-events.js';
import { ProxyExchange, type ExchangeContext } from './exchange/exchange.js';
import { Redaction } from './exchange/redaction.js';
import {
  isConnectionLoss,
  malformedRequestError,
  requestLine,
  rescue,
  type ClientError,
  type RequestLine,
} from './malformed-request.js';
import { ProxyLog, ProxyOptions } from './proxy-options.js';
import { emptyRuntime, type Runtime } from './runtime.js';
import { PlainProxy } from './upstream/plain-proxy.js';

/** Larger heads get 431. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Connections that may wait to be accepted; with node's 511 a rush into a fresh process meets retransmissions of seconds. */
const BACKLOG = 4096;
/** Milliseconds. */
const SWEEP_INTERVAL = 5000;
const LAST_MOMENT = 1000;

export interface ListenAddress {
  readonly host: string;
  /** 0 asks for a free one. */
  readonly port: number;
}

export interface ProxyStatistics {
  /** Open client connections. */
  readonly connections: number;
  /** Exchanges under way. */
  readonly active: number;
  /** Exchanges since the start. */
  readonly total: number;
  /** Unexpected errors by plugin name; `proxy` for those of no plugin. */
  readonly pluginErrors: ReadonlyMap<string, number>;
}

/**
 * The port that traffic arrives at. Fastify opens and closes it; requests come straight from `node:http`, and cost what they
 * cost there.
 */
@Injectable()
export class ProxyListener {
  private readonly app: FastifyInstance;
  private readonly flow: ExchangeFlow;
  private readonly context: ExchangeContext & { draining: boolean };
  private readonly expectingContinue = new WeakSet<IncomingMessage>();
  private readonly connections = new Set<Socket>();
  private runtime: Runtime = emptyRuntime();
  private lastSeq: number;
  private total = 0;
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    @Inject(ProxyOptions) options: ProxyOptions,
    @Inject(ExchangeEvents) events: ExchangeEvents,
    @Inject(Redaction) redaction: Redaction,
    @Inject(ProxyLog) log: ProxyLog,
    @Inject(PlainProxy) plainProxy: PlainProxy,
  ) {
    this.lastSeq = options.lastSeq ?? 0;
    this.flow = new ExchangeFlow((exchange) => plainProxy.answer(exchange), events, redaction, log);
    const product = `tidegate/${options.version}`;
    this.context = {
      identity: { server: product, via: `1.1 ${product}` },
      redaction,
      events,
      draining: false,
      ending: this.flow.ending,
      eventFailed: this.flow.eventFailed,
    };
    this.app = this.createApp(options);
    this.watch(this.app.server);
  }

  /** Starts to accept connections; resolves with the real address. */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    await this.app.listen({ ...address, backlog: BACKLOG });
    this.sweeper = setInterval(() => this.flow.sweep(performance.now()), SWEEP_INTERVAL).unref();
    const bound = this.app.server.address() as AddressInfo;
    return { host: address.host, port: bound.port };
  }

  /**
   * Puts a new configuration to work. Exchanges under way keep the old one.
   * @returns resolves when the last of them is done, so that the old runtime's sinks may be closed
   */
  swap(runtime: Runtime): Promise<void> {
    const old = this.runtime;
    this.runtime = runtime;
    return old.retire();
  }

  /** Accepts no more connections and closes idle ones; exchanges under way go on, and their connections end with them. */
  stopAccepting(): void {
    if (this.context.draining) return;
    this.context.draining = true;
    this.app.server.close();
    this.app.server.closeIdleConnections();
  }

  /**
   * Waits for the exchanges under way, after `stopAccepting`. Those that are not done in time lose their connection and end
   * with the outcome `interrupted`.
   *
   * @param deadlineMs milliseconds
   * @returns how many were interrupted
   */
  async drained(deadlineMs: number): Promise<{ interrupted: number }> {
    const { flow } = this;
    if (await flow.idle(deadlineMs)) return { interrupted: 0 };
    const late = flow.live.list();
    for (const exchange of late) exchange.interrupt('interrupted', new GatewayError('draining'));
    // Their plugins get a moment to put down what they know.
    if (!(await flow.idle(LAST_MOMENT))) flow.abandonAll();
    return { interrupted: late.length };
  }

  /** Closes the port and whatever connection is left. */
  async close(): Promise<void> {
    this.stopAccepting();
    clearInterval(this.sweeper);
    this.app.server.closeAllConnections();
    for (const socket of this.connections) socket.destroy();
    await this.app.close();
  }

  statistics(): ProxyStatistics {
    return {
      connections: this.connections.size,
      active: this.flow.live.size,
      total: this.total,
      pluginErrors: this.flow.pluginErrors,
    };
  }

  private createApp(options: ProxyOptions): FastifyInstance {
    const server: ServerOptions = {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: options.headersTimeout ?? 30_000,
      connectionsCheckingInterval: options.checkInterval ?? 5000,
      // Answered here, so that a request without Host is an exchange like any other.
      requireHostHeader: false,
      noDelay: true,
      keepAliveTimeout: options.keepAliveTimeout ?? 75_000,
      requestTimeout: options.requestTimeout ?? 300_000,
    };
    return fastify({
      // Requests pass Fastify by: its router, hooks and replies would only hand them on.
      serverFactory: () => createServer(server, (request, response) => this.serve(request, response, undefined)),
      clientErrorHandler: (error: Error, socket) => this.onClientError(error, socket),
    });
  }

  private watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    // `100 Continue` is sent when a plugin begins to read: a body that is refused need not be sent.
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.expectingContinue.add(request);
      server.emit('request', request, response);
    });
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      server.emit('request', request, response);
    });
    server.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
      const line = { method: 'CONNECT', target: url };
      this.refuse(socket, line, new GatewayError('not_supported', { detail: line.method }));
    });
  }

  private serve(request: IncomingMessage, response: ServerResponse, refusal: GatewayError | undefined): void {
    this.total += 1;
    const exchange = new ProxyExchange(
      this.context,
      this.runtime,
      (this.lastSeq += 1),
      Connection.of(request.socket),
      request,
      response,
      request.headers.expect !== undefined && this.expectingContinue.has(request),
    );
    this.flow.start(exchange, refusal ?? headFault(request));
  }

  /** What is no HTTP gets an answer and a record all the same. */
  private onClientError(error: ClientError, socket: Socket): void {
    const connection = Connection.of(socket);
    const inBody = connection.exchanges.length > 0;
    if (isConnectionLoss(error, inBody) || !socket.writable) {
      socket.destroy();
      return;
    }
    const fault = malformedRequestError(error);
    if (inBody) {
      // The head was in order, its body is not: the exchange that reads it answers.
      connection.refused = true;
      for (const exchange of connection.exchanges.slice()) exchange.bodyFailed(fault);
    } else if (socket.bytesRead === 0) {
      // A connection that was opened and never used is no exchange.
      socket.destroy();
    } else if (!connection.refused) {
      this.refuse(socket, requestLine(error.rawPacket), fault);
    }
  }

  private refuse(socket: Socket, line: RequestLine, error: GatewayError): void {
    Connection.of(socket).refused = true;
    const { request, response } = rescue(socket, line);
    this.serve(request, response, error);
  }
}

/** RFC 9112, section 3.2: a request of HTTP/1.1 carries exactly one Host. */
function headFault({ httpVersion, rawHeaders }: IncomingMessage): GatewayError | undefined {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return undefined;
  return new GatewayError('malformed_http', {
    detail: hosts === 0 ? 'the Host header is missing' : 'several Host headers',
  });
}
