import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { apiError, text, toolCalls } from '../../apps/simulated-openai/src/index.js';
import type { Point } from './signals.js';
import { OtelStage, QUICK } from './stage.js';

const USAGE = { prompt: 120, completion: 40, cached: 100, cacheWrite: 7, reasoning: 8 };

describe('metrics', () => {
  let stage: OtelStage;
  beforeAll(async () => {
    stage = await OtelStage.open({
      config: ({ url }) => ({
        metrics: {
          endpoint: `${url}/v1/metrics`,
          push_interval: 0.1,
          enable_request_metrics: true,
          enable_bandwidth_metrics: true,
          enable_latency_metrics: true,
          enable_upstream_health_metrics: true,
        },
      }),
    });
  });
  afterAll(() => stage.close());

  const series = (name: string): Point[] => stage.collector.points.filter((point) => point.name === name);
  const total = (name: string, part: 'value' | 'count' | 'sum' = 'value'): number =>
    series(name).reduce((sum, point) => sum + (point[part] ?? 0), 0);

  it('are the GenAI conventions’ and Kong’s, and add up to the provider’s bill', async () => {
    stage.openai.enqueue(text('one', { usage: USAGE }), text('two', { usage: USAGE }));
    stage.openai.enqueue(apiError(400, { message: 'no' }));
    await stage.ask({ stream: true });
    await stage.ask();
    expect((await stage.ask()).status).toBe(400);
    await stage.collector.until(() => total('http.server.request.count') === 3, 'three requests');

    const prefix = 'gen_ai.client.inference';
    expect({
      input: total(`${prefix}.usage.input_tokens`),
      output: total(`${prefix}.usage.output_tokens`),
      read: total(`${prefix}.usage.cache_read.input_tokens`),
      written: total(`${prefix}.usage.cache_write.input_tokens`),
      reasoning: total(`${prefix}.usage.reasoning.output_tokens`),
      inputs: total(`${prefix}.operation.input_tokens`, 'sum'),
      calls: total(`${prefix}.duration`, 'count'),
      streams: total(`${prefix}.time_to_first_chunk`, 'count'),
    }).toEqual({ input: 240, output: 80, read: 200, written: 14, reasoning: 16, inputs: 240, calls: 3, streams: 1 });
    expect(total('kong.gen_ai.llm.cost')).toBeGreaterThan(0);

    const [answered] = series(`${prefix}.duration`);
    const upstream = new URL(stage.openai.url);
    expect(answered?.unit).toBe('s');
    expect(answered?.bounds?.slice(0, 3)).toEqual([0.01, 0.02, 0.04]);
    expect(answered?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.response.model': 'gpt-5-mini-2025-08-07',
      'server.address': upstream.hostname,
      'server.port': Number(upstream.port),
    });
    const failed = series(`${prefix}.usage.input_tokens`).find(({ attributes }) => attributes['error.type'] === '400');
    expect(failed).toMatchObject({ value: 0, attributes: { 'gen_ai.token.modality': 'unknown' } });

    expect(series('http.server.request.count').map(({ value, attributes }) => [value, attributes])).toEqual([
      [2, expect.objectContaining({ 'http.response.status_code': 200, 'kong.route.name': 'example-route' })],
      [1, expect.objectContaining({ 'http.response.status_code': 400, 'kong.response.source': 'kong' })],
    ]);
    expect(total('kong.latency.total', 'count')).toBe(3);
    expect(total('http.server.request.size', 'sum')).toBeGreaterThan(100);
  });
});

describe('log records', () => {
  let stage: OtelStage;
  beforeAll(async () => {
    stage = await OtelStage.open({
      config: ({ url }) => ({
        traces_endpoint: `${url}/v1/traces`,
        access_logs: { endpoint: `${url}/v1/logs` },
        queue: QUICK,
      }),
      aiProxy: { logging: { log_payloads: true } },
    });
  });
  beforeEach(() => stage.reset());
  afterAll(() => stage.close());

  it('tell an exchange, and what its request to a model failed with', async () => {
    stage.openai.enqueue(apiError(400, { message: 'this is wrong' }));
    const answer = await stage.ask();
    const [server, client] = await stage.traceOf(answer);
    const log = await stage.collector.logOf('tidegate.exchange');
    expect(log).toMatchObject({
      traceId: server.traceId,
      spanId: server.spanId,
      severity: 'ERROR',
      body: expect.stringMatching(/^POST \/anything\/v1\/messages\?beta=true 400 upstream_failed in \d+ ms$/),
      attributes: {
        'tidegate.exchange.id': answer.headers['request-id'],
        'gen_ai.request.model': 'gpt-5-mini',
        'exception.message': expect.stringContaining('this is wrong'),
      },
    });
    expect(await stage.collector.logOf('gen_ai.client.operation.exception')).toMatchObject({
      spanId: client?.spanId,
      severity: 'WARN',
      attributes: { 'gen_ai.operation.name': 'chat', 'exception.message': expect.stringContaining('this is wrong') },
    });
  });

  it('and spans hold prompts and answers where payloads are logged', async () => {
    stage.openai.enqueue(toolCalls([{ name: 'Read', args: { file_path: 'a' } }], { say: 'Let me see.' }));
    const tools = [{ name: 'Read', input_schema: { type: 'object', properties: { file_path: { type: 'string' } } } }];
    const messages = [{ role: 'user', content: 'What is in a?' }];
    const answer = await stage.ask({ system: 'Be brief.', messages, tools, stop_sequences: ['END'], stream: true });
    const [, client] = await stage.traceOf(answer);
    const details = await stage.collector.logOf('gen_ai.client.inference.operation.details');
    for (const { attributes } of [client!, details]) {
      const content = (name: string): unknown => JSON.parse(String(attributes[`gen_ai.${name}`]));
      expect(content('system_instructions')).toEqual([{ type: 'text', content: 'Be brief.' }]);
      expect(content('input.messages')).toEqual([
        { role: 'user', parts: [{ type: 'text', content: 'What is in a?' }] },
      ]);
      expect(content('output.messages')).toEqual([
        {
          role: 'assistant',
          parts: [
            { type: 'text', content: 'Let me see.' },
            { type: 'tool_call', id: expect.any(String), name: 'Read', arguments: { file_path: 'a' } },
          ],
          finish_reason: 'tool_call',
        },
      ]);
      expect(attributes['gen_ai.request.stop_sequences']).toEqual(['END']);
    }
    expect(details.spanId).toBe(client?.spanId);
  });
});
