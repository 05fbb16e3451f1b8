/**
 * Has the built delivery bring a full journal to kafka-log. The argument is the `config` block as JSON; prints
 * `{"records", "bytes" (of a record), "perSecond", "cpuPerRecord" (microseconds of this process)}`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const dist = new URL('../../../dist/libs/', import.meta.url);
const { builtInPlugins } = await import(new URL('plugins/src/index.js', dist).href);
const { pluginMetadata } = await import(new URL('plugin-api/src/index.js', dist).href);
const { DeadLetters, DeliveryService, DiskJournal } = await import(new URL('delivery/src/index.js', dist).href);

const RECORDS = 100_000;
const WARM_UP = 1000;
const SINK = 'kafka';

const KafkaLog = builtInPlugins.find((plugin) => pluginMetadata(plugin).name === 'kafka-log');
const config = pluginMetadata(KafkaLog).config.parse(JSON.parse(process.argv[2]));
const encode = (record) => Buffer.from(JSON.stringify(record));
const directory = mkdtempSync(join(tmpdir(), 'tidegate-throughput-'));

try {
  const delivery = new DeliveryService({
    journal: new DiskJournal({
      directory: join(directory, 'journal'),
      maxBytes: 2 ** 30,
      whenFull: 'drop_oldest',
      syncSeconds: 0,
    }),
    deadLetters: new DeadLetters(join(directory, 'dead')),
    encode,
    scrub: (text) => text,
  });
  await filled(delivery, 0, WARM_UP);
  await delivered(delivery);
  await filled(delivery, WARM_UP, RECORDS);
  const began = performance.now();
  const cpu = process.cpuUsage();
  await delivered(delivery);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await delivery.close(10_000);
  const count = RECORDS - WARM_UP;
  const figures = {
    records: RECORDS,
    bytes: encode(record(RECORDS)).length,
    perSecond: Math.round(count / seconds),
    cpuPerRecord: Math.round((user + system) / count),
  };
  console.log(JSON.stringify(figures));
} finally {
  rmSync(directory, { recursive: true });
}

/** The records wait for a sink that takes none. */
async function filled(delivery, from, to) {
  delivery.attach(
    SINK,
    { delivery: { firstRetryDelay: 600_000 }, write: () => Promise.reject(new Error('closed')) },
    SINK,
  );
  for (let seq = from + 1; seq <= to; seq++) delivery.publish(record(seq), [SINK]);
}

async function delivered(delivery) {
  delivery.attach(SINK, new KafkaLog().sink(config), SINK);
  while (delivery.status().some(({ depth }) => depth > 0)) await delay(5);
}

function record(seq) {
  const agent = { session_id: `session-${seq % 40}` };
  return { agent, exchange: { id: `req_${seq}`, node: 'n', seq }, text: 'x'.repeat(900) };
}
