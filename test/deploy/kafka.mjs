/** A real broker with the configuration of deploy/kafka, but for its ports and its folder. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { ROOT } from '../../tools/setup.mjs';
import { brokerJars } from '../kafka/broker/jars.mjs';

const JAVA = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const LOGGING = `appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%p %c{1} %m%n%ex{short}
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.server.name=kafka.server.KafkaRaftServer
logger.server.level=info
`;

/**
 * @param {string} folder empty
 * @param {string} clusterId
 * @returns {Promise<{ port: number, child: import('node:child_process').ChildProcess }>} the port that stands for kafka:9092
 */
export async function startKafka(folder, clusterId) {
  const [internal, controller, external] = await freePorts(3);
  const overridden = {
    'log.dirs': join(folder, 'data'),
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `INTERNAL://127.0.0.1:${internal},CONTROLLER://127.0.0.1:${controller},EXTERNAL://127.0.0.1:${external}`,
    'advertised.listeners': `INTERNAL://127.0.0.1:${internal},EXTERNAL://127.0.0.1:${external}`,
  };
  const file = join(folder, 'server.properties');
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(file, withValues(readFileSync(join(ROOT, 'deploy/kafka/server.properties'), 'utf8'), overridden));
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
  const java = [...JAVA, `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', brokerJars()];
  const format = [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file];
  const { status, stdout, stderr } = spawnSync('java', format, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the folder of the broker could not be made:\n${stdout}${stderr}`);
  const child = spawn('java', [...java, 'kafka.Kafka', file], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const output = [];
  const started = new Promise((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      output.push(line);
      if (line.includes('Kafka Server started')) resolve(true);
    });
  });
  if (!(await Promise.race([started, once(child, 'exit').then(() => false)]))) {
    throw new Error(`the broker did not start:\n${output.slice(-40).join('\n')}`);
  }
  return { port: internal, child };
}

/** Reads a topic from its beginning until so many messages have come. @returns {Promise<object[]>} their JSON */
export async function consume(port, topic, count) {
  const kafka = new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'test' });
  const messages = [];
  try {
    await consumer.connect();
    await subscribed(consumer, topic);
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
        if (!restart) reject(error);
      });
      const late = () => reject(new Error(`only ${messages.length} of ${count} messages within a minute`));
      AbortSignal.timeout(60_000).addEventListener('abort', late);
      void consumer.run({
        eachMessage: async ({ message }) => {
          messages.push(JSON.parse(message.value.toString()));
          if (messages.length >= count) resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}

/** The gateway's first record makes the topic, and until all of the broker knows of it nobody can read it. */
async function subscribed(consumer, topic) {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      return await consumer.subscribe({ topic, fromBeginning: true });
    } catch (error) {
      if (error.type !== 'UNKNOWN_TOPIC_OR_PARTITION' || performance.now() > deadline) throw error;
      await setTimeout(200);
    }
  }
}

/** Each value must be there already: what is overridden is what the file says otherwise. */
function withValues(text, values) {
  return Object.entries(values).reduce((result, [name, value]) => {
    const line = new RegExp(`^${name.replaceAll('.', '\\.')}=.*$`, 'm');
    if (!line.test(result)) throw new Error(`deploy/kafka/server.properties has no ${name}`);
    return result.replace(line, () => `${name}=${value}`);
  }, text);
}

/** Ports that are free now, all different. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
