import { beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayError } from '#libs/plugin-api';
import { GatewayMetrics } from './gateway-metrics.js';
import { aiFacts, finished } from './testing/events.js';
import { parseExposition, valueOf } from './testing/exposition.js';

const MODEL = { provider: 'openai', model: 'gpt-5-mini', route: 'claude' };

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
      expect(await value('tokens_total', { ...MODEL, type })).toBe(tokens);
    }
    expect(await value('cost_usd_total', MODEL)).toBe(0.5);
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
    expect(await value('tokens_total', { ...MODEL, type: 'output' })).toBe(tokens);
    expect(await value('cost_usd_total', MODEL)).toBe(cost);
    expect(await value('time_per_output_token_seconds_count', MODEL)).toBe(999);
  });

  it('counts without log_statistics too', async () => {
    metrics.observe(finished({ ai: aiFacts({ logStatistics: false }), record: { ai: undefined } }));
    expect(await value('tokens_total', { ...MODEL, type: 'input' })).toBe(100);
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
    expect(await value('cost_usd_total', MODEL)).toBeUndefined();
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

  it('lets nobody make more than 200 values and other of a label', async () => {
    for (let n = 0; n < 5_000; n++) {
      const ai = aiFacts({ requestModel: `m${n}"}\n`, toolCalls: [`t${n}`], lossy: [`l${n}`], stopReason: `s${n}` });
      metrics.observe(finished({ ai, agent: { client: `c${n}`, request_class: `r${n}` } }));
    }
    expect((await labelValues('tokens_total', 'model')).size).toBe(201);
    expect((await labelValues('tool_calls_total', 'tool')).size).toBe(201);
    expect((await labelValues('translation_losses_total', 'what')).size).toBe(201);
    expect((await labelValues('stop_reasons_total', 'reason')).size).toBe(21);
    expect((await labelValues('client_exchanges_total', 'client')).size).toBe(201);
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
    const sink = { name: 'file-log', depth: 2, bytes: 30, failed: 0, retried: 0, dropped: 0, dead: 0, lagSeconds: 1.5 };
    let delivered = 1;
    metrics.watchSinks({
      status: () => [
        { ...sink, delivered },
        { ...sink, delivered: 10 },
      ],
    });
    await metrics.render();
    delivered = 5;
    expect(await value('sink_delivered_total', { sink: 'file-log' })).toBe(15);
    expect(await value('sink_queue_entries', { sink: 'file-log' })).toBe(4);
    expect(await value('sink_lag_seconds', { sink: 'file-log' })).toBe(3);
  });

  it('tells of the node, the process and the event loop', async () => {
    metrics.setNode('node-1', '0.1.0');
    const text = await metrics.render();
    expect(valueOf(text, 'kong_node_info', { node_id: 'node-1', version: '0.1.0' })).toBe(1);
    expect(valueOf(text, 'tidegate_process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(valueOf(text, 'tidegate_event_loop_delay_seconds', { quantile: '0.99' })).toBeGreaterThanOrEqual(0);
  });
});
