import { pemText, trustOptions } from '#libs/sinks';
import type { KafkaTarget } from './kafka-client.js';
import type { KafkaLogConfig } from './kafka-log.config.js';

/** The brokers that a `config` block of kafka-log means, and how to reach them. Reads the files of certificates. */
export function kafkaTarget(config: KafkaLogConfig): KafkaTarget {
  const { cluster_name, security, authentication: auth } = config;
  const { mechanism, user, password } = auth;
  return {
    brokers: config.bootstrap_servers.map(({ host, port }) => `${host}:${port}`),
    clientId: cluster_name === undefined ? 'tidegate' : `tidegate-${cluster_name}`,
    ...(security.ssl && { tls: { ...trustOptions(security), ...clientIdentity(security) } }),
    ...(mechanism && user !== undefined && password !== undefined && { sasl: { mechanism, user, password } }),
    connectTimeout: config.timeout,
    requestTimeout: config.producer_request_timeout,
  };
}

function clientIdentity({ client_certificate, client_private_key }: KafkaLogConfig['security']) {
  if (client_certificate === undefined || client_private_key === undefined) return {};
  return { cert: pemText(client_certificate), key: pemText(client_private_key) };
}
