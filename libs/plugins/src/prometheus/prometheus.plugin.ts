import { Plugin, type GatewayPlugin, type Observer } from '#libs/plugin-api';
import { KongMetrics } from './kong-metrics.js';
import { prometheusConfig, type PrometheusConfig } from './prometheus.config.js';

/** Kong’s metrics for the exchanges in its scope; the gateway’s own families are there without it. */
@Plugin({ name: 'prometheus', priority: 13, config: prometheusConfig })
export class PrometheusPlugin implements GatewayPlugin<PrometheusConfig> {
  constructor(private readonly metrics: KongMetrics) {}

  observer(config: PrometheusConfig): Observer {
    this.metrics.show(config);
    return (event) => this.metrics.count(event, config);
  }

  check({ wasm_metrics: wasm }: PrometheusConfig): { path: string[]; message: string }[] {
    if (!wasm) return [];
    return [{ path: ['wasm_metrics'], message: 'is not available in this gateway, leave it out or set it to false' }];
  }
}
