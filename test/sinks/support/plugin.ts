import { builtInPlugins } from '#libs/plugins';
import { pluginMetadata, type LogRecord, type PluginEntity, type Sink, type SinkEntry } from '#libs/plugin-api';

/** The sink that a plugin of the gateway makes of this `config` block. @throws when the block has a fault */
export function sinkOf(name: string, config: object): Sink {
  const type = builtInPlugins.find((plugin) => pluginMetadata(plugin)?.name === name);
  const schema = type && pluginMetadata(type)?.config;
  if (!type || !schema) throw new Error(`no plugin ${name}`);
  const plugin = new type();
  const parsed = schema.parse(config);
  const problems = plugin.check?.(parsed) ?? [];
  if (problems.length > 0) throw new Error(problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join());
  const sink = plugin.sink?.(parsed, { config: parsed } as PluginEntity);
  if (!sink) throw new Error(`${name} is no log sink`);
  return sink;
}

/** A record with this sequence number. */
export function entry(seq: number, more: object = {}): SinkEntry {
  const record = {
    response: { status: 200 },
    started_at: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    latencies: { request: 1000 },
    exchange: { id: `e${seq}`, seq },
    ...more,
  };
  return { record: record as unknown as LogRecord, json: Buffer.from(JSON.stringify(record)) };
}

export const entries = (count: number, from = 1): SinkEntry[] =>
  Array.from({ length: count }, (_, index) => entry(from + index));

/** The sequence numbers in lines of JSON. */
export const sequenceOf = (lines: readonly string[]): number[] =>
  lines.map((line) => (JSON.parse(line) as { exchange: { seq: number } }).exchange.seq);
