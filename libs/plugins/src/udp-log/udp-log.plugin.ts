import { Plugin, type GatewayPlugin, type Sink, type SinkEntry } from '#libs/plugin-api';
import { DatagramSocket, fittingDatagrams, recordJson } from '#libs/sinks';
import { udpLogConfig, type UdpLogConfig } from './udp-log.config.js';

/** Kong's udp-log: one datagram of compact JSON per exchange. What is sent counts as delivered; UDP may lose it. */
@Plugin({ name: 'udp-log', priority: 8, config: udpLogConfig })
export class UdpLogPlugin implements GatewayPlugin<UdpLogConfig> {
  sink(config: UdpLogConfig): Sink {
    return new UdpSink(config);
  }
}

class UdpSink implements Sink {
  private readonly socket: DatagramSocket;

  constructor(private readonly config: UdpLogConfig) {
    this.socket = new DatagramSocket(config);
  }

  async write(batch: readonly SinkEntry[]): Promise<void> {
    await this.socket.send(fittingDatagrams(batch.map((entry) => recordJson(entry, this.config.custom_fields_by_lua))));
  }

  close(): Promise<void> {
    return this.socket.close();
  }
}
