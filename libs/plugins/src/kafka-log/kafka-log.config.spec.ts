import { describe, expect, it } from '@jest/globals';
import { pluginMetadata } from '#libs/plugin-api';
import { kafkaLogConfig } from './kafka-log.config.js';
import { KafkaLogPlugin } from './kafka-log.plugin.js';
import { kafkaTarget } from './kafka-target.js';

const least = { bootstrap_servers: [{ host: 'a', port: 9092 }], topic: 'claude' };
const parse = (more: object) => kafkaLogConfig.parse({ ...least, ...more });
const plugin = new KafkaLogPlugin();

describe('the config of kafka-log', () => {
  it('has Kong’s name, priority and defaults, but keeps connections and verifies certificates', () => {
    expect(pluginMetadata(KafkaLogPlugin)).toMatchObject({ name: 'kafka-log', priority: 5 });
    expect(parse({})).toMatchObject({
      timeout: 10_000,
      keepalive: 60_000,
      keepalive_enabled: true,
      producer_async: true,
      producer_async_flush_timeout: 1000,
      producer_request_acks: 1,
      producer_request_timeout: 2000,
      producer_request_limits_messages_per_request: 200,
      producer_request_limits_bytes_per_request: 1_048_576,
      producer_request_retries_max_attempts: 10,
      producer_request_retries_backoff_timeout: 100,
      producer_compression: 'none',
      producer_idempotence: false,
      security: { ssl: false, ssl_verify: true },
    });
  });

  it.each([
    [{ topic: 'a b' }, 'topic'],
    [{ topic: '..' }, 'topic'],
    [{ topic: 'a'.repeat(250) }, 'topic'],
    [{ bootstrap_servers: [] }, 'bootstrap_servers'],
    [{ bootstrap_servers: [{ host: 'a:9092', port: 1 }] }, 'bootstrap_servers.0.host'],
    [{ producer_request_acks: 2 }, 'producer_request_acks'],
    [{ schema_registry: { confluent: {} } }, 'schema_registry'],
    [{ security: { certificate_id: 'x' } }, 'security.certificate_id'],
    [{ authentication: { tokenauth: true } }, 'authentication.tokenauth'],
    [{ authentication: { mechanism: 'OAUTHBEARER' } }, 'authentication.mechanism'],
    [{ producer_compression: 'zstd' }, 'producer_compression'],
  ])('refuses %j', (more, path) => {
    const { error } = kafkaLogConfig.safeParse({ ...least, ...more });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('says why what Kong has is not here', () => {
    const refused = { schema_registry: {}, producer_compression: 'zstd', authentication: { mechanism: 'OAUTHBEARER' } };
    const { error } = kafkaLogConfig.safeParse({ ...least, ...refused });
    for (const { message } of error?.issues ?? []) expect(message).toContain('not available in this gateway');
    expect(error?.issues).toHaveLength(3);
  });

  it.each([
    [{ authentication: { strategy: 'sasl', mechanism: 'PLAIN', user: 'u' } }, 'authentication'],
    [{ authentication: { user: 'u' } }, 'authentication'],
    [{ producer_idempotence: true }, 'producer_idempotence'],
    [{ security: { ssl: true, client_certificate: '-----BEGIN CERTIFICATE-----' } }, 'security'],
    [{ security: { ssl: true, ca_certificate: '/no/such/file' } }, 'security.ca_certificate'],
  ])('finds that %j does not go together', (more, path) => {
    expect(plugin.check(parse(more)).map((problem) => problem.path.join('.'))).toEqual([path]);
  });

  it('takes what goes together', () => {
    const authentication = { strategy: 'sasl', mechanism: 'SCRAM-SHA-512', user: 'u', password: 'p', tokenauth: false };
    const config = parse({
      authentication,
      cluster_name: 'prod',
      producer_request_acks: -1,
      producer_idempotence: true,
    });
    expect(plugin.check(config)).toEqual([]);
    expect(kafkaTarget(config)).toEqual({
      brokers: ['a:9092'],
      clientId: 'tidegate-prod',
      sasl: { mechanism: 'SCRAM-SHA-512', user: 'u', password: 'p' },
      connectTimeout: 10_000,
      requestTimeout: 2000,
    });
  });
});

describe('what kafka-log asks of delivery', () => {
  it('is Kong’s producer_async block', () => {
    expect(plugin.sink(parse({})).delivery).toEqual({ maxBatch: 200, linger: 1000 });
    const more = {
      producer_async: false,
      producer_async_buffering_limits_messages_in_memory: 7,
      producer_request_limits_messages_per_request: 50,
    };
    expect(plugin.sink(parse(more)).delivery).toEqual({ maxBatch: 50, linger: 0, maxEntries: 7 });
  });
});
