import { afterEach, expect, it } from '@jest/globals';
import type { LogRecord, Sink } from '#libs/plugin-api';
import { eventually, get, howToConfig, post, type SelfSigned } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';
import { entries, entry, sinkOf } from '../sinks/support/plugin.js';
import type { KafkaBroker } from './broker/broker.mjs';
import { USER } from './security.js';
import type { ForwardingProxy } from './support/forwarding-proxy.js';
import { kafkaLog, parsed, sequenceNumbers, type Topics } from './support/topics.js';

export interface OwnBroker {
  readonly broker: KafkaBroker;
  readonly proxy: ForwardingProxy;
  readonly topics: Topics;
  readonly identity: SelfSigned;
}

/** What goes wrong between a gateway and a broker that the tests may kill. */
export function faultTests(own: () => OwnBroker): void {
  const sinks: Sink[] = [];
  const sink = (address: string, topic: string, more: object = {}): Sink => {
    const made = sinkOf('kafka-log', kafkaLog([address], topic, more));
    sinks.push(made);
    return made;
  };
  afterEach(async () => {
    for (const one of sinks.splice(0)) await one.close?.();
  });

  const stageWith = (config: object) =>
    Stage.open({ config: (place) => howToConfig({ ...place, plugins: [{ name: 'kafka-log', config }] }) });
  const ask = async ({ gateway }: Stage, session = 's') => {
    const headers = { ...CLAUDE_CODE, 'x-claude-code-session-id': session };
    expect((await post(`${gateway.proxy}/anything/v1/messages`, question(), headers)).status).toBe(200);
  };
  const ids = (records: readonly LogRecord[]) => records.map(({ exchange }) => exchange.id).toSorted();
  /** Asks until it has happened, twenty times at least. @returns how often */
  const askWhile = async (stage: Stage, happening: Promise<unknown>): Promise<number> => {
    const progress = { over: false };
    void happening.then(() => (progress.over = true));
    let count = 0;
    while (!progress.over || count < 20) {
      await ask(stage);
      count++;
    }
    return count;
  };
  const failing = ({ gateway }: Stage, reason: string) =>
    eventually(async () => (await get(`${gateway.status}/status`)).text.includes(reason), { within: 60_000 });
  const quick = { producer_async_flush_timeout: 20, producer_request_timeout: 5000 };

  it('field.md 10: a topic that is missing is tried again until somebody makes it', async () => {
    const { broker, topics } = own();
    const topic = topics.name();
    const stage = await stageWith(kafkaLog([broker.plain], topic, quick));
    for (let n = 0; n < 5; n++) await ask(stage);
    await failing(stage, 'UNKNOWN_TOPIC_OR_PARTITION');
    await topics.create({}, topic);
    const inTopic = await topics.records(topic, 5);
    expect(ids(inTopic.map(parsed))).toEqual(ids(await stage.records(5)));
    await stage.close();
  });

  it('field.md 10: a topic that is deleted and made again gets what comes after', async () => {
    const { broker, topics } = own();
    const topic = await topics.create();
    const stage = await stageWith(kafkaLog([broker.plain], topic, quick));
    await ask(stage);
    await topics.records(topic, 1);
    await topics.remove(topic);
    for (let n = 0; n < 5; n++) await ask(stage);
    await failing(stage, 'UNKNOWN_TOPIC_OR_PARTITION');
    await topics.create({}, topic);
    const inTopic = await topics.records(topic, 5);
    const inFile = await stage.records(6);
    expect(ids(inTopic.map(parsed))).toEqual(ids(inFile.slice(1)));
    await stage.close();
  });

  it('field.md 10: a right to write that is taken away and given back loses nothing', async () => {
    const { broker, topics } = own();
    const topic = await topics.create();
    const stage = await stageWith(kafkaLog([broker.plain], topic, quick));
    await ask(stage);
    await topics.records(topic, 1);
    const allow = await topics.forbidWriting(topic);
    for (let n = 0; n < 5; n++) await ask(stage);
    await failing(stage, 'TOPIC_AUTHORIZATION_FAILED');
    await allow();
    const inTopic = await topics.records(topic, 6);
    expect(ids(inTopic.map(parsed))).toEqual(ids(await stage.records(6)));
    await stage.close();
  });

  it('a connection that breaks again and again loses nothing', async () => {
    const { proxy, topics } = own();
    const topic = await topics.create();
    const log = sink(proxy.address, topic);
    const left = entries(300);
    for (let turn = 0; left.length > 0; turn++) {
      if (turn % 3 === 1) proxy.cut();
      const batch = left.splice(0, 20);
      await eventually(() => log.write(batch).then(() => true), { within: 60_000 });
    }
    const received = sequenceNumbers(await topics.records(topic, 300));
    expect([...new Set(received)]).toEqual(entries(300).map(({ record }) => record.exchange.seq));
    expect(proxy.connections).toBeGreaterThan(1);
  });

  it.each([
    ['without idempotence a lost answer doubles the records', {}, 2],
    ['with idempotence it does not', { producer_idempotence: true }, 1],
  ])('%s', async (_, more, times) => {
    const { proxy, topics } = own();
    const topic = await topics.create();
    const log = sink(proxy.address, topic, { producer_request_acks: -1, ...more });
    await log.write([entry(1)]);
    const swallowed = proxy.swallowAnswer();
    const written = log.write([entry(2), entry(3)]).catch(() => log.write([entry(2), entry(3)]));
    await swallowed;
    await written;
    await log.write([entry(4)]);
    const expected = [1, ...Array<number>(times).fill(2), ...Array<number>(times).fill(3), 4];
    expect(sequenceNumbers(await topics.records(topic, expected.length))).toEqual(expected);
  });

  it('field.md 10: a broker that is killed and comes back gets everything, in order, with traffic unharmed', async () => {
    const { broker, proxy, topics } = own();
    const topic = await topics.create();
    const stage = await stageWith(kafkaLog([proxy.address], topic, quick));
    await ask(stage);
    await topics.records(topic, 1);
    await broker.kill();
    const count = 1 + (await askWhile(stage, broker.run()));
    const inFile = await stage.records(count);
    const inTopic = await topics.records(topic, count, 120_000);
    expect([...new Set(ids(inTopic.map(parsed)))]).toEqual(ids(inFile));
    const order = inTopic.map((record) => parsed(record).exchange.seq);
    expect([...new Set(order)]).toEqual(inFile.map(({ exchange }) => exchange.seq));
    await stage.close();
  });

  it('field.md 10: credentials that are no longer taken work again when they are, without a restart of the gateway', async () => {
    const { broker, topics } = own();
    const topic = await topics.create();
    const authentication = { strategy: 'sasl', mechanism: 'PLAIN', ...USER };
    const stage = await stageWith(kafkaLog([broker.sasl], topic, { ...quick, authentication }));
    await ask(stage);
    await topics.records(topic, 1);
    await broker.kill();
    await broker.run({ sasl: { ...USER, plainPassword: 'another' } });
    await ask(stage);
    await eventually(async () => /authentication failed/i.test((await get(`${stage.gateway.status}/status`)).text), {
      within: 60_000,
    });
    await broker.kill();
    await broker.run({ sasl: USER });
    const inTopic = await topics.records(topic, 2, 120_000);
    expect([...new Set(ids(inTopic.map(parsed)))]).toEqual(ids(await stage.records(2)));
    expect(stage.gateway.stderr.join('\n')).not.toContain(USER.password);
    await stage.close();
  });
}
