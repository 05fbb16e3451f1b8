/** Types of cluster.mjs. */
import type { KafkaBroker } from './broker.mjs';

/** Three brokers. */
export class KafkaCluster {
  /** Resolves when all of them take requests. */
  static start(): Promise<KafkaCluster>;
  /** `host:port` of the brokers. */
  readonly brokers: readonly string[];
  /** By its number in the metadata of a topic. */
  broker(node: number): KafkaBroker;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}
