import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { eventually } from '../../support/index.js';

/** A UDP socket that keeps all it gets. */
export class DatagramReceiver {
  readonly datagrams: Buffer[] = [];

  private constructor(private readonly socket: Socket) {}

  static async start(port = 0): Promise<DatagramReceiver> {
    const socket = createSocket('udp4');
    const receiver = new DatagramReceiver(socket);
    socket.on('message', (message) => receiver.datagrams.push(message));
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return receiver;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Waits for this many datagrams. */
  async texts(count: number): Promise<string[]> {
    await eventually(() => this.datagrams.length >= count, { within: 20_000, what: `${count} datagrams` });
    return this.datagrams.map(String);
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }
}
