/**
 * What keeping the records costs: CPU of the journal per exchange, how fast a full journal is delivered to a file, and what a
 * sink that is away costs in memory. `npm run bench:records`; needs the build.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { DeadLetters, DeliveryService, DiskJournal } from '#libs/delivery';
import { encodeRecord, ExchangeRecorder, LifecycleBus, SecretRedaction } from '#libs/lifecycle';
import { builtInPlugins } from '#libs/plugins';
import { pluginMetadata } from '#libs/plugin-api';

Logger.overrideLogger(false);

/** The targets, see docs/performance.md. */
const LIMITS = { plain: 15, payload: 60, perSecond: 50_000, memory: 50 };
const SINKS = ['a'];
const MIB = 2 ** 20;

const HEADERS = {
  'user-agent': 'claude-cli/2.1.112 (external, cli)',
  'anthropic-version': '2023-06-01',
  'content-type': 'application/json',
  'x-stainless-lang': 'js',
};
const ENTITY = {
  id: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
  name: 'anything',
  protocols: ['http', 'https'],
  retries: 5,
};
const FROZEN = Object.freeze({ ...ENTITY });
const SCOPE = { observers: [], sinkIds: SINKS };
const USAGE = { prompt_tokens: 1234, completion_tokens: 321, total_tokens: 1555, cost: 0.00123, estimated: false };

function record(seq, payload) {
  const id = `req_${seq.toString(16).padStart(32, '0')}`;
  return {
    request: {
      id: id.slice(4),
      method: 'POST',
      uri: '/anything/v1/messages?beta=true',
      url: 'http://localhost:8000/anything/v1/messages?beta=true',
      headers: HEADERS,
      size: 4000,
    },
    response: { status: 200, headers: { 'content-type': 'text/event-stream', 'request-id': id }, size: 9000 },
    latencies: { kong: 1, proxy: 171, request: 173, receive: 1 },
    client_ip: '127.0.0.1',
    started_at: 1_750_000_000_000,
    service: ENTITY,
    route: { ...ENTITY, paths: ['/anything'] },
    ai: {
      meta: { request_model: 'gpt-5-mini', response_model: 'gpt-5-mini', provider_name: 'openai' },
      usage: USAGE,
      proxy: { usage: USAGE },
      ...(payload && { payload }),
    },
    exchange: { id, node: '9a7b2c1e-0000-4000-8000-000000000000', seq, outcome: 'completed' },
  };
}

function mark({ request, exchange, service, route }) {
  return JSON.stringify({ request: { id: request.id, uri: request.uri, url: request.url }, exchange, service, route });
}

function opened(directory) {
  const journal = new DiskJournal({
    directory: join(directory, 'journal'),
    maxBytes: 4096 * MIB,
    whenFull: 'drop_oldest',
    syncSeconds: 0,
  });
  const deadLetters = new DeadLetters(join(directory, 'dead-letters'));
  return {
    journal,
    delivery: new DeliveryService({ journal, deadLetters, encode: encodeRecord, scrub: (text) => text }),
  };
}

function cpu(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Microseconds of CPU per exchange, median of rounds: mark and record, the encoding of the record left out. */
function cost(directory, payload, count) {
  const { journal } = opened(directory);
  journal.open('a', 'a', {}, () => {});
  const examples = Array.from({ length: 64 }, (_, seq) => {
    const it = record(seq, payload);
    return { it, json: Buffer.from(JSON.stringify(it)), mark: mark(it) };
  });
  let seq = 0;
  const round = () =>
    cpu(() => {
      for (let left = count; left > 0; left--) {
        const { it, json, mark: text } = examples[left % examples.length];
        seq++;
        journal.begin(seq, text, SINKS);
        journal.append({ seq, record: it, json }, SINKS);
      }
    }) / count;
  round();
  const rounds = Array.from({ length: 7 }, round).sort((a, b) => a - b);
  journal.close();
  return rounds[3];
}

const redaction = new SecretRedaction();
const NO_SECRETS = new Set();
const RESULT = {
  at: 2,
  status: 200,
  responseHeaders: { 'content-type': 'application/json' },
  requestSize: 4000,
  responseSize: 9000,
  outcome: 'completed',
  error: undefined,
  latencies: { kong: 1, proxy: 171, request: 173, receive: 1 },
  upstreamStatus: '200',
};

/** An exchange as the proxy holds it. */
function exchange(seq) {
  const uri = '/anything/v1/messages?beta=true';
  const digits = String(seq).padStart(32, '0');
  return {
    id: `req_${digits}`,
    requestId: digits,
    seq,
    startedAt: 1,
    startedMono: 1,
    upstreamUri: '/v1',
    tries: [],
    route: FROZEN,
    service: FROZEN,
    source: 'upstream',
    secretNames: NO_SECRETS,
    secretValues: NO_SECRETS,
    request: {
      method: 'POST',
      uri,
      query: 'beta=true',
      scheme: 'http',
      host: 'localhost',
      port: 8000,
      headers: HEADERS,
      clientIp: '127.0.0.1',
    },
    chain: SCOPE,
    view: {
      get uri() {
        return redaction.uri(uri, NO_SECRETS);
      },
    },
  };
}

/** Microseconds of CPU per exchange for all that its record costs. @param keeper who is given marks and records */
async function recorded(keeper, count) {
  const recorder = new ExchangeRecorder(new LifecycleBus(), keeper, 'node');
  const before = process.cpuUsage();
  for (let seq = 1; seq <= count; seq++) {
    const it = exchange(seq);
    recorder.started(it);
    recorder.finished(it, { at: 1, record: recorder.ending(it, RESULT), error: undefined });
    // So that the sink gets its turn.
    if (seq % 50 === 0) await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** The same exchanges, their records kept and delivered to a sink that takes everything, and only made; turn about. */
async function journalTax(directory, count) {
  const { delivery } = opened(directory);
  delivery.attach('a', { write: async () => {} }, 'a');
  const nobody = { begin: () => true, publish: (it) => void encodeRecord(it) };
  const taxes = [];
  for (let round = 0; round < 9; round++) {
    const without = await recorded(nobody, count);
    taxes.push((await recorded(delivery, count)) - without);
  }
  await delivery.close(1000);
  return taxes.sort((a, b) => a - b)[4];
}

const FileLog = builtInPlugins.find((type) => pluginMetadata(type)?.name === 'file-log');

function fileSink(path) {
  const { config } = pluginMetadata(FileLog);
  const entity = { id: 'a', name: 'file-log', enabled: true, position: 'bench' };
  return new FileLog().sink(config.parse({ path }), entity);
}

/** A full journal, delivered to a file from a cold start. */
async function throughput(directory, count) {
  const first = opened(directory);
  first.journal.open('a', 'a', {}, () => {});
  for (let seq = 1; seq <= count; seq++) first.delivery.publish(record(seq), SINKS);
  first.journal.close();
  globalThis.gc?.();
  const path = join(directory, 'log.json');
  const started = performance.now();
  const next = opened(directory);
  const scanned = performance.now();
  next.delivery.attach('a', fileSink(path), 'file-log');
  while (next.delivery.status()[0].depth > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  const seconds = (performance.now() - scanned) / 1000;
  await next.delivery.close(1000);
  const lines = readFileSync(path, 'utf8').split('\n').length - 1;
  if (lines !== count) throw new Error(`${lines} lines instead of ${count}`);
  return { perSecond: count / seconds, scanMs: scanned - started };
}

/** MiB that the process grows by while a sink is away and records keep coming. */
async function memory(directory, count) {
  const { delivery } = opened(directory);
  const away = { write: () => Promise.reject(new Error('away')) };
  delivery.attach('a', away, 'away');
  const publish = async (from, to) => {
    for (let seq = from; seq <= to; seq++) {
      delivery.begin(seq, mark(record(seq)), SINKS);
      delivery.publish(record(seq), SINKS);
      if (seq % 100 === 0) await new Promise(setImmediate);
    }
  };
  await publish(1, 20_000);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  await publish(20_001, 20_000 + count);
  globalThis.gc?.();
  const grown = (process.memoryUsage.rss() - before) / MIB;
  await delivery.close(0);
  return grown;
}

async function inFolder(work) {
  const directory = mkdtempSync(join(tmpdir(), 'tidegate-records-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const results = [];
function tell(what, value, unit, limit, atLeast = false) {
  const met = atLeast ? value >= limit : value <= limit;
  results.push(met);
  console.log(
    `${what.padEnd(58)} ${value.toFixed(1).padStart(10)} ${unit.padEnd(11)} ${atLeast ? '≥' : '≤'} ${limit}${met ? '' : '  MISSED'}`,
  );
}

// First, before others have made the heap large.
tell('a sink away for 100 000 records', await inFolder((folder) => memory(folder, 100_000)), 'MiB more', LIMITS.memory);
tell(
  'journal and delivery, above the same run without them',
  await inFolder((folder) => journalTax(folder, 20_000)),
  'µs CPU',
  LIMITS.plain,
);
const half = 'x'.repeat(50_000);
tell(
  'journal, record without payload',
  await inFolder((folder) => cost(folder, undefined, 20_000)),
  'µs CPU',
  LIMITS.plain,
);
const payload = { request: half, response: half };
tell(
  'journal, record with 100 KB of payload',
  await inFolder((folder) => cost(folder, payload, 2_000)),
  'µs CPU',
  LIMITS.payload,
);
const { perSecond, scanMs } = await inFolder((folder) => throughput(folder, 200_000));
tell('full journal to file-log', perSecond, 'records/s', LIMITS.perSecond, true);
console.log(`${'start with 200 000 records in the journal'.padEnd(58)} ${scanMs.toFixed(1).padStart(10)} ms`);
process.exit(results.every(Boolean) ? 0 : 1);
