import type { PluginClass } from '#libs/plugin-api';
import { AiProxyPlugin } from './ai-proxy/ai-proxy.plugin.js';
import { FileLogPlugin } from './file-log/file-log.plugin.js';
import { PrometheusPlugin } from './prometheus/prometheus.plugin.js';

/** The plugins that come with the gateway. */
export const builtInPlugins: readonly PluginClass[] = [AiProxyPlugin, FileLogPlugin, PrometheusPlugin];

export { GatewayMetrics, METRICS_CONTENT_TYPE } from './prometheus/gateway-metrics.js';
export { KongMetrics } from './prometheus/kong-metrics.js';
