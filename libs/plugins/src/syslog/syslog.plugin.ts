import { Plugin, type GatewayPlugin, type Sink, type SinkEntry } from '#libs/plugin-api';
import { pemProblems, recordJson } from '#libs/sinks';
import { LocalSyslog } from './local-syslog.js';
import { priorityOf } from './priority.js';
import { StreamSyslog, UdpSyslog, type SyslogReceiver } from './remote-syslog.js';
import type { SyslogMessage } from './rfc5424.js';
import { syslogConfig, type SyslogConfig } from './syslog.config.js';

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Kong's syslog, and beyond it a syslog server over the network. Neither acknowledges: what has been sent counts as delivered. */
@Plugin({ name: 'syslog', priority: 4, config: syslogConfig })
export class SyslogPlugin implements GatewayPlugin<SyslogConfig> {
  sink(config: SyslogConfig): Sink {
    return new SyslogSink(config);
  }

  check({ host, port, protocol, ca_certificate }: SyslogConfig): readonly Problem[] {
    const alone = (['port', 'protocol'] as const).filter((name) => ({ port, protocol })[name] !== undefined);
    return [
      ...(host === undefined ? alone : []).map((name) => ({ path: [name], message: 'has no effect without host' })),
      ...pemProblems(ca_certificate, ['ca_certificate']),
    ];
  }
}

class SyslogSink implements Sink {
  private readonly receiver: SyslogReceiver;

  constructor(private readonly config: SyslogConfig) {
    this.receiver = receiverFor(config);
  }

  async write(batch: readonly SinkEntry[]): Promise<void> {
    const messages = batch.flatMap((entry) => this.message(entry) ?? []);
    if (messages.length > 0) await this.receiver.send(messages);
  }

  close(): Promise<void> {
    return this.receiver.close();
  }

  private message(entry: SinkEntry): SyslogMessage | undefined {
    const { record } = entry;
    const priority = priorityOf(record, this.config);
    if (priority === undefined) return undefined;
    const at = record.started_at + record.latencies.request;
    return { priority, at, text: recordJson(entry, this.config.custom_fields_by_lua) };
  }
}

function receiverFor(config: SyslogConfig): SyslogReceiver {
  const { host, ident, timeout, keepalive, protocol = 'udp' } = config;
  if (host === undefined) return new LocalSyslog({ ident, timeout });
  const port = config.port ?? (protocol === 'tls' ? 6514 : 514);
  if (protocol === 'udp') return new UdpSyslog({ host, port, timeout }, ident);
  return new StreamSyslog({ host, port, timeout, keepalive }, ident, protocol === 'tls' ? config : undefined);
}
