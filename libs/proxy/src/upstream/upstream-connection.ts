import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { UpstreamPeer } from '#libs/plugin-api';
import type { ResponseHead } from './response-head.js';
import { ResponseParser, type ResponseTarget } from './response-parser.js';
import { classifyFailure, upstreamFailure } from './upstream-failure.js';

/** How to reach an origin; requests that agree in all of it share connections. */
export interface UpstreamTarget {
  readonly origin: string;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly tlsVerify: boolean;
}

/** A target, and what its connections share. */
export interface Destination extends UpstreamTarget {
  readonly secure: boolean;
  /** Name or address, without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Of the last TLS connection, to begin the next one faster. */
  session: Buffer | undefined;
}

/** The request that a connection carries. */
export interface Transfer {
  onHead(head: ResponseHead): void;
  /** False pauses the body. */
  onContent(bytes: Buffer): boolean;
  /** @param reusable whether another request may follow on the connection */
  onEnd(reusable: boolean): void;
  onFailure(error: Error): void;
  /** The connection takes more of the request again. */
  onDrain(): void;
}

/** Milliseconds that an idle connection is kept (Kong's `upstream_keepalive_idle_timeout`); the upstream may ask for less. */
const KEEP_ALIVE = 60_000;
/** What an upstream says it keeps a connection for is its own clock; this much earlier it is not used any more. */
const KEEP_ALIVE_MARGIN = 1000;
const TCP_KEEP_ALIVE = 60_000;

/** Bodies up to this size leave in one string with the head: one plain write is cheaper than a gathering one. */
const COPY_LIMIT = 16 * 1024;

/**
 * All connections read into the same memory: node hands a read over at once, and whoever keeps a piece of it copies it. Ten
 * thousand silent streams need one buffer, and no read allocates any.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** One connection to an upstream, for one request at a time (RFC 9112). It connects when it is made. */
export class UpstreamConnection implements ResponseTarget {
  /** Place among the idle ones, -1 while in use. */
  idleIndex = -1;
  /** `performance.now()` until when it may be used again. */
  usableUntil = 0;
  private readonly socket: Socket;
  private readonly parser = new ResponseParser(this);
  private transfer: Transfer | undefined;
  private reusable = true;
  private keepAliveFor = KEEP_ALIVE;
  private paused = false;
  private knownPeer: UpstreamPeer | undefined;
  private connectTimer: NodeJS.Timeout | undefined;

  /** @param onClosed is called when the connection is gone while nothing is under way on it */
  constructor(
    private readonly destination: Destination,
    private readonly onClosed: (self: UpstreamConnection) => void,
  ) {
    const { connectTimeout, secure } = destination;
    const socket = (this.socket = this.connect());
    this.connectTimer = setTimeout(() => this.fail(upstreamFailure('connect_timeout')), connectTimeout);
    socket.once(secure ? 'secureConnect' : 'connect', () => this.stopConnectTimer());
    socket.on('drain', () => this.transfer?.onDrain());
    socket.on('end', () => this.ended());
    socket.on('error', (error) => this.fail(classifyFailure(error)));
    socket.on('close', () => this.fail(upstreamFailure('reset')));
  }

  /** Far end of the connection, once it stands. */
  get peer(): UpstreamPeer | undefined {
    const { remoteAddress, remotePort } = this.socket;
    if (remoteAddress === undefined) return this.knownPeer;
    return (this.knownPeer ??= { ip: remoteAddress, port: remotePort ?? 0 });
  }

  /**
   * Begins a request.
   * @param head one char a byte @param body what is there of it
   */
  begin(transfer: Transfer, head: string, body: Buffer | null, method: string): void {
    this.transfer = transfer;
    this.paused = false;
    this.parser.expect(method === 'HEAD');
    if (body === null || body.length === 0) this.socket.write(head, 'latin1');
    else if (body.length <= COPY_LIMIT) this.socket.write(head + body.toString('latin1'), 'latin1');
    else {
      this.socket.cork();
      this.socket.write(head, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
    }
  }

  /** A further piece of the request. @returns false: not before `onDrain` */
  write(bytes: Buffer | string): boolean {
    return this.socket.write(bytes, 'latin1');
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  destroy(): void {
    this.transfer = undefined;
    this.stopConnectTimer();
    this.socket.destroy();
  }

  onHead(head: ResponseHead): void {
    this.reusable = head.keepAlive && head.framing !== 'close';
    this.keepAliveFor = Math.min(KEEP_ALIVE, (head.keepAliveFor ?? Infinity) - KEEP_ALIVE_MARGIN);
    this.transfer?.onHead(head);
  }

  onContent(bytes: Buffer): void {
    if (this.transfer && !this.transfer.onContent(bytes)) this.paused = true;
  }

  onEnd(): void {
    const { transfer } = this;
    this.transfer = undefined;
    // An answer that came before the whole request was taken leaves the rest of it in the way.
    const reusable = this.reusable && this.keepAliveFor > 0 && this.socket.writableLength === 0;
    if (reusable) this.usableUntil = performance.now() + this.keepAliveFor;
    transfer?.onEnd(reusable);
    if (this.paused) this.resume();
  }

  private connect(): Socket {
    const { hostname: host, port, secure } = this.destination;
    const onread = { buffer: READ_BUFFER, callback: this.onRead };
    const tcp = { host, port, onread, noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE };
    if (!secure) return connectTcp(tcp);
    const socket = connectTls({
      ...tcp,
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: this.destination.tlsVerify,
      ALPNProtocols: ['http/1.1'],
      session: this.destination.session,
    });
    socket.on('session', (session) => {
      this.destination.session = session;
    });
    return socket;
  }

  private readonly onRead = (length: number, bytes: Uint8Array): boolean => {
    if (!this.transfer) {
      // Nobody has asked: a server that takes its leave, or worse.
      this.fail(upstreamFailure('protocol'));
      return true;
    }
    try {
      if (!this.parser.push(bytes as Buffer, length)) this.fail(upstreamFailure('protocol'));
    } catch (error) {
      this.fail(classifyFailure(error as Error));
    }
    return !this.paused;
  };

  private ended(): void {
    if (this.transfer) {
      this.reusable = false;
      if (this.parser.finish()) return;
    }
    this.fail(upstreamFailure('reset'));
  }

  private fail(failure: Error): void {
    const { transfer } = this;
    // What failed while it connected may have failed for the session it wanted to go on with.
    if (this.connectTimer !== undefined) this.destination.session = undefined;
    this.destroy();
    if (transfer) transfer.onFailure(failure);
    else this.onClosed(this);
  }

  private stopConnectTimer(): void {
    if (this.connectTimer === undefined) return;
    clearTimeout(this.connectTimer);
    this.connectTimer = undefined;
  }
}
