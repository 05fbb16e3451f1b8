/**
 * `npm run bench:metrics`: CPU time that metrics take per exchange, all of Kong's families on, over models, routes and clients
 * as a busy gateway has them. Prints microseconds, the median of seven runs.
 */
import { ensureReady } from '../../tools/setup.mjs';

ensureReady();
await import('reflect-metadata');
const { GatewayMetrics, KongMetrics } = await import('../../dist/libs/plugins/src/index.js');

const EXCHANGES = 200_000;
const RUNS = 7;
const SWITCHES = {
  per_consumer: true,
  status_code_metrics: true,
  latency_metrics: true,
  bandwidth_metrics: true,
  ai_metrics: true,
  upstream_health_metrics: false,
  wasm_metrics: false,
};

const metrics = new GatewayMetrics();
const kong = new KongMetrics(metrics);
kong.show(SWITCHES);
const events = Array.from({ length: 1000 }, (_, n) => eventsOf(n));

const costs = Array.from({ length: RUNS + 1 }, run).slice(1);
costs.sort((a, b) => a - b);
console.log(
  `${costs[RUNS >> 1].toFixed(2)} µs CPU per exchange (${costs[0].toFixed(2)} to ${costs.at(-1).toFixed(2)})`,
);
const page = await metrics.render();
const start = process.cpuUsage();
await metrics.render();
console.log(
  `${(micros(start) / 1000).toFixed(1)} ms CPU per scrape of ${page.split('\n').length} lines, ${page.length >> 10} KiB`,
);
process.exit(0);

function run() {
  const before = process.cpuUsage();
  for (let n = 0; n < EXCHANGES; n++) {
    for (const event of events[n % events.length]) {
      metrics.observe(event);
      kong.count(event, SWITCHES);
    }
  }
  return micros(before) / EXCHANGES;
}

function micros(since) {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

/** Start, request read, first content, end. */
function eventsOf(n) {
  const usage = {
    prompt_tokens: 40_000 + n,
    completion_tokens: 300 + n,
    total_tokens: 40_300 + 2 * n,
    prompt_tokens_details: { cached_tokens: 38_000, cache_write_tokens: 1000, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 100,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      audio_tokens: 0,
    },
  };
  const model = ['gpt-5', 'gpt-5-mini', 'gpt-5.2', 'o3'][n % 4];
  const ai = {
    provider: 'openai',
    requestModel: model,
    mode: n % 3 === 0 ? 'oneshot' : 'stream',
    lossy: n % 5 === 0 ? ['lossy:top_k'] : [],
    startedMono: 0,
    firstContentMono: 400 + n,
    finishedMono: 9000 + n,
    usage,
    estimated: false,
    cost: 0.01,
    stopReason: n % 2 === 0 ? 'tool_use' : 'end_turn',
    toolCalls: n % 2 === 0 ? ['Read', 'Bash'] : [],
    upstreamError: undefined,
  };
  const exchange = {
    id: `req_${n}`,
    ai,
    agent: { client: 'claude-cli', request_class: ['main', 'subagent'][n % 2] },
    tries: [{}],
  };
  const record = {
    request: { size: 90_000 },
    response: { status: n % 20 === 0 ? 429 : 200, size: 40_000 },
    latencies: { kong: n % 10, proxy: 300 + n, request: 9000 + n, receive: 8000 },
    service: { name: 'service' },
    route: { name: ['a', 'b', 'c'][n % 3] },
    consumer: { username: `team-${n % 20}` },
    source: 'upstream',
    ai: {
      meta: { request_model: model, provider_name: 'openai', request_mode: ai.mode, llm_latency: 9000 },
      usage: { ...usage, cost: 0.01 },
    },
    exchange: { outcome: 'completed' },
  };
  const moment = (type) => ({ type, exchange, at: 0 });
  return [
    moment('exchange.started'),
    moment('request.decoded'),
    moment('response.first_content'),
    { ...moment('exchange.finished'), at: 9000 + n, record, error: undefined },
  ];
}
