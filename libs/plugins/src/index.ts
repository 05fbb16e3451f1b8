import type { PluginClass } from '#libs/plugin-api';
import { AiProxyPlugin } from './ai-proxy/ai-proxy.plugin.js';
import { FileLogPlugin } from './file-log/file-log.plugin.js';
import { HttpLogPlugin } from './http-log/http-log.plugin.js';
import { KafkaLogPlugin } from './kafka-log/kafka-log.plugin.js';
import { OpentelemetryPlugin } from './opentelemetry/opentelemetry.plugin.js';
import { PrometheusPlugin } from './prometheus/prometheus.plugin.js';
import { SyslogPlugin } from './syslog/syslog.plugin.js';
import { TcpLogPlugin } from './tcp-log/tcp-log.plugin.js';
import { UdpLogPlugin } from './udp-log/udp-log.plugin.js';

/** The plugins that come with the gateway. */
export const builtInPlugins: readonly PluginClass[] = [
  AiProxyPlugin,
  FileLogPlugin,
  HttpLogPlugin,
  KafkaLogPlugin,
  OpentelemetryPlugin,
  PrometheusPlugin,
  SyslogPlugin,
  TcpLogPlugin,
  UdpLogPlugin,
];

export { ExportCounters } from './opentelemetry/export/export-counters.js';
export { readTopic, type KafkaCredentials, type KafkaTarget, type TopicRecord } from './kafka-log/kafka-client.js';
export type { KafkaLogConfig } from './kafka-log/kafka-log.config.js';
export { kafkaTarget } from './kafka-log/kafka-target.js';
export { GatewayMetrics, METRICS_CONTENT_TYPE } from './prometheus/gateway-metrics.js';
export { KongMetrics } from './prometheus/kong-metrics.js';
