import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { eventually, type SelfSigned } from '../../support/index.js';

/** A TCP or TLS server that keeps all it gets. */
export class StreamReceiver {
  /** Per connection, in the order in which they were made. */
  readonly received: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param port default: a free one */
  static async start({ port = 0, tls }: { port?: number; tls?: SelfSigned } = {}): Promise<StreamReceiver> {
    const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }) : createServer();
    const receiver = new StreamReceiver(server);
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => receiver.take(socket));
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get text(): string {
    return this.received.join('');
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  /** Waits for this many lines over all connections. */
  lines(count: number): Promise<string[]> {
    return eventually(
      () => {
        const lines = this.text.split('\n').slice(0, -1);
        return lines.length >= count && lines;
      },
      { within: 20_000, what: `${count} lines` },
    );
  }

  /** Waits until this many connections have been made and have ended. */
  async ended(count: number): Promise<void> {
    const over = () => this.received.length >= count && this.sockets.size === 0;
    await eventually(over, { within: 20_000, what: `the end of ${count} connections` });
  }

  /** Ends the connections as a server does that restarts. */
  disconnect(): void {
    for (const socket of this.sockets) socket.end();
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private take(socket: Socket): void {
    const index = this.received.push('') - 1;
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (this.received[index] += text));
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }
}
