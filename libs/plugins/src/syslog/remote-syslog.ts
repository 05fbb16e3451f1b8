import {
  DatagramSocket,
  fittingDatagrams,
  StreamConnection,
  trustOptions,
  type StreamTarget,
  type TlsTrust,
} from '#libs/sinks';
import { octetCounted, rfc5424, type SyslogMessage } from './rfc5424.js';

/** Where messages go. */
export interface SyslogReceiver {
  /** @throws FinalSinkError for what can never be sent, Error when trying again makes sense. */
  send(messages: readonly SyslogMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** RFC 5426: one datagram per message. */
export class UdpSyslog implements SyslogReceiver {
  private readonly socket: DatagramSocket;

  constructor(
    target: ConstructorParameters<typeof DatagramSocket>[0],
    private readonly ident: string,
  ) {
    this.socket = new DatagramSocket(target);
  }

  async send(messages: readonly SyslogMessage[]): Promise<void> {
    await this.socket.send(fittingDatagrams(messages.map((message) => rfc5424(message, this.ident))));
  }

  close(): Promise<void> {
    return this.socket.close();
  }
}

/** RFC 6587, with TLS RFC 5425: counted octets. */
export class StreamSyslog implements SyslogReceiver {
  private readonly connection: StreamConnection;

  /** @param trust TLS when given. */
  constructor(
    target: StreamTarget,
    private readonly ident: string,
    trust?: TlsTrust,
  ) {
    this.connection = new StreamConnection({ ...target, ...(trust && { tls: () => trustOptions(trust) }) });
  }

  async send(messages: readonly SyslogMessage[]): Promise<void> {
    await this.connection.send(Buffer.concat(messages.map((message) => octetCounted(rfc5424(message, this.ident)))));
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
