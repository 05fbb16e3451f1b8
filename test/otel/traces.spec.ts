import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { apiError, chunk, cut, DONE, fin, gate, sse, text, toolCalls } from '../../apps/simulated-openai/src/index.js';
import { get, openStream } from '../support/index.js';
import { CLAUDE_CODE, question } from '../gateway/stage.js';
import { OtelStage, traces } from './stage.js';

const USAGE = { prompt: 120, completion: 40, cached: 100, cacheWrite: 7, reasoning: 8 };
const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let stage: OtelStage;
beforeAll(async () => {
  stage = await OtelStage.open({
    config: (collector) => ({ ...traces(collector), http_response_header_for_traceid: 'X-Trace-Id' }),
  });
});
beforeEach(() => stage.reset());
afterAll(() => stage.close());

describe('the trace of an exchange', () => {
  it('is a server span with a client span in it, by the HTTP and GenAI conventions', async () => {
    stage.openai.enqueue(text('A scandalous history.', { usage: USAGE }));
    const answer = await stage.ask({ stream: true, temperature: 1 }, { 'x-claude-code-session-id': 'session-1' });
    const [server, client, ...others] = await stage.traceOf(answer);
    const { port } = new URL(stage.stage.gateway.proxy);
    const upstream = new URL(stage.openai.url);

    expect(others).toEqual([]);
    expect(server).toMatchObject({ name: 'POST /anything', kind: 2, parentSpanId: undefined, status: 0 });
    expect(server.traceId).toBe(answer.headers['x-kong-request-id']);
    expect(answer.headers['x-trace-id']).toBe(server.traceId);
    expect(server.attributes).toEqual({
      'http.request.method': 'POST',
      'url.scheme': 'http',
      'url.path': '/anything/v1/messages',
      'url.query': 'beta=true',
      'http.route': '/anything',
      'http.response.status_code': 200,
      'client.address': '127.0.0.1',
      'server.address': '127.0.0.1',
      'server.port': Number(port),
      'user_agent.name': 'claude-cli',
      'user_agent.version': '2.0.37',
      'kong.request.id': server.traceId,
      'kong.route.name': 'example-route',
      'kong.service.name': 'example-service',
      'tidegate.exchange.outcome': 'completed',
      'tidegate.request_class': expect.any(String),
    });

    expect(client).toMatchObject({ name: 'chat gpt-5-mini', kind: 3, traceId: server.traceId, status: 0 });
    expect(client?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.request.stream': true,
      'gen_ai.request.max_tokens': 1024,
      'gen_ai.request.temperature': 1,
      'gen_ai.conversation.id': 'session-1',
      'gen_ai.response.id': expect.stringMatching(/^chatcmpl-/),
      'gen_ai.response.model': 'gpt-5-mini-2025-08-07',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 40,
      'gen_ai.usage.cache_read.input_tokens': 100,
      'gen_ai.usage.cache_write.input_tokens': 7,
      'gen_ai.usage.reasoning.output_tokens': 8,
      'tidegate.cost_usd': expect.any(Number),
      'server.address': upstream.hostname,
      'server.port': Number(upstream.port),
    });
    expect(client!.start).toBeGreaterThanOrEqual(server.start);
    expect(client!.end).toBeGreaterThanOrEqual(client!.start);
    expect(client!.end).toBeLessThanOrEqual(server.end);
  });

  it('takes the id of the client span to the upstream', async () => {
    const answer = await stage.ask();
    const [server, client] = await stage.traceOf(answer);
    const [request] = stage.openai.requests;
    expect(request?.headers.traceparent).toBe(`00-${server.traceId}-${client?.spanId}-01`);
  });

  it('goes on where the caller is', async () => {
    const answer = await stage.ask({}, { traceparent: PARENT, tracestate: 'vendor=1' });
    const [server, client] = await stage.traceOf(answer);
    expect(server).toMatchObject({ traceId: PARENT.slice(3, 35), parentSpanId: PARENT.slice(36, 52) });
    const [request] = stage.openai.requests;
    expect(request?.headers).toMatchObject({
      traceparent: `00-${server.traceId}-${client?.spanId}-01`,
      tracestate: 'vendor=1',
    });
    expect(answer.headers['x-trace-id']).toBe(server.traceId);
  });

  it('is not kept when the caller does not keep its own; the upstream hears of it all the same', async () => {
    const skipped = await stage.ask({}, { traceparent: PARENT.replace(/01$/, '00') });
    const [request] = stage.openai.requests;
    expect(request?.headers.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/);
    await stage.traceOf(await stage.ask());
    expect(stage.collector.spans.some(({ traceId }) => traceId === PARENT.slice(3, 35))).toBe(false);
    expect(skipped.status).toBe(200);
  });

  it('has tool calls and answers in one piece', async () => {
    stage.openai.enqueue(toolCalls([{ name: 'Read', args: { file_path: 'a' } }]));
    const tools = [{ name: 'Read', input_schema: { type: 'object', properties: { file_path: { type: 'string' } } } }];
    const [, client] = await stage.traceOf(await stage.ask({ tools }));
    expect(client?.attributes).toMatchObject({ 'gen_ai.response.finish_reasons': ['tool_call'] });
    expect(client?.attributes).not.toHaveProperty('gen_ai.request.stream');
    expect(client?.attributes).not.toHaveProperty('gen_ai.response.time_to_first_chunk');
  });

  it('has one client span for each attempt', async () => {
    stage.openai.enqueue(
      apiError(400, {
        message: "Unsupported parameter: 'temperature' is not supported with this model.",
        param: 'temperature',
        code: 'unsupported_parameter',
      }),
      text('Better.'),
    );
    const answer = await stage.ask({ temperature: 0.5 });
    expect(answer.status).toBe(200);
    const [server, first, second] = await stage.traceOf(answer);
    expect(server.status).toBe(0);
    expect(first).toMatchObject({ status: 2, attributes: { 'error.type': '400' } });
    expect(first?.attributes).not.toHaveProperty('gen_ai.usage.input_tokens');
    expect(second).toMatchObject({ status: 0, attributes: { 'http.request.resend_count': 1 } });
    expect(second!.start).toBeGreaterThanOrEqual(first!.end);
    expect(stage.openai.requests.map(({ headers }) => String(headers.traceparent).slice(36, 52))).toEqual([
      first?.spanId,
      second?.spanId,
    ]);
  });

  it('tells an error of the upstream', async () => {
    stage.openai.enqueue(apiError(503, { message: 'overloaded', type: 'server_error' }));
    const answer = await stage.ask();
    const [server, client] = await stage.traceOf(answer);
    expect(server).toMatchObject({ status: 2, attributes: { 'http.response.status_code': answer.status } });
    expect(server.attributes['error.type']).toEqual(expect.any(String));
    expect(client).toMatchObject({ status: 2, attributes: { 'error.type': '503' } });
  });

  it('tells a stream that broke off', async () => {
    stage.openai.enqueue(sse([chunk({ content: 'half' }), cut]));
    const answer = await stage.ask({ stream: true });
    const [server, client] = await stage.traceOf(answer);
    expect(server).toMatchObject({ status: 2, attributes: { 'tidegate.exchange.outcome': 'upstream_failed' } });
    expect(client).toMatchObject({
      status: 2,
      attributes: { 'error.type': 'reset', 'gen_ai.response.finish_reasons': ['error'] },
    });
  });

  it('tells a client that left', async () => {
    const reached = gate();
    stage.openai.enqueue(sse([chunk({ content: 'half' }), reached, chunk({ content: 'rest' }), fin('stop'), DONE]));
    const stream = await openStream(`${stage.stage.gateway.proxy}/anything/v1/messages`, {
      headers: CLAUDE_CODE,
      body: question({ stream: true }),
    });
    await stream.next();
    stream.leave();
    const [server, client] = await stage.traceOf(stream);
    reached.open();
    expect(server).toMatchObject({ status: 0, attributes: { 'error.type': 'client_aborted' } });
    expect(client).toMatchObject({ status: 2, attributes: { 'error.type': 'client_aborted' } });
  });

  it('has no client span where no upstream was asked', async () => {
    const answer = await get(`${stage.stage.gateway.proxy}/nowhere?token=canary-token-1`);
    const [server, ...clients] = await stage.traceOf(answer);
    expect(server).toMatchObject({ name: 'GET', attributes: { 'http.response.status_code': 404 } });
    expect(clients).toEqual([]);
    expect(server.attributes['url.query']).toBe('token=REDACTED');
  });

  it('holds no credential, no prompt, and nothing of the machine', async () => {
    const secrets = ['canary-key-0001', 'canary-bearer-0002', 'canary-cookie-0003', 'canary-query-0004'] as const;
    stage.openai.enqueue(apiError(401, { message: `Incorrect API key provided: ${secrets[0]}` }), text('the-answer'));
    const headers = { 'x-api-key': secrets[0], authorization: `Bearer ${secrets[1]}`, cookie: `a=${secrets[2]}` };
    const prompt = {
      messages: [{ role: 'user', content: 'canary-prompt-0005' }],
      stop_sequences: ['canary-stop-0006'],
    };
    await stage.traceOf(await stage.ask(prompt, headers));
    await stage.traceOf(await stage.ask(prompt, headers));
    await stage.traceOf(await get(`${stage.stage.gateway.proxy}/x?api_key=${secrets[3]}&a=${secrets[0]}`, headers));
    const sent = Buffer.concat(stage.collector.received.map(({ body }) => body)).toString('latin1');
    for (const word of [...secrets, 'canary-prompt-0005', 'canary-stop-0006', 'the-answer', 'sk-upstream-key']) {
      expect(sent).not.toContain(word);
    }
    expect(stage.collector.resource).toEqual({
      'service.name': 'tidegate',
      'service.version': expect.stringMatching(/^\d/),
      'service.instance.id': expect.any(String),
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.version': expect.any(String),
    });
  });
});
