import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import {
  CompressionTypes,
  Kafka,
  logLevel,
  Partitioners,
  type KafkaMessage as KafkaJsMessage,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import { Handover } from './handover.js';
import { sinkError } from './kafka-error.js';

/** The one file that knows kafkajs. */

export interface KafkaTarget {
  /** `host:port` of the brokers to ask first. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS when given. */
  readonly tls?: ConnectionOptions | undefined;
  readonly sasl?: KafkaCredentials | undefined;
  /** Milliseconds for connecting and signing in. */
  readonly connectTimeout: number;
  /** Milliseconds for the answer to a request. */
  readonly requestTimeout: number;
}

export interface KafkaCredentials {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly user: string;
  readonly password: string;
}

export interface KafkaMessage {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ProducerOptions {
  readonly topic: string;
  readonly acks: -1 | 0 | 1;
  readonly compression: 'none' | 'gzip';
  readonly idempotent: boolean;
  /** Milliseconds that a leader waits for its replicas. */
  readonly replicaTimeout: number;
  /** Repetitions of a request before it has failed. */
  readonly retries: number;
  /** Milliseconds between them. */
  readonly retryDelay: number;
}

/** Where kafkajs tells of its troubles: every failure in detail, so not for everybody's eyes. */
export type KafkaLog = (text: string) => void;

/** Milliseconds for closing connections in good order. */
const CLOSE_LIMIT = 3000;

/** Sends messages to one topic. Connections are made when they are needed, and anew after a failure. */
export class TopicProducer {
  private producer: Promise<Producer> | undefined;
  /** Failed requests in a row. */
  private failures = 0;

  /** @param target asked at every new connection, so that changed certificates are seen. */
  constructor(
    private readonly target: () => KafkaTarget,
    private readonly options: ProducerOptions,
    private readonly log: KafkaLog,
  ) {}

  /**
   * Resolves when the brokers have all messages as `acks` wants it. Messages with the same key keep their order. Calls must not overlap.
   * @throws FinalSinkError when a broker will never take them, any other Error when trying again makes sense.
   */
  async send(messages: readonly KafkaMessage[]): Promise<void> {
    const { retries, retryDelay } = this.options;
    for (let repetition = 0; ; repetition++) {
      const failure = await this.attempt(messages);
      if (!failure) return;
      if (repetition === retries || failure.name === 'FinalSinkError') throw failure;
      await delay(retryDelay);
    }
  }

  /** Closes the connections; the next message makes new ones. */
  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await disconnected(producer);
  }

  private async attempt(messages: readonly KafkaMessage[]): Promise<Error | undefined> {
    const { topic, acks, compression, replicaTimeout } = this.options;
    try {
      const producer = await (this.producer ??= this.connect());
      await producer.send({
        topic,
        acks,
        timeout: replicaTimeout,
        compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: messages.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
      });
      this.failures = 0;
      return undefined;
    } catch (error) {
      this.failures++;
      await this.renew();
      return sinkError(error);
    }
  }

  /**
   * The next attempt begins with new connections: kafkajs does not recover from everything. An idempotent producer keeps its
   * identity at first, by which the brokers tell a repetition from a new message.
   */
  private async renew(): Promise<void> {
    if (this.options.idempotent && this.failures < 3 && (await isConnected(this.producer))) return;
    await this.close();
  }

  private async connect(): Promise<Producer> {
    const { idempotent, retryDelay } = this.options;
    const producer = kafka(this.target(), this.log).producer({
      idempotent,
      createPartitioner: Partitioners.DefaultPartitioner,
      // `send` repeats; but kafkajs wants an idempotent producer to do so as well.
      retry: { retries: idempotent ? 1 : 0, initialRetryTime: retryDelay },
    });
    try {
      await producer.connect();
    } catch (error) {
      await disconnected(producer);
      throw error;
    }
    return producer;
  }
}

async function isConnected(producer: Promise<Producer> | undefined): Promise<boolean> {
  return (
    producer?.then(
      () => true,
      () => false,
    ) ?? false
  );
}

/** One message as it stands in a topic. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The record's JSON in UTF-8, as file-log has it on a line. */
  readonly value: Buffer;
}

/**
 * Yields what is in a topic, from its beginning to the end that it has now; partition by partition in order, the partitions mixed. Needs
 * the right to read the topic and to use a consumer group named `tidegate-reader-…`; nothing is committed.
 *
 * `for await (const { value } of readTopic(target, 'claude')) JSON.parse(value.toString())`
 * @throws Error when the topic is missing or the brokers cannot be reached.
 */
export async function* readTopic(
  target: KafkaTarget,
  topic: string,
  log: KafkaLog = () => {},
): AsyncGenerator<TopicRecord> {
  const client = kafka(target, log);
  const ends = await endOffsets(client, topic);
  if (ends.size === 0) return;
  const consumer = client.consumer({
    groupId: `tidegate-reader-${randomUUID()}`,
    allowAutoTopicCreation: false,
    // Leaving waits for the fetch that is under way.
    maxWaitTimeInMs: 200,
  });
  const pages = new Handover<TopicRecord[]>();
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) pages.fail(sinkError(error));
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const { partition } = batch;
        const end = ends.get(partition);
        if (end === undefined) return;
        const records = batch.messages.map((message) => topicRecord(partition, message));
        await pages.put(records.filter(({ offset }) => offset < end));
        if (BigInt(batch.lastOffset()) + 1n < end) return;
        ends.delete(partition);
        if (ends.size === 0) pages.end();
      },
    });
    for (let page = await pages.take(); page; page = await pages.take()) yield* page;
  } finally {
    pages.end();
    await disconnected(consumer);
  }
}

function topicRecord(partition: number, { offset, key, headers, value }: KafkaJsMessage): TopicRecord {
  const texts = Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)] as const);
  return {
    partition,
    offset: BigInt(offset),
    key: key?.toString(),
    headers: Object.fromEntries(texts),
    value: value ?? Buffer.alloc(0),
  };
}

/** Per partition that has messages: the offset behind the last one. */
async function endOffsets(client: Kafka, topic: string): Promise<Map<number, bigint>> {
  const admin = client.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  } catch (error) {
    throw sinkError(error);
  } finally {
    await disconnected(admin);
  }
}

function kafka({ brokers, clientId, tls, sasl, connectTimeout, requestTimeout }: KafkaTarget, log: KafkaLog): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: saslOptions(sasl) }),
    connectionTimeout: connectTimeout,
    authenticationTimeout: connectTimeout,
    requestTimeout,
    // Enough to try each of the first brokers; who calls repeats the whole.
    retry: { retries: brokers.length, initialRetryTime: 100 },
    logLevel: logLevel.WARN,
    // The rest of an entry may hold what was sent.
    logCreator:
      () =>
      ({ namespace, log: { message, broker } }) => {
        log(`kafkajs ${namespace}: ${message}${broker === undefined ? '' : ` (${String(broker)})`}`);
      },
  });
}

function saslOptions({ mechanism, user, password }: KafkaCredentials): SASLOptions {
  return { mechanism: mechanism.toLowerCase() as 'plain', username: user, password };
}

/** Waits no longer than it has to: kafkajs may wait for the answer of a broker that is gone. */
async function disconnected(client: { disconnect(): Promise<void> } | Promise<Producer> | undefined): Promise<void> {
  const closing = Promise.resolve(client).then((connected) => connected?.disconnect());
  const timer = new AbortController();
  const limit = delay(CLOSE_LIMIT, undefined, { signal: timer.signal, ref: false });
  await Promise.race([closing.catch(() => {}), limit.catch(() => {})]);
  timer.abort();
}

/**
 * kafkajs 2.2.4 sets a timer after every answer, of a negative time when no request waits: each connection then wakes the process every
 * millisecond, and Node 24 warns of it (tulios/kafkajs#1751). A timer is of use only to a request that waits.
 */
function mendTimers(): void {
  interface RequestQueue {
    readonly pending: readonly unknown[];
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
  }
  const file = 'kafkajs/src/network/requestQueue/index.js';
  const { prototype } = createRequire(import.meta.url)(file) as { readonly prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
mendTimers();
