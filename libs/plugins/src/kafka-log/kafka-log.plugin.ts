import { Logger } from '@nestjs/common';
import { Plugin, type GatewayPlugin, type Sink, type SinkDelivery, type SinkEntry } from '#libs/plugin-api';
import { pemProblems, recordJson } from '#libs/sinks';
import { TopicProducer, type KafkaMessage } from './kafka-client.js';
import { kafkaLogConfig, kafkaLogProblems, type KafkaLogConfig } from './kafka-log.config.js';
import { kafkaTarget } from './kafka-target.js';

/** Raised when a consumer has to know that records look different. */
const SCHEMA_VERSION = '1';

/** Kong's kafka-log: one message per exchange. */
@Plugin({ name: 'kafka-log', priority: 5, config: kafkaLogConfig })
export class KafkaLogPlugin implements GatewayPlugin<KafkaLogConfig> {
  private readonly logger = new Logger('KafkaLog');

  sink(config: KafkaLogConfig): Sink {
    return new KafkaSink(config, (text) => this.logger.debug(text));
  }

  check(config: KafkaLogConfig): ReturnType<typeof kafkaLogProblems> {
    const { ca_certificate, client_certificate, client_private_key } = config.security;
    const pems = { ca_certificate, client_certificate, client_private_key };
    return [
      ...kafkaLogProblems(config),
      ...Object.entries(pems).flatMap(([name, value]) => pemProblems(value, ['security', name])),
    ];
  }
}

class KafkaSink implements Sink {
  readonly delivery: SinkDelivery;
  private readonly producer: TopicProducer;
  /** Entries of a batch that has failed in the middle, which will come again. */
  private readonly delivered = new Set<SinkEntry>();
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: KafkaLogConfig,
    log: (text: string) => void,
  ) {
    const maxEntries = config.producer_async_buffering_limits_messages_in_memory;
    this.delivery = {
      maxBatch: config.producer_request_limits_messages_per_request,
      linger: config.producer_async ? config.producer_async_flush_timeout : 0,
      ...(maxEntries !== undefined && { maxEntries }),
    };
    this.producer = new TopicProducer(() => kafkaTarget(config), producerOptions(config), log);
  }

  async write(batch: readonly SinkEntry[]): Promise<void> {
    clearTimeout(this.idle);
    const left = batch.filter((entry) => !this.delivered.has(entry));
    for (const request of requestsOf(left, this.config.producer_request_limits_bytes_per_request)) {
      await this.producer.send(request.map((entry) => this.message(entry)));
      for (const entry of request) this.delivered.add(entry);
    }
    this.delivered.clear();
    if (this.config.keepalive_enabled) {
      this.idle = setTimeout(() => void this.producer.close(), this.config.keepalive).unref();
    } else await this.producer.close();
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    await this.producer.close();
  }

  private message(entry: SinkEntry): KafkaMessage {
    const { record } = entry;
    return {
      key: keyOf(entry, this.config.key_query_arg),
      value: recordJson(entry, this.config.custom_fields_by_lua),
      headers: {
        'content-type': 'application/json',
        'schema-version': SCHEMA_VERSION,
        'exchange-id': record.exchange.id,
      },
    };
  }
}

/** Records with the same key are in one partition, in order: those of a session, where there is one. */
function keyOf({ record }: SinkEntry, queryArgument: string | undefined): string {
  const argument = queryArgument === undefined ? undefined : record.request.querystring[queryArgument];
  return typeof argument === 'string' ? argument : (record.agent?.session_id ?? record.exchange.id);
}

/** Cuts a batch so that no request is longer than `limit` bytes of records, unless a single record is. */
function* requestsOf(batch: readonly SinkEntry[], limit: number): Generator<readonly SinkEntry[]> {
  let first = 0;
  let size = 0;
  for (const [index, { json }] of batch.entries()) {
    if (index > first && size + json.length > limit) {
      yield batch.slice(first, index);
      first = index;
      size = 0;
    }
    size += json.length;
  }
  if (first < batch.length) yield batch.slice(first);
}

function producerOptions(config: KafkaLogConfig) {
  return {
    topic: config.topic,
    acks: config.producer_request_acks,
    compression: config.producer_compression,
    idempotent: config.producer_idempotence,
    replicaTimeout: config.producer_request_timeout,
    retries: config.producer_request_retries_max_attempts,
    retryDelay: config.producer_request_retries_backoff_timeout,
  };
}
