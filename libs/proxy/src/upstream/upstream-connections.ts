import type { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import type { UpstreamPeer } from '#libs/plugin-api';

/** How to reach an origin; requests that agree in all of it share connections. */
export interface UpstreamTarget {
  readonly origin: string;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly tlsVerify: boolean;
}

/** Milliseconds that an idle connection is kept (Kong's `upstream_keepalive_idle_timeout`); the upstream may ask for less. */
const KEEP_ALIVE = 60_000;

/** One connection: undici's client for one request at a time, which connects when it is first used. */
export class UpstreamConnection {
  peer: UpstreamPeer | undefined;
  /** Place among the idle ones, -1 while in use. */
  idleIndex = -1;
  private readonly client: Client;

  constructor(
    target: UpstreamTarget,
    connector: buildConnector.connector,
    onDisconnect: (self: UpstreamConnection) => void,
  ) {
    this.client = new Client(target.origin, {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE,
      connect: (options, callback) => {
        connector(options, (...result) => {
          const [error, socket] = result;
          if (!error) this.peer = peerOf(socket);
          callback(...result);
        });
      },
    });
    this.client.on('disconnect', () => onDisconnect(this));
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.client.dispatch(options, handler);
  }

  destroy(): void {
    this.client.destroy().catch(() => {});
  }
}

function peerOf(socket: Socket): UpstreamPeer {
  return { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
}

/**
 * The connections to one target. The one that was used last is used next, so that a burst's surplus goes idle and is closed.
 * There is no limit: a request that waits for a connection helps nobody, its client is waiting already.
 */
export class UpstreamConnections {
  private readonly idle: UpstreamConnection[] = [];
  private readonly connector: buildConnector.connector;
  private closed = false;

  constructor(readonly target: UpstreamTarget) {
    this.connector = buildConnector({
      timeout: target.connectTimeout,
      rejectUnauthorized: target.tlsVerify,
      allowH2: false,
    });
  }

  acquire(): UpstreamConnection {
    const connection = this.idle.pop();
    if (!connection) return new UpstreamConnection(this.target, this.connector, this.forget);
    connection.idleIndex = -1;
    return connection;
  }

  /** @param reusable false when the connection has failed or may hold the rest of a response */
  release(connection: UpstreamConnection, reusable: boolean): void {
    if (reusable && !this.closed) connection.idleIndex = this.idle.push(connection) - 1;
    else connection.destroy();
  }

  /** Closes the idle connections; those in use end with their request. */
  close(): void {
    this.closed = true;
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  /** An idle connection was closed by its upstream or by time: the last one takes its place. */
  private readonly forget = (connection: UpstreamConnection): void => {
    const index = connection.idleIndex;
    if (index === -1) return;
    const last = this.idle.pop();
    if (last && last !== connection) {
      this.idle[index] = last;
      last.idleIndex = index;
    }
    connection.idleIndex = -1;
    connection.destroy();
  };
}
