import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readTopic } from '#libs/plugins';
import type { LogRecord, Sink } from '#libs/plugin-api';
import { eventually, howToConfig, post } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';
import { entries, entry, sinkOf } from '../sinks/support/plugin.js';
import { kafkaLog, parsed, sequenceNumbers, type Topics } from './support/topics.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** What a topic holds, on whatever brokers. */
export function contentTests(topics: () => Topics): void {
  const sinks: Sink[] = [];
  const sink = (topic: string, more: object = {}): Sink => {
    const made = sinkOf('kafka-log', kafkaLog(topics().brokers, topic, more));
    sinks.push(made);
    return made;
  };
  afterEach(async () => {
    for (const one of sinks.splice(0)) await one.close?.();
  });

  it('a topic has what the log file has, in the order of each session', async () => {
    const topic = await topics().create();
    const plugins = [
      { name: 'kafka-log', config: kafkaLog(topics().brokers, topic, { producer_async_flush_timeout: 20 }) },
    ];
    const stage = await Stage.open({ config: (place) => howToConfig({ ...place, plugins }) });
    const ask = (session: number, more: Readonly<Record<string, unknown>>) =>
      post(`${stage.gateway.proxy}/anything/v1/messages`, question(more), {
        ...CLAUDE_CODE,
        'x-claude-code-session-id': `session-${session}`,
      });
    for (let round = 0; round < 15; round++) {
      await Promise.all([0, 1, 2, 3].map((session) => ask(session, round % 5 === 4 ? { max_tokens: 'x' } : {})));
    }
    const inFile = await stage.records(60);
    const inTopic = await topics().records(topic, 60);
    await stage.close();

    const byId = (records: readonly LogRecord[]) =>
      new Map(records.map((record) => [record.exchange.id, record] as const));
    expect(inFile).toHaveLength(60);
    expect(inTopic).toHaveLength(60);
    expect(byId(inTopic.map(parsed))).toEqual(byId(inFile));
    for (const session of ['session-0', 'session-1', 'session-2', 'session-3']) {
      const order = inTopic.filter(({ key }) => key === session).map((record) => parsed(record).exchange.id);
      const inOrder = inFile.filter(({ agent }) => agent?.session_id === session).map(({ exchange }) => exchange.id);
      expect(order).toHaveLength(15);
      expect(order).toEqual(inOrder);
    }
    expect(new Set(inTopic.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  it('a message has key, headers and the bytes of the record', async () => {
    const topic = await topics().create();
    const log = sink(topic, { key_query_arg: 'team' });
    const request = { querystring: { team: 'core', other: true } };
    const batch = [
      entry(1, { request, agent: { session_id: 's' } }),
      entry(2, { request: { querystring: { team: true } }, agent: { session_id: 's' } }),
      entry(3, { request: { querystring: {} } }),
    ];
    await log.write(batch);
    const records = await topics().records(topic, 3);
    const bySeq = [...records].sort((a, b) => parsed(a).exchange.seq - parsed(b).exchange.seq);
    expect(bySeq.map(({ key }) => key)).toEqual(['core', 's', 'e3']);
    expect(bySeq.map(({ value }) => value.toString())).toEqual(batch.map(({ json }) => json.toString()));
    expect(bySeq.map(({ headers }) => headers)).toEqual(
      ['e1', 'e2', 'e3'].map((id) => ({
        'content-type': 'application/json',
        'schema-version': '1',
        'exchange-id': id,
      })),
    );
  });

  it('custom fields are set in the message', async () => {
    const topic = await topics().create();
    const log = sink(topic, { custom_fields_by_lua: { team: 'return "core"', latencies: 'return nil' } });
    await log.write([entry(1)]);
    const [record] = await topics().records(topic, 1);
    expect(record && parsed(record)).toMatchObject({ team: 'core' });
    expect(record && parsed(record)).not.toHaveProperty('latencies');
  });

  it.each([
    ['acks 0', { producer_request_acks: 0 }],
    ['acks 1', { producer_request_acks: 1 }],
    ['acks -1', { producer_request_acks: -1 }],
    ['gzip', { producer_compression: 'gzip' }],
    ['idempotence', { producer_request_acks: -1, producer_idempotence: true }],
    ['small requests', { producer_request_limits_bytes_per_request: 300 }],
    ['a connection per request', { keepalive_enabled: false }],
    ['connections that are idle at once', { keepalive: 1 }],
  ])('%s: every record arrives once', async (_, more) => {
    const topic = await topics().create();
    const log = sink(topic, more);
    await log.write(entries(30));
    await log.write(entries(30, 31));
    expect(sequenceNumbers(await topics().records(topic, 60))).toEqual(numbers(60));
  });

  it('a message that is too large is final, and only that one', async () => {
    const topic = await topics().create({ 'max.message.bytes': '5000' });
    const log = sink(topic);
    const tooLarge = entry(2, { text: 'x'.repeat(6000) });
    await expect(log.write([tooLarge])).rejects.toMatchObject({
      name: 'FinalSinkError',
      message: expect.stringContaining('MESSAGE_TOO_LARGE'),
    });
    await log.write([entry(1), entry(3)]);
    expect(sequenceNumbers(await topics().records(topic, 2))).toEqual([1, 3]);
  });

  it('field.md 9: a poison record becomes a dead letter, the others arrive', async () => {
    const topic = await topics().create({ 'max.message.bytes': '20000' });
    const config = kafkaLog(topics().brokers, topic, { producer_async_flush_timeout: 20 });
    const plugins = [{ name: 'kafka-log', config }];
    const aiProxy = { logging: { log_payloads: true } };
    const stage = await Stage.open({ config: (place) => howToConfig({ ...place, plugins, aiProxy }) });
    const { gateway } = stage;
    for (let n = 1; n <= 10; n++) {
      const content = n === 4 ? 'poison '.repeat(10_000) : 'Hello';
      const body = question({ messages: [{ role: 'user', content }] });
      expect((await post(`${gateway.proxy}/anything/v1/messages`, body, CLAUDE_CODE)).status).toBe(200);
    }
    const ids = (await stage.records(10)).map(({ exchange }) => exchange.id);
    const inTopic = (await topics().records(topic, 9)).map((record) => parsed(record).exchange.id);
    // What stood beside it may have arrived with the first attempt.
    expect([...new Set(inTopic)].toSorted()).toEqual(ids.filter((_, index) => index !== 3).toSorted());
    await gateway.logLine((line) => line.includes(ids[3] ?? '') && line.includes('MESSAGE_TOO_LARGE'));
    await stage.close();
  });

  it('no timer of kafkajs is negative, and none wakes an idle gateway', async () => {
    const topic = await topics().create();
    const delays: (number | undefined)[] = [];
    const original = globalThis.setTimeout;
    const timeouts = jest.spyOn(globalThis, 'setTimeout').mockImplementation((action: () => void, delay?: number) => {
      delays.push(delay);
      return original(action, delay);
    });
    await sink(topic).write(entries(3));
    timeouts.mockRestore();
    expect(delays.length).toBeGreaterThan(0);
    expect(delays.filter((delay) => (delay ?? 0) < 0)).toEqual([]);
  });

  describe('readTopic', () => {
    it('reads nothing from an empty topic', async () => {
      expect(await topics().all(await topics().create())).toEqual([]);
    });

    it('says that a topic is missing', async () => {
      await expect(readTopic(topics().target, 'tidegate-no-such-topic').next()).rejects.toThrow(/^Kafka: /);
    });

    it('may be left before the end', async () => {
      const topic = await topics().create();
      await sink(topic).write(entries(100));
      for await (const record of readTopic(topics().target, topic)) {
        expect(record.offset).toBe(0n);
        break;
      }
    });

    it('ends at what is there when it begins', async () => {
      const topic = await topics().create();
      const log = sink(topic);
      await log.write(entries(1000));
      let count = 0;
      for await (const record of readTopic(topics().target, topic)) {
        if (count++ === 0) await log.write(entries(10, 2000));
        expect(parsed(record).exchange.seq).toBeLessThan(2000);
      }
      expect(count).toBe(1000);
    });
  });

  it('the consumer of docs/kafka.md tells what every exchange has used, each once', async () => {
    const topic = await topics().create();
    const usage = { meta: { request_model: 'gpt-5-mini' }, usage: { total_tokens: 54, cost: 0.00007825 } };
    const first = entry(1, {
      exchange: { id: 'e1', seq: 1, outcome: 'completed' },
      agent: { session_id: 's' },
      ai: usage,
    });
    const refused = entry(2, { exchange: { id: 'e2', seq: 2, outcome: 'rejected' } });
    const log = sink(topic);
    for (const one of [first, first, refused]) await log.write([one]);
    const example = fileURLToPath(new URL('../../docs/examples/kafka-consumer.mjs', import.meta.url));
    const consumer = spawn(process.execPath, [example, topic], {
      env: { PATH: process.env['PATH'], KAFKA_BROKERS: topics().brokers.join(',') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told: string[] = [];
    createInterface(consumer.stdout).on('line', (line) => told.push(line));
    await eventually(() => told.length >= 2, { within: 60_000, what: told.join('\n') });
    consumer.kill('SIGTERM');
    expect(await once(consumer, 'exit')).toEqual([0, null]);
    expect(told.toSorted()).toEqual(['-\trejected\t-\t0\t?', 's\tcompleted\tgpt-5-mini\t54\t0.00007825']);
  });

  it('gets a full journal (the figures are printed, not judged)', async () => {
    const topic = await topics().create();
    const config = kafkaLog(topics().brokers, topic);
    const script = fileURLToPath(new URL('support/throughput.mjs', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(config)]);
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    const { records = 0, bytes, perSecond, cpuPerRecord } = figures;
    process.stdout.write(
      `  journal to Kafka: ${perSecond} records/s of ${bytes} bytes, ${cpuPerRecord} µs of CPU each\n`,
    );
    expect(await topics().count(topic)).toBe(records);
  });
}
