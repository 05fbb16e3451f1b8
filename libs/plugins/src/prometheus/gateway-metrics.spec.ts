import { beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '#libs/plugin-api';
import { ERROR_CLASSES } from './error-class.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { KongMetrics } from './kong-metrics.js';
import { aiFacts, finished } from './testing/events.js';
import { parseExposition, valueOf } from './testing/exposition.js';

const MODEL = { provider: 'openai', model: 'gpt-5-mini', route: 'claude' };
const COUNTED = { ...MODEL, request_class: 'unknown' };

describe('GatewayMetrics', () => {
  let metrics: GatewayMetrics;
  beforeEach(() => {
    metrics = new GatewayMetrics();
  });
  const value = async (name: string, labels?: Record<string, string>) =>
    valueOf(await metrics.render(), `tidegate_${name}`, labels);
  const labelValues = async (name: string, label: string) =>
    new Set(
      parseExposition(await metrics.render())
        .filter((sample) => sample.name === `tidegate_${name}`)
        .map(({ labels }) => labels[label]),
    );

  it('counts tokens by type, cost and times of an exchange', async () => {
    metrics.observe(finished({ ai: aiFacts() }));
    const types = { input: 100, cached: 60, cache_write: 5, output: 11, reasoning: 4 };
    for (const [type, tokens] of Object.entries(types)) {
      expect(await value('tokens_total', { ...COUNTED, type })).toBe(tokens);
    }
    expect(await value('cost_usd_total', COUNTED)).toBe(0.5);
    expect(await value('time_to_first_token_seconds_sum', MODEL)).toBe(1);
    expect(await value('time_per_output_token_seconds_sum', MODEL)).toBeCloseTo(0.1);
    expect(await value('exchanges_total', { route: 'claude', outcome: 'completed' })).toBe(1);
    expect(await value('exchange_duration_seconds_sum', { route: 'claude' })).toBe(2.1);
  });

  it('counts what the records say, over many exchanges', async () => {
    let tokens = 0;
    let cost = 0;
    for (let n = 1; n <= 1000; n++) {
      const ai = aiFacts({ cost: n / 64 });
      if (ai.usage) ai.usage.completion_tokens = n;
      tokens += n;
      cost += n / 64;
      metrics.observe(finished({ ai }));
    }
    expect(await value('tokens_total', { ...COUNTED, type: 'output' })).toBe(tokens);
    expect(await value('cost_usd_total', COUNTED)).toBe(cost);
    expect(await value('time_per_output_token_seconds_count', MODEL)).toBe(999);
  });

  it('counts without log_statistics too', async () => {
    metrics.observe(finished({ ai: aiFacts({ logStatistics: false }), record: { ai: undefined } }));
    expect(await value('tokens_total', { ...COUNTED, type: 'input' })).toBe(100);
  });

  it('tells tools, stop reasons, losses, clients', async () => {
    const ai = aiFacts({ toolCalls: ['Read', 'Read', 'Bash'], lossy: ['lossy:top_k'] });
    metrics.observe(finished({ ai, agent: { client: 'claude-cli', request_class: 'main' } }));
    expect(await value('tool_calls_total', { tool: 'Read' })).toBe(2);
    expect(await value('tool_calls_total', { tool: 'Bash' })).toBe(1);
    expect(await value('translation_losses_total', { what: 'lossy:top_k' })).toBe(1);
    expect(await value('client_exchanges_total', { client: 'claude-cli', request_class: 'main' })).toBe(1);
    const stop = { provider: 'openai', model: 'gpt-5-mini', reason: 'tool_use' };
    expect(await value('stop_reasons_total', stop)).toBe(1);
  });

  it('counts an unknown price, and does not take it for 0', async () => {
    metrics.observe(finished({ ai: aiFacts({ cost: null, estimated: true }) }));
    const model = { provider: 'openai', model: 'gpt-5-mini' };
    expect(await value('price_missing_total', model)).toBe(1);
    expect(await value('usage_estimated_total', model)).toBe(1);
    expect(await value('cost_usd_total', COUNTED)).toBeUndefined();
  });

  it('has no time to a first token without one, nor for an answer in one piece', async () => {
    metrics.observe(finished({ ai: aiFacts({ firstContentMono: undefined }) }));
    metrics.observe(finished({ ai: aiFacts({ mode: 'oneshot' }) }));
    expect(await value('time_to_first_token_seconds_count', MODEL)).toBe(0);
    expect(await value('time_per_output_token_seconds_count', MODEL)).toBe(0);
  });

  it('counts failures by class', async () => {
    metrics.observe(finished({ error: new GatewayError('upstream_timeout') }));
    metrics.observe(finished({ record: { exchange: { outcome: 'client_aborted' } } }));
    expect(await value('upstream_errors_total', { class: 'provider_timeout' })).toBe(1);
    expect(await value('upstream_errors_total', { class: 'caller_gone' })).toBe(1);
  });

  it('tells what main and sub-agents use apart', async () => {
    for (const request_class of ['main', 'subagent', 'subagent']) {
      metrics.observe(finished({ ai: aiFacts(), agent: { client: 'claude-cli', request_class } }));
    }
    expect(await value('tokens_total', { ...MODEL, request_class: 'subagent', type: 'input' })).toBe(200);
    expect(await value('cost_usd_total', { ...MODEL, request_class: 'main' })).toBe(0.5);
  });

  it('#56: leaves at most 200 values a label of 10,000 names that somebody makes up', async () => {
    for (let n = 0; n < 10_000; n++) {
      const ai = aiFacts({ requestModel: `m${n}"}\n`, toolCalls: [`t${n}`], lossy: [`l${n}`], stopReason: `s${n}` });
      metrics.observe(finished({ ai, agent: { client: `c${n}`, request_class: `r${n}` } }));
    }
    expect((await labelValues('tokens_total', 'model')).size).toBe(200);
    expect((await labelValues('tool_calls_total', 'tool')).size).toBe(200);
    expect((await labelValues('translation_losses_total', 'what')).size).toBe(200);
    expect((await labelValues('stop_reasons_total', 'reason')).size).toBe(20);
    expect((await labelValues('client_exchanges_total', 'client')).size).toBe(200);
    expect((await labelValues('client_exchanges_total', 'request_class')).size).toBe(16);
    const values = new Map<string, Set<string>>();
    for (const { name, labels } of parseExposition(await metrics.render())) {
      for (const [label, text] of Object.entries(labels)) {
        const key = `${name} ${label}`;
        values.set(key, (values.get(key) ?? new Set()).add(text));
      }
    }
    expect(Math.max(...[...values.values()].map(({ size }) => size))).toBe(200);
    // Nothing is lost by it.
    const inputs = parseExposition(await metrics.render()).filter(
      ({ name, labels }) => name === 'tidegate_tokens_total' && labels['type'] === 'input',
    );
    expect(inputs.reduce((sum, sample) => sum + sample.value, 0)).toBe(1_000_000);
  });

  it('has no label for who works or in which session', async () => {
    const agent = {
      client: 'claude-cli',
      request_class: 'main',
      session_id: 'secret-session',
      agent_id: 'secret-agent',
    };
    metrics.observe(finished({ ai: aiFacts(), agent }));
    expect(await metrics.render()).not.toMatch(/secret-/);
    for (const { labelNames } of metrics.describe())
      expect(labelNames).not.toContain(expect.stringMatching(/session|user/));
  });

  it('follows exchanges and streams under way, whatever is announced', async () => {
    const { exchange } = finished({ id: 'req_1', ai: aiFacts() });
    const other = finished({ id: 'req_2', ai: aiFacts() });
    metrics.observe({ type: 'exchange.started', exchange, at: 0 });
    metrics.observe({ type: 'exchange.started', exchange: other.exchange, at: 0 });
    metrics.observe({ type: 'request.decoded', exchange, at: 0 });
    expect([await value('active_exchanges'), await value('active_streams')]).toEqual([2, 1]);
    metrics.observe(other);
    expect([await value('active_exchanges'), await value('active_streams')]).toEqual([1, 1]);
    metrics.observe(finished({ id: 'req_1', ai: aiFacts() }));
    expect([await value('active_exchanges'), await value('active_streams')]).toEqual([0, 0]);
  });

  it('reads the sinks at every scrape, those of one name together', async () => {
    const sink = {
      name: 'file-log',
      depth: 2,
      bytes: 30,
      failed: 0,
      retried: 0,
      dropped: 0,
      dead: 0,
      deadLetters: 0,
      lagSeconds: 1.5,
    };
    let delivered = 1;
    metrics.watchSinks({
      status: () => [
        { ...sink, delivered },
        { ...sink, delivered: 10, lagSeconds: 0 },
      ],
    });
    await metrics.render();
    delivered = 5;
    expect(await value('sink_delivered_total', { sink: 'file-log' })).toBe(15);
    expect(await value('sink_queue_entries', { sink: 'file-log' })).toBe(4);
    expect(await value('sink_lag_seconds', { sink: 'file-log' })).toBe(1.5);
  });

  it('forgets a sink that has been taken away', async () => {
    const sink = {
      depth: 0,
      bytes: 0,
      delivered: 1,
      failed: 0,
      retried: 0,
      dropped: 0,
      dead: 0,
      deadLetters: 0,
      lagSeconds: 0,
    };
    let sinks = [{ ...sink, name: 'a' }];
    metrics.watchSinks({ status: () => sinks });
    expect(await value('sink_delivered_total', { sink: 'a' })).toBe(1);
    sinks = [];
    expect(await value('sink_delivered_total', { sink: 'a' })).toBeUndefined();
  });

  it('reads the journal at every scrape', async () => {
    metrics.watchJournal({
      journalStatus: () => ({
        bytes: 4096,
        max_bytes: 8192,
        full: true,
        unfinished: 3,
        corrupt_frames: 1,
        failing: { since: 'now', error: 'no space' },
        unclaimed: [{ depth: 2 }, { depth: 5 }],
      }),
    });
    const names = ['bytes', 'max_bytes', 'full', 'failing', 'unfinished_exchanges', 'unclaimed_entries'];
    expect(await Promise.all(names.map((name) => value(`journal_${name}`)))).toEqual([4096, 8192, 1, 1, 3, 7]);
    expect(await value('journal_corrupt_frames_total')).toBe(1);
  });

  it('reads what went to a collector, where something was to go', async () => {
    const counts = { exported: 7, failed: 2, dropped: 1 };
    let counted: Record<string, typeof counts> | undefined;
    metrics.watchExports({ counted: () => counted });
    expect(await value('otel_exported_total', { signal: 'traces' })).toBeUndefined();
    counted = { traces: counts };
    expect(await value('otel_exported_total', { signal: 'traces' })).toBe(7);
    expect(await value('otel_dropped_total', { signal: 'traces' })).toBe(1);
  });

  it('counts every class of error and outcome from 0 on, so that the first one makes a rate', async () => {
    for (const name of ERROR_CLASSES) expect(await value('upstream_errors_total', { class: name })).toBe(0);
    metrics.observe(finished({ tries: [{}, {}, {}] }));
    expect(await value('exchanges_total', { route: 'claude', outcome: 'upstream_failed' })).toBe(0);
    expect(await value('upstream_retries_total', { route: 'claude' })).toBe(2);
  });

  it('counts exchanges that have come to no route', async () => {
    metrics.observe(finished({ record: { route: undefined, exchange: { outcome: 'rejected' } } }));
    expect(await value('exchanges_total', { route: '(none)', outcome: 'rejected' })).toBe(1);
  });

  it('tells of the node, the server, the process and the event loop', async () => {
    metrics.setNode('node-1', '0.1.0');
    metrics.watchServer({
      serverStatus: () => ({
        connections: 3,
        total: 7,
        pluginErrors: new Map([['my-plugin', 2]]),
        configurationRefused: true,
      }),
    });
    const text = await metrics.render();
    const node = { node_id: 'node-1' };
    expect(valueOf(text, 'kong_node_info', { ...node, version: '0.1.0' })).toBe(1);
    expect(valueOf(text, 'kong_datastore_reachable')).toBe(1);
    expect(valueOf(text, 'kong_nginx_connections_total', { ...node, subsystem: 'http', state: 'active' })).toBe(3);
    expect(valueOf(text, 'kong_nginx_requests_total', { ...node, subsystem: 'http' })).toBe(7);
    expect(valueOf(text, 'tidegate_build_info', { version: '0.1.0', node_version: process.version })).toBe(1);
    expect(valueOf(text, 'tidegate_configuration_refused')).toBe(1);
    expect(valueOf(text, 'tidegate_plugin_errors_total', { plugin: 'my-plugin' })).toBe(2);
    expect(valueOf(text, 'tidegate_process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(valueOf(text, 'tidegate_event_loop_delay_seconds_count')).toBeGreaterThanOrEqual(0);
  });

  it('has names, types and helps as Prometheus wants them, but for those that are Kong’s', async () => {
    new KongMetrics(metrics).showAll();
    const own = metrics.describe().filter(({ name }) => !name.startsWith('kong_'));
    expect(own.length).toBeGreaterThan(40);
    for (const { name, type, help, labelNames } of own) {
      expect(name).toMatch(/^tidegate_[a-z][a-z_]*[a-z]$/);
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
      expect(help.length).toBeGreaterThan(5);
      expect(labelNames).not.toContain('quantile');
    }
  });
});
