/**
 * Has the built kafka-log write many records, as fast as it takes them, in the batches that delivery makes for it. The argument is the
 * `config` block as JSON; prints `{"records", "bytes" (of a record), "perSecond"}`.
 */
const dist = new URL('../../../dist/libs/', import.meta.url);
const { builtInPlugins } = await import(new URL('plugins/src/index.js', dist).href);
const { pluginMetadata } = await import(new URL('plugin-api/src/index.js', dist).href);

const RECORDS = 100_000;
const SOME = 1000;

const KafkaLog = builtInPlugins.find((plugin) => pluginMetadata(plugin).name === 'kafka-log');
const config = pluginMetadata(KafkaLog).config.parse(JSON.parse(process.argv[2]));
const sink = new KafkaLog().sink(config);
const { maxBatch } = sink.delivery;

/** An entry as it comes from the journal: bytes, parsed by whoever asks for the record. */
class StoredEntry {
  constructor(seq) {
    const agent = { session_id: `session-${seq % 40}` };
    const exchange = { id: `req_${seq}`, seq };
    this.json = Buffer.from(JSON.stringify({ agent, exchange, text: 'x'.repeat(900) }));
  }

  get record() {
    return JSON.parse(this.json.toString());
  }
}

async function write(entries) {
  for (let from = 0; from < entries.length; from += maxBatch) await sink.write(entries.slice(from, from + maxBatch));
}

const entries = Array.from({ length: RECORDS }, (_, seq) => new StoredEntry(seq));
await write(entries.slice(0, SOME));
const began = performance.now();
await write(entries.slice(SOME));
const seconds = (performance.now() - began) / 1000;
await sink.close();
const perSecond = Math.round((RECORDS - SOME) / seconds);
console.log(JSON.stringify({ records: RECORDS, bytes: entries[0].json.length, perSecond }));
