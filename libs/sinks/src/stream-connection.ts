import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { reasonOf } from './reason.js';

export interface StreamTarget {
  readonly host: string;
  readonly port: number;
  /** Milliseconds for connecting, and for the kernel to take what is sent. */
  readonly timeout: number;
  /** Milliseconds without anything to send after which the connection is closed. */
  readonly keepalive: number;
  /** TLS when given; asked at every connect. */
  readonly tls?: () => ConnectionOptions;
}

/** A TCP or TLS connection that is made when it is needed. TCP tells nobody what the other side has read. */
export class StreamConnection {
  private socket: Socket | undefined;
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly target: StreamTarget) {}

  /**
   * Resolves when the kernel has taken all bytes. Calls must not overlap.
   * @throws Error that says what is wrong; the next call makes a new connection.
   */
  async send(bytes: Buffer): Promise<void> {
    clearTimeout(this.idle);
    // The other side may have closed while nobody looked: what it has sent is seen first.
    if (this.socket) await nextTurn();
    try {
      this.socket ??= await this.open();
      await written(this.socket, bytes, this.target.timeout);
    } catch (error) {
      this.socket?.destroy();
      this.socket = undefined;
      throw this.explained(error);
    }
    this.idle = setTimeout(() => void this.close(), this.target.keepalive).unref();
  }

  /** Ends the connection when all bytes are on their way. */
  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { socket } = this;
    this.socket = undefined;
    if (!socket || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => socket.destroy(), this.target.timeout).unref();
      socket.once('close', () => {
        clearTimeout(limit);
        resolve();
      });
      socket.end();
      // Nobody reads the answer, and unread bytes would keep the connection open.
      socket.resume();
    });
  }

  private open(): Promise<Socket> {
    const { host, port, timeout, tls } = this.target;
    return new Promise((resolve, reject) => {
      const options = { host, port, keepAlive: true, noDelay: true };
      const socket = tls ? connectTls({ ...options, ...serverName(host), ...tls() }) : connectTcp(options);
      const limit = setTimeout(() => socket.destroy(new Error(`no connection within ${timeout} ms`)), timeout);
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(limit);
        resolve(socket);
      });
      // Stays: an error of a connection that nobody uses at the moment must not end the process.
      socket.on('error', (error) => {
        clearTimeout(limit);
        reject(error);
      });
      socket.once('close', () => {
        if (this.socket === socket) this.socket = undefined;
      });
      socket.resume();
    });
  }

  private explained(error: unknown): Error {
    const { host, port } = this.target;
    return new Error(`${host}:${port}: ${reasonOf(error)}`, { cause: error });
  }
}

/** SNI takes no addresses (RFC 6066 section 3). */
function serverName(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

function written(socket: Socket, bytes: Buffer, limit: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stuck = setTimeout(() => socket.destroy(new Error(`takes no data for ${limit} ms`)), limit);
    socket.write(bytes, (error) => {
      clearTimeout(stuck);
      if (error) reject(socket.errored ?? error);
      else resolve();
    });
  });
}
