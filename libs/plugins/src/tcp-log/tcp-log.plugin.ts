import { Plugin, type GatewayPlugin, type Sink, type SinkEntry } from '#libs/plugin-api';
import { jsonLines, pemProblems, StreamConnection, trustOptions } from '#libs/sinks';
import { tcpLogConfig, type TcpLogConfig } from './tcp-log.config.js';

/** Kong's tcp-log: one line of compact JSON per exchange. TCP has no acknowledgement: what the network has taken counts as delivered. */
@Plugin({ name: 'tcp-log', priority: 7, config: tcpLogConfig })
export class TcpLogPlugin implements GatewayPlugin<TcpLogConfig> {
  sink(config: TcpLogConfig): Sink {
    return new TcpSink(config);
  }

  check({ ca_certificate }: TcpLogConfig): ReturnType<typeof pemProblems> {
    return pemProblems(ca_certificate, ['ca_certificate']);
  }
}

class TcpSink implements Sink {
  private readonly connection: StreamConnection;

  constructor(private readonly config: TcpLogConfig) {
    const { host, port, timeout, keepalive, tls, tls_sni } = config;
    const tlsOptions = () => ({ ...trustOptions(config), ...(tls_sni !== undefined && { servername: tls_sni }) });
    this.connection = new StreamConnection({ host, port, timeout, keepalive, ...(tls && { tls: tlsOptions }) });
  }

  write(batch: readonly SinkEntry[]): Promise<void> {
    return this.connection.send(jsonLines(batch, this.config.custom_fields_by_lua));
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
