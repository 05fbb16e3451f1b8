import { Plugin, type GatewayPlugin, type Observer } from '#libs/plugin-api';
import { KongMetrics } from './kong-metrics.js';
import { prometheusConfig, type PrometheusConfig } from './prometheus.config.js';

const UNAVAILABLE = ['upstream_health_metrics', 'wasm_metrics'] as const;

/** Kong’s metrics for the exchanges in its scope; the gateway’s own families are there without it. */
@Plugin({ name: 'prometheus', priority: 13, config: prometheusConfig })
export class PrometheusPlugin implements GatewayPlugin<PrometheusConfig> {
  constructor(private readonly metrics: KongMetrics) {}

  observer(config: PrometheusConfig): Observer {
    return (event) => this.metrics.count(event, config);
  }

  check(config: PrometheusConfig): { path: string[]; message: string }[] {
    return UNAVAILABLE.filter((field) => config[field]).map((field) => ({
      path: [field],
      message: 'is not available in this gateway, leave it out or set it to false',
    }));
  }
}
