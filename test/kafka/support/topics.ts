import { randomUUID } from 'node:crypto';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
} from 'kafkajs';
import { readTopic, type TopicRecord } from '#libs/plugins';
import type { LogRecord } from '#libs/plugin-api';
import { eventually } from '../../support/index.js';

/** Topics of their own for the tests, on brokers that may belong to somebody else. */
export class Topics {
  private readonly made: string[] = [];

  private constructor(
    readonly brokers: readonly string[],
    private readonly admin: Admin,
  ) {}

  static async at(brokers: readonly string[]): Promise<Topics> {
    const admin = new Kafka({ brokers: [...brokers], clientId: 'test', logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new Topics(brokers, admin);
  }

  name(): string {
    const name = `tidegate-test-${randomUUID()}`;
    this.made.push(name);
    return name;
  }

  /** @param replicationFactor default: what the broker has for it */
  async create(
    config: Readonly<Record<string, string>> = {},
    name = this.name(),
    replicationFactor = -1,
  ): Promise<string> {
    const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await this.admin.createTopics({
      topics: [{ topic: name, numPartitions: 3, replicationFactor, configEntries }],
      waitForLeaders: true,
    });
    return name;
  }

  async remove(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] });
  }

  /** Nobody may write to a topic any more. @returns what allows it again */
  async forbidWriting(topic: string): Promise<() => Promise<void>> {
    const everything = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:*',
      host: '*',
      operation: AclOperationTypes.ALL,
      permissionType: AclPermissionTypes.ALLOW,
    };
    const rule = { ...everything, operation: AclOperationTypes.WRITE, permissionType: AclPermissionTypes.DENY };
    // With one rule, what no rule allows is forbidden.
    await this.admin.createAcls({ acl: [everything, rule] });
    return async () => {
      await this.admin.deleteAcls({ filters: [rule] });
    };
  }

  /** Who leads a partition and who has all of it, by the numbers of the brokers. */
  async leadership(topic: string, partition: number): Promise<{ leader: number; inSync: readonly number[] }> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
    if (!found) throw new Error(`partition ${partition} of ${topic} is not in the metadata`);
    return { leader: found.leader, inSync: found.isr };
  }

  /** Waits until a topic has this many records. @returns all there are, partition by partition in order */
  async records(topic: string, count: number, within = 60_000): Promise<TopicRecord[]> {
    return await eventually(
      async () => {
        if ((await this.count(topic)) < count) return undefined;
        return await this.all(topic);
      },
      { within, every: 200, what: `${count} records in ${topic}` },
    );
  }

  async all(topic: string): Promise<TopicRecord[]> {
    const records: TopicRecord[] = [];
    for await (const record of readTopic(this.target, topic)) records.push(record);
    return records;
  }

  async count(topic: string): Promise<number> {
    const offsets = await this.admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }

  /** Removes what the tests have made. */
  async close(): Promise<void> {
    const there = new Set(await this.admin.listTopics());
    const topics = this.made.filter((name) => there.has(name));
    if (topics.length > 0) await this.admin.deleteTopics({ topics });
    await this.admin.disconnect();
  }

  get target() {
    return { brokers: this.brokers, clientId: 'test', connectTimeout: 20_000, requestTimeout: 20_000 };
  }
}

export const parsed = ({ value }: TopicRecord): LogRecord => JSON.parse(value.toString()) as LogRecord;

export const sequenceNumbers = (records: readonly TopicRecord[]): number[] =>
  records.map((record) => parsed(record).exchange.seq).sort((a, b) => a - b);

/** The `config` block for a topic, with limits that a busy machine keeps. */
export function kafkaLog(brokers: readonly string[], topic: string, more: object = {}): object {
  const bootstrap_servers = brokers.map((broker) => {
    const [host, port] = broker.split(':');
    return { host, port: Number(port) };
  });
  return { bootstrap_servers, topic, timeout: 20_000, producer_request_timeout: 20_000, ...more };
}
