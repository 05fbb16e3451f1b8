import type { Socket } from 'node:net';

/** What a connection tells the exchanges that are under way on it. */
export interface ConnectionListener {
  /** The client has closed its side, or the connection is gone. */
  connectionEnded(destroyed: boolean): void;
  /** What the client sends is no HTTP; the body will not come to its end. */
  bodyFailed(error: Error): void;
}

const CONNECTION = Symbol('connection');
type TaggedSocket = Socket & { [CONNECTION]?: Connection };

/**
 * A client's connection. Watching the socket once, instead of request and response of every exchange, is cheaper and also
 * reaches pipelined exchanges, whose response node has not given a socket yet.
 */
export class Connection {
  readonly clientIp: string;
  readonly localPort: number;
  readonly secure: boolean;
  /** Exchanges under way; more than one when the client pipelines. */
  readonly exchanges: ConnectionListener[] = [];
  /** True when no further request can be read from this connection. */
  refused = false;

  private constructor(readonly socket: Socket) {
    this.clientIp = socket.remoteAddress?.replace(/^::ffff:(?=[\d.]+$)/, '') ?? '';
    this.localPort = socket.localPort ?? 0;
    this.secure = 'encrypted' in socket;
    socket.on('end', () => this.tell(false));
    socket.on('close', () => this.tell(true));
  }

  static of(socket: Socket): Connection {
    const tagged = socket as TaggedSocket;
    return (tagged[CONNECTION] ??= new Connection(socket));
  }

  /** An exchange has ended. */
  forget(exchange: ConnectionListener): void {
    const index = this.exchanges.indexOf(exchange);
    if (index !== -1) this.exchanges.splice(index, 1);
  }

  private tell(destroyed: boolean): void {
    for (const exchange of this.exchanges.slice()) exchange.connectionEnded(destroyed);
  }
}
