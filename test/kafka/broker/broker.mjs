/** A real Apache Kafka broker: one process, a controller as well (KRaft), its data in a directory of its own. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { brokerJars } from './jars.mjs';

const JAVA = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
export const HOST = '127.0.0.1';
export const LISTENERS = ['controller', 'plain', 'sasl', 'tls', 'mutual', 'proxied'];
/** Milliseconds; a start takes about five seconds on two idle cores. */
const START_WITHIN = 120_000;

export class KafkaBroker {
  #process;
  #output = [];
  #directory;
  #options;
  #ports;

  /** @param {import('./broker.d.mts').BrokerOptions} options */
  static async start(options = {}) {
    const broker = new KafkaBroker();
    broker.#options = options;
    broker.#ports = {
      ...(await freePorts(LISTENERS)),
      ...options.ports,
    };
    broker.#directory = mkdtempSync(join(tmpdir(), 'tidegate-kafka-'));
    try {
      await broker.#format();
      await broker.run();
    } catch (error) {
      await broker.stop();
      throw error;
    }
    return broker;
  }

  get plain() {
    return `${HOST}:${this.#ports.plain}`;
  }

  get sasl() {
    return `${HOST}:${this.#ports.sasl}`;
  }

  get tls() {
    return `${HOST}:${this.#ports.tls}`;
  }

  get mutualTls() {
    return `${HOST}:${this.#ports.mutual}`;
  }

  /** Where the broker really listens for those whom it has told `proxiedAs`. */
  get proxied() {
    return `${HOST}:${this.#ports.proxied}`;
  }

  /** Starts it again after `kill`, with the data it had. @param {object} changes to the options */
  async run(changes = {}) {
    Object.assign(this.#options, changes);
    this.#configure();
    const child = this.#java('kafka.Kafka', [this.#path('server.properties')]);
    this.#process = child;
    const lines = createInterface(child.stdout);
    const started = new Promise((resolve) => {
      lines.on('line', (line) => {
        this.#output.push(line);
        if (line.includes('Kafka Server started')) resolve(true);
      });
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), START_WITHIN);
    const running = await Promise.race([started, once(child, 'exit').then(() => false)]);
    clearTimeout(limit);
    if (!running) throw new Error(`the Kafka broker did not start:\n${this.#output.slice(-40).join('\n')}`);
  }

  /** Ends it as a crash does. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Ends it and removes its data. */
  async stop() {
    await this.#end('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #end(signal) {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #path(name) {
    return join(this.#directory, name);
  }

  #java(main, args) {
    const logging = `-Dlog4j2.configurationFile=${this.#path('log4j2.properties')}`;
    const heap = `-Xmx${this.#options.heap ?? '384m'}`;
    const child = spawn('java', [...JAVA, heap, logging, '-cp', brokerJars(), main, ...args], {
      cwd: this.#directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const killWithUs = () => child.kill('SIGKILL');
    process.once('exit', killWithUs);
    child.once('exit', () => process.off('exit', killWithUs));
    return child;
  }

  /** Makes the data directory, with the users of SCRAM in it. */
  async #format() {
    mkdirSync(this.#path('data'));
    this.#configure();
    const { sasl: { user, password } = {}, cluster } = this.#options;
    const scram = user === undefined ? [] : ['SCRAM-SHA-256', 'SCRAM-SHA-512'];
    const users = scram.flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${user},password=${password}]`]);
    const identity = cluster ? ['-t', cluster.id] : ['--standalone', '-t', newClusterId()];
    const args = ['format', ...identity, '-c', this.#path('server.properties'), ...users];
    try {
      await promisify(execFile)('java', [...JAVA, '-cp', brokerJars(), 'kafka.tools.StorageTool', ...args]);
    } catch (error) {
      const { stdout = '', stderr = '' } = error;
      throw new Error(`the Kafka broker's directory could not be made:\n${stdout}${stderr}`, { cause: error });
    }
  }

  #configure() {
    writeFileSync(
      this.#path('server.properties'),
      properties(serverProperties(this.#path('data'), this.#ports, this.#options)),
    );
    writeFileSync(this.#path('log4j2.properties'), properties(LOGGING));
  }
}

const LOGGING = {
  'appender.out.type': 'Console',
  'appender.out.name': 'out',
  'appender.out.layout.type': 'PatternLayout',
  'appender.out.layout.pattern': '%p %c{1} %m%n%ex{short}',
  'rootLogger.level': 'warn',
  'rootLogger.appenderRef.out.ref': 'out',
  'logger.server.name': 'kafka.server.KafkaRaftServer',
  'logger.server.level': 'info',
};

function serverProperties(directory, ports, { sasl, tls, proxiedAs, cluster, properties: more }) {
  const protocols = {
    CONTROLLER: 'PLAINTEXT',
    PLAIN: 'PLAINTEXT',
    ...(sasl && { SASL: 'SASL_PLAINTEXT' }),
    ...(tls && { TLS: 'SSL', MUTUAL: 'SSL' }),
    ...(proxiedAs && { PROXIED: 'PLAINTEXT' }),
  };
  const names = Object.keys(protocols);
  const at = (name, address) => `${name}://${address}`;
  const own = (name) => at(name, `${HOST}:${ports[name.toLowerCase()]}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(cluster?.node ?? 1),
    ...(cluster
      ? { 'controller.quorum.voters': cluster.voters }
      : { 'controller.quorum.bootstrap.servers': `${HOST}:${ports.controller}` }),
    listeners: names.map(own).join(','),
    'advertised.listeners': names.map((name) => (name === 'PROXIED' ? at(name, proxiedAs) : own(name))).join(','),
    'listener.security.protocol.map': names.map((name) => `${name}:${protocols[name]}`).join(','),
    'inter.broker.listener.name': 'PLAIN',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': directory,
    'num.partitions': '3',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...(sasl && saslProperties(sasl)),
    ...(tls && tlsProperties(tls)),
    ...more,
  };
}

function saslProperties({ user, password, plainPassword = password }) {
  const listener = (mechanism) => `listener.name.sasl.${mechanism}.sasl.jaas.config`;
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [listener('plain')]:
      `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user}="${plainPassword}";`,
    [listener('scram-sha-256')]: scram,
    [listener('scram-sha-512')]: scram,
  };
}

/** One listener that wants no certificate of its clients, and one that does. */
function tlsProperties({ certificate, key }) {
  const listeners = Object.entries({ tls: 'none', mutual: 'required' });
  const options = listeners.flatMap(([listener, clientAuthentication]) => {
    const option = (name) => `listener.name.${listener}.ssl.${name}`;
    return [
      [option('keystore.type'), 'PEM'],
      [option('keystore.certificate.chain'), certificate],
      [option('keystore.key'), key],
      [option('truststore.type'), 'PEM'],
      [option('truststore.certificates'), certificate],
      [option('client.auth'), clientAuthentication],
    ];
  });
  return Object.fromEntries(options);
}

const properties = (entries) =>
  Object.entries(entries)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');

export const newClusterId = () => randomBytes(16).toString('base64url');

/** Ports that are free now, all different. */
export async function freePorts(names) {
  const servers = await Promise.all(
    names.map(async () => {
      const server = createServer().listen(0, HOST);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = Object.fromEntries(names.map((name, index) => [name, servers[index].address().port]));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
