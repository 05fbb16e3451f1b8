/** A small real cluster: its brokers are controllers as well, so that any one of them may be killed. */
import { freePorts, HOST, KafkaBroker, LISTENERS, newClusterId } from './broker.mjs';

const NODES = [1, 2, 3];

export class KafkaCluster {
  #brokers;

  static async start() {
    const ports = await portsOfNodes();
    const voters = NODES.map((node) => `${node}@${HOST}:${ports[node].controller}`).join(',');
    const id = newClusterId();
    // None has started before most of them run.
    const starts = await Promise.allSettled(
      NODES.map((node) =>
        KafkaBroker.start({
          cluster: { id, node, voters },
          ports: ports[node],
          heap: '256m',
          properties: {
            'auto.create.topics.enable': 'false',
            'offsets.topic.replication.factor': '3',
            // The default wants half of the heap.
            'log.cleaner.dedupe.buffer.size': '8388608',
          },
        }),
      ),
    );
    const cluster = new KafkaCluster();
    cluster.#brokers = starts.map(({ value }) => value);
    const failed = starts.find(({ status }) => status === 'rejected');
    if (!failed) return cluster;
    await cluster.stop();
    throw failed.reason;
  }

  /** `host:port` of the brokers. */
  get brokers() {
    return this.#brokers.map(({ plain }) => plain);
  }

  /** @param {number} node as the metadata of a topic says it */
  broker(node) {
    return this.#brokers[NODES.indexOf(node)];
  }

  /** Ends it and removes its data. */
  async stop() {
    await Promise.all(this.#brokers.map((broker) => broker?.stop()));
  }
}

/** Found together, so that they are all different. */
async function portsOfNodes() {
  const names = NODES.flatMap((node) => LISTENERS.map((listener) => `${node} ${listener}`));
  const ports = await freePorts(names);
  return Object.fromEntries(
    NODES.map((node) => [
      node,
      Object.fromEntries(LISTENERS.map((listener) => [listener, ports[`${node} ${listener}`]])),
    ]),
  );
}
