import { NumberFamily, type Family } from './families.js';
import { FamilySet } from './family-set.js';

/** What the gateway tells of itself when metrics are scraped. */
export interface ServerStatus {
  /** Open client connections. */
  readonly connections: number;
  /** Exchanges since the start. */
  readonly total: number;
  /** Errors of plugins' code, by plugin. */
  readonly pluginErrors: ReadonlyMap<string, number>;
  /** The newest version of the declarative files has a fault; an older one runs. */
  readonly configurationRefused: boolean;
}

export interface ServerMetricsSource {
  serverStatus(): ServerStatus;
}

/** Version, configuration, connections; among them those families of Kong's that tell of a node and not of its Lua machines. */
export class ServerMetrics {
  private readonly set = new FamilySet();
  private readonly build = this.set.gauge('build_info', 'Always 1; version of the gateway and of Node', [
    'version',
    'node_version',
  ]);
  private readonly refused = this.set.gauge(
    'configuration_refused',
    '1 when the newest declarative files have a fault and an older configuration runs',
  );
  private readonly pluginErrors = this.set.counter('plugin_errors_total', 'Errors thrown by plugins', ['plugin']);
  private readonly nodeInfo = new NumberFamily('kong_node_info', 'Node id and version', 'gauge', [
    'node_id',
    'version',
  ]);
  private readonly datastore = new NumberFamily(
    'kong_datastore_reachable',
    'Always 1: the configuration is held in memory',
    'gauge',
  );
  private readonly connections = new NumberFamily('kong_nginx_connections_total', 'Client connections', 'gauge', [
    'node_id',
    'subsystem',
    'state',
  ]);
  private readonly requests = new NumberFamily('kong_nginx_requests_total', 'Requests since the start', 'gauge', [
    'node_id',
    'subsystem',
  ]);

  private nodeId = '';

  get families(): readonly Family[] {
    return [...this.set.families, this.nodeInfo, this.datastore, this.connections, this.requests];
  }

  setNode(id: string, version: string): void {
    this.nodeId = id;
    this.nodeInfo.cell(id, version).value = 1;
    this.build.cell(version, process.version).value = 1;
    this.datastore.cell().value = 1;
  }

  read(source: ServerMetricsSource): void {
    const { connections, total, pluginErrors, configurationRefused } = source.serverStatus();
    this.connections.cell(this.nodeId, 'http', 'active').value = connections;
    this.requests.cell(this.nodeId, 'http').value = total;
    this.refused.cell().value = configurationRefused ? 1 : 0;
    for (const [plugin, count] of pluginErrors) this.pluginErrors.cell(plugin).value = count;
  }
}
