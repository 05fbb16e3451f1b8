import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy between the gateway and a broker, which cuts connections when a test says so. */
export class ForwardingProxy {
  /** `host:port` of the broker. */
  target = '';
  /** Connections made so far. */
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private swallowing = false;
  private swallowed: (() => void) | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ForwardingProxy> {
    const server = createServer();
    const proxy = new ForwardingProxy(server);
    server.on('connection', (socket) => proxy.forward(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** The broker's next answer is lost together with its connection. Resolves when that has happened. */
  swallowAnswer(): Promise<void> {
    this.swallowing = true;
    return new Promise((resolve) => (this.swallowed = resolve));
  }

  async close(): Promise<void> {
    this.cut();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private forward(client: Socket): void {
    this.connections++;
    const [host, port] = this.target.split(':');
    const broker = connect({ host: host ?? '', port: Number(port) });
    for (const [socket, other] of [[client, broker] as const, [broker, client] as const]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(broker);
    broker.on('data', (answer) => {
      if (!this.swallowing) {
        client.write(answer);
        return;
      }
      this.swallowing = false;
      client.resetAndDestroy();
      this.swallowed?.();
    });
  }
}
