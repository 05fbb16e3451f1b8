import { UpstreamConnection, type Destination, type UpstreamTarget } from './upstream-connection.js';

/** Milliseconds between two looks for connections that have been idle for too long. */
const SWEEP_INTERVAL = 5000;

/**
 * The connections to one target. The one that was used last is used next, so that a burst's surplus goes idle and is closed.
 * There is no limit: a request that waits for a connection helps nobody, its client is waiting already.
 */
export class UpstreamConnections {
  /** As a request's `host` names it. */
  readonly host: string;
  private readonly destination: Destination;
  private readonly idle: UpstreamConnection[] = [];
  private sweeper: NodeJS.Timeout | undefined;
  private closed = false;

  /** @throws Error when the target's origin is none */
  constructor(readonly target: UpstreamTarget) {
    const { protocol, hostname, port, host } = new URL(target.origin);
    if (protocol !== 'http:' && protocol !== 'https:') throw new Error('the origin is neither http nor https');
    const secure = protocol === 'https:';
    this.host = host;
    this.destination = {
      ...target,
      secure,
      hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      session: undefined,
    };
  }

  acquire(): UpstreamConnection {
    const now = performance.now();
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      connection.idleIndex = -1;
      if (connection.usableUntil > now) return connection;
      connection.destroy();
    }
    return new UpstreamConnection(this.destination, this.forget);
  }

  /** @param reusable false when the connection has failed or may hold the rest of a response */
  release(connection: UpstreamConnection, reusable: boolean): void {
    if (!reusable || this.closed) {
      connection.destroy();
      return;
    }
    connection.idleIndex = this.idle.push(connection) - 1;
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_INTERVAL).unref();
  }

  /** Closes the idle connections; those in use end with their request. */
  close(): void {
    this.closed = true;
    clearInterval(this.sweeper);
    for (const connection of this.idle.splice(0)) connection.destroy();
  }

  private sweep(): void {
    const now = performance.now();
    for (const connection of this.idle.filter(({ usableUntil }) => usableUntil <= now)) {
      this.forget(connection);
      connection.destroy();
    }
    if (this.idle.length > 0) return;
    clearInterval(this.sweeper);
    this.sweeper = undefined;
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
  };
}
