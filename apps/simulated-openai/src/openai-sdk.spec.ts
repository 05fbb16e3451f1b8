import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import {
  reasoning,
  reply,
  refusal,
  SimulatedOpenAI,
  text,
  textPart,
  toolCallPart,
  toolCalls,
  webSearch,
} from './index.js';

const READ = {
  name: 'Read',
  description: 'Reads a file',
  parameters: { type: 'object', properties: { file_path: { type: 'string' } }, required: ['file_path'] },
} as const;

describe('the official SDK against the simulation', () => {
  let simulation: SimulatedOpenAI;
  let client: OpenAI;

  beforeEach(async () => {
    simulation = await SimulatedOpenAI.start({ apiKey: 'sk-simulated' });
    client = new OpenAI({ baseURL: `${simulation.url}/v1`, apiKey: 'sk-simulated', maxRetries: 0 });
  });
  afterEach(() => simulation.close());

  it('gets a chat completion', async () => {
    simulation.enqueue(text('Hello there', { usage: { prompt: 9, completion: 2, cached: 4, reasoning: 1 } }));
    const completion = await client.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(completion).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-5-mini-2025-08-07',
      service_tier: 'default',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: { role: 'assistant', content: 'Hello there', refusal: null, annotations: [] },
        },
      ],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 2,
        total_tokens: 11,
        prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    });
    expect(completion.id).toMatch(/^chatcmpl-[A-Za-z0-9]{29}$/);
  });

  it('streams a chat completion with usage at the end', async () => {
    simulation.enqueue(text(['He', 'llo'], { usage: { prompt: 5, completion: 2 } }));
    const stream = client.chat.completions.stream({
      model: 'gpt-4.1',
      messages: [{ role: 'user', content: 'hi' }],
      stream_options: { include_usage: true },
    });
    const deltas: string[] = [];
    stream.on('content', (delta) => deltas.push(delta));
    const completion = await stream.finalChatCompletion();
    expect(deltas.filter((delta) => delta !== '')).toEqual(['He', 'llo']);
    expect(completion.choices[0]?.message.content).toBe('Hello');
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage?.total_tokens).toBe(7);
    expect(simulation.bill.of('gpt-4.1-2025-04-14')).toMatchObject({
      replies: 1,
      promptTokens: 5,
      completionTokens: 2,
    });
  });

  it('streams tool calls, and takes their results back', async () => {
    simulation.enqueue(
      toolCalls([
        { name: 'Read', args: ['{"file_', 'path":"a"}'], id: 'call_a' },
        { name: 'Read', args: { file_path: 'b' }, id: 'call_b' },
      ]),
      text('done'),
    );
    const tools = [{ type: 'function', function: READ }] as const;
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'read' }];
    const first = await client.chat.completions
      .stream({ model: 'gpt-5-mini', messages, tools: [...tools] })
      .finalMessage();
    expect(first.content).toBeNull();
    expect(first.tool_calls).toMatchObject([
      { id: 'call_a', type: 'function', function: { name: 'Read', arguments: '{"file_path":"a"}' } },
      { id: 'call_b', type: 'function', function: { name: 'Read', arguments: '{"file_path":"b"}' } },
    ]);
    const second = await client.chat.completions.create({
      model: 'gpt-5-mini',
      tools: [...tools],
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: first.tool_calls ?? [] },
        { role: 'tool', tool_call_id: 'call_b', content: 'B' },
        { role: 'tool', tool_call_id: 'call_a', content: 'A' },
      ],
    });
    expect(second.choices[0]?.message.content).toBe('done');
    expect(simulation.rejected).toEqual([]);
  });

  it('gets a refusal in both forms', async () => {
    simulation.enqueue(refusal('No.'), refusal('No.'));
    const request = { model: 'gpt-4.1', messages: [{ role: 'user' as const, content: 'x' }] };
    const whole = await client.chat.completions.create(request);
    expect(whole.choices[0]?.message).toMatchObject({ content: null, refusal: 'No.' });
    const streamed = await client.chat.completions.stream(request).finalMessage();
    expect(streamed.refusal).toBe('No.');
  });

  it('gets a response with everything a model may put out', async () => {
    simulation.enqueue(
      reply(
        [
          reasoning(['first', 'second'], { id: 'rs_1', encrypted: 'E' }),
          webSearch('q', ['https://a.org/']),
          textPart('hello', [{ url: 'https://a.org/', title: 'A', start: 0, end: 5 }]),
          toolCallPart({ name: 'Read', args: { file_path: 'a' }, id: 'call_1' }),
        ],
        { usage: { prompt: 100, completion: 20, cached: 60, cacheWrite: 30, reasoning: 8 } },
      ),
    );
    const response = await client.responses.create({
      model: 'gpt-5.6',
      input: 'hi',
      store: false,
      include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
      reasoning: { effort: 'high', summary: 'auto' },
      tools: [{ type: 'web_search' }, { type: 'function', strict: false, ...READ }],
    });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'gpt-5.6-2026-07-09',
      error: null,
    });
    expect(response.output_text).toBe('hello');
    expect(response.output).toMatchObject([
      {
        type: 'reasoning',
        id: 'rs_1',
        encrypted_content: 'E',
        summary: [
          { type: 'summary_text', text: 'first' },
          { type: 'summary_text', text: 'second' },
        ],
      },
      {
        type: 'web_search_call',
        status: 'completed',
        action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.org/' }] },
      },
      { type: 'message', content: [{ type: 'output_text', annotations: [{ type: 'url_citation', title: 'A' }] }] },
      { type: 'function_call', call_id: 'call_1', name: 'Read', arguments: '{"file_path":"a"}' },
    ]);
    expect(response.usage).toEqual({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 8 },
      total_tokens: 120,
    });
  });

  it('streams a response whose deltas add up to the final one', async () => {
    simulation.enqueue(
      reply([
        reasoning([['think', 'ing']], { id: 'rs_1' }),
        textPart(['He', 'llo']),
        toolCallPart({ name: 'Read', args: ['{"file_path"', ':"a"}'], id: 'call_1' }),
      ]),
    );
    const stream = client.responses.stream({
      model: 'gpt-5.6',
      input: 'hi',
      reasoning: { summary: 'auto' },
      tools: [{ type: 'function', strict: false, ...READ }],
    });
    const types: string[] = [];
    const sequence: number[] = [];
    for await (const event of stream) {
      types.push(event.type);
      sequence.push(event.sequence_number);
    }
    const response = await stream.finalResponse();
    expect(response.output_text).toBe('Hello');
    expect(response.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call']);
    expect(sequence).toEqual(sequence.map((_, index) => index));
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  it('gives reasoning items back', async () => {
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'read the file a.txt' }];
    const options = { model: 'gpt-5.6', store: false, tools: [{ type: 'function' as const, strict: false, ...READ }] };
    const first = await client.responses.create({ ...options, input });
    expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'function_call']);
    const call = first.output[1] as OpenAI.Responses.ResponseFunctionToolCall;
    const second = await client.responses.create({
      ...options,
      input: [
        ...input,
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        { type: 'function_call_output', call_id: call.call_id, output: 'content of a' },
      ],
    });
    expect(second.output_text).toContain('content of a');
  });

  it('counts the tokens of an input', async () => {
    const counted = await client.responses.inputTokens.count({ model: 'gpt-5', input: 'x'.repeat(400) });
    expect(counted.object).toBe('response.input_tokens');
    expect(counted.input_tokens).toBeGreaterThanOrEqual(100);
    expect(counted.input_tokens).toBeLessThan(120);
  });

  it('lists models and finds one', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(expect.arrayContaining(['gpt-5-mini', 'gpt-5-mini-2025-08-07', 'text-embedding-3-small']));
    await expect(client.models.retrieve('gpt-4o')).resolves.toMatchObject({ id: 'gpt-4o', object: 'model' });
    await expect(client.models.retrieve('nope')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('embeds texts', async () => {
    const { data, usage } = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['a', 'b', 'a'],
      dimensions: 32,
    });
    expect(data).toHaveLength(3);
    expect(data[0]?.embedding).toHaveLength(32);
    expect(data[2]?.embedding).toEqual(data[0]?.embedding);
    expect(data[1]?.embedding).not.toEqual(data[0]?.embedding);
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 5);
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
  });

  it('sees errors as the SDK knows them', async () => {
    const stranger = new OpenAI({ baseURL: `${simulation.url}/v1`, apiKey: 'sk-wrong-key', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toMatchObject({
      status: 401,
      code: 'invalid_api_key',
      message: expect.stringContaining('Incorrect API key provided: sk-w****-key.'),
    });
    await expect(
      client.chat.completions.create({ model: 'gpt-99', messages: [{ role: 'user', content: 'x' }] }),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found', type: 'invalid_request_error' });
  });
});
