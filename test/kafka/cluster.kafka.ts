import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { SinkStatus } from '#libs/delivery';
import { eventually, get, howToConfig, post, stopGateways } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';
import { KafkaCluster } from './broker/cluster.mjs';
import { whatIsMissing } from './broker/jars.mjs';
import { kafkaLog, parsed, Topics } from './support/topics.js';

const SESSIONS = ['session-0', 'session-1', 'session-2', 'session-3'];
/** Milliseconds; an election takes about ten seconds. */
const WITHIN = 120_000;

const missing = whatIsMissing();
const reason = missing === undefined ? '' : ` (${missing})`;

(missing === undefined ? describe : describe.skip)(`a cluster of three brokers${reason}`, () => {
  let cluster: KafkaCluster | undefined;
  let topics: Topics | undefined;
  const running = () => {
    if (!cluster || !topics) throw new Error('there is no cluster');
    return { cluster, topics };
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    cluster = await KafkaCluster.start();
    topics = await Topics.at(cluster.brokers);
  });
  afterEach(stopGateways);
  afterAll(async () => {
    try {
      await topics?.close();
    } finally {
      await cluster?.stop();
    }
  });

  it('field.md 10: a leader that is killed under traffic loses nothing, a replica takes over', async () => {
    const { cluster, topics } = running();
    const topic = await topics.create({ 'min.insync.replicas': '1' }, topics.name(), cluster.brokers.length);
    const config = kafkaLog(cluster.brokers, topic, {
      producer_request_acks: -1,
      producer_request_timeout: 5000,
      producer_async_flush_timeout: 20,
    });
    const plugins = [{ name: 'kafka-log', config }];
    const stage = await Stage.open({ config: (place) => howToConfig({ ...place, plugins }) });
    let asked = 0;
    const askAll = async () => {
      const answers = await Promise.all(SESSIONS.map((session) => ask(stage, session)));
      expect(answers.map(({ status }) => status)).toEqual(SESSIONS.map(() => 200));
      asked += answers.length;
    };

    await askAll();
    const { partition = -1 } = (await topics.records(topic, asked)).find(({ key }) => key === SESSIONS[0]) ?? {};
    const before = await eventually(
      async () => {
        const { leader, inSync } = await topics.leadership(topic, partition);
        return inSync.length === cluster.brokers.length && leader;
      },
      { within: WITHIN, every: 100, what: 'all replicas in sync' },
    );
    for (let round = 0; round < 10; round++) await askAll();
    const killed = cluster.broker(before).kill();
    const deadline = performance.now() + WITHIN;
    for (let after = before; after === before || after === -1;) {
      await askAll();
      after = await topics.leadership(topic, partition).then(
        ({ leader }) => leader,
        () => before,
      );
      if (performance.now() > deadline) throw new Error('no replica has become the leader');
    }
    await killed;
    for (let round = 0; round < 10; round++) await askAll();

    const inFile = await stage.records(asked);
    await eventually(async () => (await kafkaStatus(stage)).depth === 0, { within: WITHIN, what: 'an empty line' });
    const status = await kafkaStatus(stage);
    expect(status).toMatchObject({ delivered: asked, dropped: 0, dead: 0, deadLetters: 0 });
    expect(status).not.toHaveProperty('failingSince');
    const inTopic = await topics.records(topic, asked, WITHIN);
    for (const session of SESSIONS) {
      // What a lost answer has doubled comes again with the same id.
      const order = inTopic.filter(({ key }) => key === session).map((record) => parsed(record).exchange.id);
      const inOrder = inFile.filter(({ agent }) => agent?.session_id === session).map(({ exchange }) => exchange.id);
      expect([...new Set(order)]).toEqual(inOrder);
    }
    await stage.close();
  });
});

const ask = ({ gateway }: Stage, session: string) =>
  post(`${gateway.proxy}/anything/v1/messages`, question(), { ...CLAUDE_CODE, 'x-claude-code-session-id': session });

async function kafkaStatus({ gateway }: Stage): Promise<SinkStatus> {
  const { sinks } = (await get(`${gateway.status}/status`)).json() as { readonly sinks: readonly SinkStatus[] };
  const found = sinks.find(({ name }) => name === 'kafka-log');
  if (!found) throw new Error('/status does not name kafka-log');
  return found;
}
