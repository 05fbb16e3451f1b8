import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../api-error.js';
import { ReasoningSeals } from './reasoning-seals.js';
import { validateCountRequest, validateResponsesRequest } from './responses-validation.js';

const BASE = { model: 'gpt-5.6', input: 'hi' };
const USER = { role: 'user', content: 'hi' };
const FUNCTION = { type: 'function', name: 'Read', parameters: { type: 'object', properties: {} } };

const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'Read', arguments: '{}' });
const output = (id: string, value: unknown = 'ok') => ({ type: 'function_call_output', call_id: id, output: value });

function refusalOf(request: object, seals = new ReasoningSeals()): ApiError | undefined {
  try {
    validateResponsesRequest({ ...BASE, ...request }, seals);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

type Case = readonly [request: object, param: string | null, code: string | null, message: string];

describe('parameters', () => {
  it.each<Case>([
    [{ thinking: {} }, 'thinking', 'unknown_parameter', "Unknown parameter: 'thinking'."],
    [{ stop: ['a'] }, 'stop', 'unknown_parameter', "Unknown parameter: 'stop'."],
    [{ max_tool_calls: 3 }, 'max_tool_calls', 'unknown_parameter', 'Unknown parameter'],
    [
      { messages: [] },
      'messages',
      'unsupported_parameter',
      "In the Responses API, this parameter has moved to 'input'.",
    ],
    [{ max_tokens: 5 }, 'max_tokens', 'unsupported_parameter', "has moved to 'max_output_tokens'"],
    [{ reasoning_effort: 'low' }, 'reasoning_effort', 'unsupported_parameter', "has moved to 'reasoning.effort'"],
    [{ input: undefined }, 'input', 'missing_required_parameter', "Missing required parameter: 'input'."],
    [{ input: [] }, 'input', 'empty_array', 'empty array'],
    [
      { max_output_tokens: 1 },
      'max_output_tokens',
      'integer_below_min_value',
      'Expected a value >= 16, but got 1 instead.',
    ],
    [{ max_output_tokens: 200_000 }, 'max_output_tokens', 'integer_above_max_value', 'Expected a value <= 128000'],
    [{ include: ['everything'] }, 'include[0]', 'invalid_value', "Invalid value: 'everything'."],
    [{ truncation: 'maybe' }, 'truncation', 'invalid_value', "'auto' and 'disabled'"],
    [{ stream_options: {} }, 'stream_options', null, "only allowed when 'stream' is enabled"],
    [
      { previous_response_id: 'resp_1' },
      'previous_response_id',
      'previous_response_not_found',
      "Previous response with id 'resp_1' not found.",
    ],
    [{ background: true }, 'background', 'unsupported_parameter', 'background'],
    [
      { reasoning: { effort: 'minimal' } },
      'reasoning.effort',
      'unsupported_value',
      "'minimal' is not supported with the 'gpt-5.6-2026-07-09' model. Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', and 'max'.",
    ],
    [{ reasoning: { budget: 1 } }, 'reasoning.budget', 'unknown_parameter', "Unknown parameter: 'reasoning.budget'."],
    [{ temperature: 0.5 }, 'temperature', 'unsupported_parameter', "'temperature' is not supported with this model"],
    [{ model: 'gpt-4.1', reasoning: { effort: 'low' } }, 'reasoning.effort', 'unsupported_parameter', 'not supported'],
    [
      { model: 'gpt-4.1', reasoning: { summary: 'auto' } },
      'reasoning.summary',
      'unsupported_parameter',
      'not supported',
    ],
    [
      { model: 'gpt-4.1', include: ['reasoning.encrypted_content'] },
      'include',
      null,
      'Encrypted content is not supported with this model.',
    ],
    [{ model: 'gpt-5.4', prompt_cache_options: {} }, 'prompt_cache_options', 'unsupported_parameter', 'not supported'],
    [{ model: 'gpt-4.1', text: { verbosity: 'low' } }, 'text.verbosity', 'unsupported_value', "'low' is not supported"],
    [
      {
        text: {
          format: { type: 'json_schema', name: 'out', schema: { type: 'object', properties: {} }, strict: true },
        },
      },
      'text.format.schema',
      'invalid_json_schema',
      "'additionalProperties' is required",
    ],
  ])('refuses %j', (patch, param, code, message) => {
    const refusal = refusalOf(patch);
    expect(refusal?.status).toBe(400);
    expect(refusal?.body.error).toEqual({
      message: expect.stringContaining(message),
      type: 'invalid_request_error',
      param,
      code,
    });
  });

  it.each<readonly [request: object, message: string]>([
    [{ conversation: 'conv_1' }, "Conversation with id 'conv_1' not found."],
    [{ conversation: { id: 'conv_1' } }, "Conversation with id 'conv_1' not found."],
    [{ prompt: { id: 'pmpt_1' } }, "Prompt with id 'pmpt_1' not found."],
  ])('has nothing stored for %j', (patch, message) => {
    expect(refusalOf(patch)).toMatchObject({ status: 404, message });
  });

  it('takes a full request', () => {
    expect(
      refusalOf({
        input: [USER],
        instructions: 'be kind',
        store: false,
        stream: true,
        stream_options: { include_obfuscation: false },
        include: ['reasoning.encrypted_content', 'web_search_call.action.sources'],
        max_output_tokens: 16,
        reasoning: { effort: 'xhigh', summary: 'auto', context: 'all_turns' },
        text: {
          verbosity: 'low',
          format: { type: 'json_schema', name: 'o', schema: { type: 'object' }, strict: false },
        },
        truncation: 'disabled',
        parallel_tool_calls: false,
        tools: [],
        metadata: { a: 'b' },
        safety_identifier: 's',
        prompt_cache_key: 'k',
        prompt_cache_options: { mode: 'implicit' },
        service_tier: 'priority',
        context_management: [{ type: 'compaction', compact_threshold: 1000 }],
      }),
    ).toBeUndefined();
    expect(refusalOf({ model: 'gpt-5.2', temperature: 0.5 })).toBeUndefined();
  });
});

describe('tools', () => {
  it.each<Case>([
    [
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      'tools[0].name',
      'missing_required_parameter',
      'tools[0].name',
    ],
    [
      { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      'tools[0].type',
      'invalid_value',
      "Invalid value: 'web_search_20250305'.",
    ],
    [{ tools: [{ type: 'web_search', max_uses: 5 }] }, 'tools[0].max_uses', 'unknown_parameter', 'max_uses'],
    [
      { tools: [{ ...FUNCTION, strict: true }] },
      'tools[0].parameters',
      'invalid_function_parameters',
      "Invalid schema for function 'Read'",
    ],
    [{ tools: [{ ...FUNCTION, name: 'a.b' }] }, 'tools[0].name', 'invalid_value', 'does not match pattern'],
    [
      { tools: [FUNCTION], tool_choice: { type: 'function', name: 'Write' } },
      'tool_choice',
      null,
      "Tool choice 'function' not found in 'tools' parameter.",
    ],
    [
      { tools: [{ type: 'web_search' }], tool_choice: { type: 'function', name: 'web_search' } },
      'tool_choice',
      null,
      'not found',
    ],
    [
      { tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } },
      'tool_choice.type',
      'invalid_value',
      "Invalid value: 'web_search'.",
    ],
    [{ tool_choice: 'required' }, 'tool_choice', null, "Tool choice 'required' not found"],
    [
      { model: 'gpt-5', tools: [{ type: 'web_search' }], reasoning: { effort: 'minimal' } },
      'tools',
      null,
      "cannot be used with reasoning.effort 'minimal': web_search.",
    ],
    [{ model: 'gpt-5', tools: [{ type: 'tool_search' }] }, 'tools[0]', 'unsupported_parameter', 'not supported'],
    [
      { tools: [{ ...FUNCTION, defer_loading: true }] },
      'tools[0].defer_loading',
      'invalid_value',
      "need a tool of type 'tool_search'",
    ],
  ])('refuses %j', (patch, param, code, message) => {
    expect(refusalOf(patch)?.body.error).toMatchObject({ message: expect.stringContaining(message), param, code });
  });

  it.each([
    { tools: [FUNCTION], tool_choice: { type: 'function', name: 'Read' } },
    { tools: [{ ...FUNCTION, strict: null, description: null }] },
    { tools: [{ type: 'web_search', filters: { allowed_domains: ['a.org'] } }], tool_choice: 'required' },
    {
      tools: [FUNCTION, { type: 'web_search' }],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'web_search' }] },
    },
    {
      tools: [
        { ...FUNCTION, defer_loading: true },
        { type: 'tool_search', execution: 'client' },
      ],
    },
  ])('takes %j', (patch) => expect(refusalOf(patch)).toBeUndefined());
});

describe('items', () => {
  const text = { type: 'input_text', text: 'x' };
  const png = { type: 'input_image', image_url: 'data:image/png;base64,QUJD', detail: 'high' };
  const pdf = { type: 'input_file', filename: 'r.pdf', file_data: 'data:application/pdf;base64,QUJD' };

  it.each<readonly [item: object, param: string, message: string]>([
    [{ type: 'chat' }, 'input[0].type', "Invalid value: 'chat'."],
    [{ content: 'x' }, 'input[0].type', "Missing required parameter: 'input[0].type'."],
    [
      { role: 'tool', content: 'x' },
      'input[0].role',
      "Invalid value: 'tool'. Supported values are: 'user', 'system', 'developer', and 'assistant'.",
    ],
    [
      { role: 'user', content: [{ type: 'text', text: 'x' }] },
      'input[0].content[0].type',
      "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', and 'input_file'.",
    ],
    [
      { role: 'assistant', content: [text] },
      'input[0].content[0].type',
      "Supported values are: 'output_text' and 'refusal'.",
    ],
    [{ role: 'user', content: 'x', name: 'n' }, 'input[0].name', "Unknown parameter: 'input[0].name'."],
    [{ role: 'assistant', content: 'x', id: 'toolu_1' }, 'input[0].id', "Expected an ID that begins with 'msg'."],
    [
      { ...call('c1'), id: 'toolu_1' },
      'input[0].id',
      "Invalid 'input[0].id': 'toolu_1'. Expected an ID that begins with 'fc'.",
    ],
    [call('x'.repeat(65)), 'input[0].call_id', 'maximum length 64'],
    [{ ...call('c1'), arguments: {} }, 'input[0].arguments', 'expected a string, but got an object'],
    [
      { role: 'user', content: [{ type: 'input_image' }] },
      'input[0].content[0].image_url',
      'Missing required parameter',
    ],
    [
      { role: 'user', content: [{ type: 'input_image', image_url: { url: 'x' } }] },
      'input[0].content[0].image_url',
      'expected a string',
    ],
    [
      { role: 'user', content: [{ type: 'input_file', file_data: 'data:application/pdf;base64,QUJD' }] },
      'input[0].content[0].filename',
      'Missing required parameter',
    ],
    [{ role: 'user', content: [{ type: 'input_file', file_id: 'file_X' }] }, 'input[0].content[0].file_id', "'file_X'"],
    [{ type: 'reasoning', id: 'thinking_1', summary: [] }, 'input[0].id', "begins with 'rs'"],
    [{ type: 'reasoning', id: 'rs_1' }, 'input[0].summary', 'Missing required parameter'],
  ])('refuses %j', (item, param, message) => {
    const refusal = refusalOf({ input: [item] });
    expect(refusal?.status).toBe(400);
    expect(refusal?.body.error).toMatchObject({ message: expect.stringContaining(message), param });
  });

  it('takes a whole conversation', () => {
    expect(
      refusalOf({
        input: [
          { type: 'message', role: 'developer', content: [{ ...text, prompt_cache_breakpoint: { mode: 'explicit' } }] },
          { role: 'user', content: [text, png, pdf, { type: 'input_file', file_url: 'https://h/r.pdf' }] },
          { role: 'assistant', content: [{ type: 'output_text', text: 'a' }], phase: 'commentary' },
          call('c1'),
          call('c2'),
          { type: 'message', role: 'developer', content: 'note' },
          output('c2', [text, png, pdf]),
          output('c1'),
          { type: 'additional_tools', role: 'developer', tools: [FUNCTION] },
          USER,
        ],
      }),
    ).toBeUndefined();
  });

  it.each<readonly [name: string, input: readonly object[], message: string]>([
    ['a call without output', [USER, call('c1')], 'No tool output found for function call c1.'],
    [
      'an output without call',
      [USER, output('ghost')],
      'No tool call found for function call output with call_id ghost.',
    ],
    [
      'an output before its call',
      [output('c1'), call('c1')],
      'No tool call found for function call output with call_id c1.',
    ],
  ])('refuses %s', (_name, input, message) => {
    expect(refusalOf({ input })?.body.error).toEqual({
      message,
      type: 'invalid_request_error',
      param: 'input',
      code: null,
    });
  });

  it('has tools added in the conversation for newer models only', () => {
    const input = [{ type: 'additional_tools', role: 'developer', tools: [FUNCTION] }, USER];
    expect(refusalOf({ input, model: 'gpt-5.2' })?.param).toBe('input[0]');
  });

  it('takes at most four cache breakpoints, on any part, on newer models', () => {
    const marked = { ...png, prompt_cache_breakpoint: { mode: 'explicit' } };
    const asking = (count: number) => ({
      input: [{ role: 'user', content: Array.from({ length: count }, () => marked) }],
    });
    expect(refusalOf(asking(4))).toBeUndefined();
    expect(refusalOf(asking(5))?.message).toContain('at most 4, but got 5');
    expect(refusalOf({ ...asking(1), model: 'gpt-5.4' })?.param).toBe('input[0].content[0].prompt_cache_breakpoint');
  });
});

describe('reasoning items', () => {
  const seals = new ReasoningSeals();
  const item = (id: string, encrypted: string | null = seals.seal(id)) => ({
    type: 'reasoning',
    id,
    summary: [{ type: 'summary_text', text: 's' }],
    ...(encrypted !== null && { encrypted_content: encrypted }),
  });

  it('come back with their own ciphertext and what followed them', () => {
    expect(refusalOf({ input: [USER, item('rs_1'), call('c1'), output('c1')] }, seals)).toBeUndefined();
    expect(
      refusalOf({ input: [USER, item('rs_1'), { role: 'assistant', content: 'x' }, USER] }, seals),
    ).toBeUndefined();
  });

  it.each<readonly [name: string, input: readonly object[], status: number, code: string | null, message: string]>([
    [
      'another id',
      [item('rs_2', seals.seal('rs_1')), call('c'), output('c')],
      400,
      'invalid_encrypted_content',
      'The encrypted content for item rs_2 could not be verified.',
    ],
    [
      'an invented ciphertext',
      [item('rs_1', 'E'), call('c'), output('c')],
      400,
      'invalid_encrypted_content',
      'could not be decrypted or parsed',
    ],
    [
      'no ciphertext',
      [item('rs_1', null), call('c'), output('c')],
      404,
      null,
      "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.",
    ],
    [
      'nothing behind',
      [USER, item('rs_1')],
      400,
      null,
      "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
    ],
    ['a user message behind', [item('rs_1'), USER], 400, null, 'without its required following item'],
    [
      'the same id twice',
      [item('rs_1'), item('rs_1'), call('c'), output('c')],
      400,
      null,
      'Duplicate item found with id rs_1.',
    ],
    ['a reference', [{ type: 'item_reference', id: 'rs_1' }], 404, null, "Item with id 'rs_1' not found."],
  ])('are refused with %s', (_name, input, status, code, message) => {
    const refusal = refusalOf({ input }, seals);
    expect(refusal).toMatchObject({ status, code });
    expect(refusal?.message).toContain(message);
  });

  it('are let in when a test vouches for them', () => {
    const trusting = new ReasoningSeals();
    trusting.trust('rs_9', 'E');
    expect(refusalOf({ input: [item('rs_9', 'E'), call('c'), output('c')] }, trusting)).toBeUndefined();
  });
});

describe('POST /v1/responses/input_tokens', () => {
  it('takes the parameters of the prompt and no others', () => {
    const seals = new ReasoningSeals();
    const count = (patch: object) => () => validateCountRequest({ ...BASE, ...patch }, seals);
    expect(count({ tools: [FUNCTION], instructions: 'i', reasoning: { effort: 'low' } })).not.toThrow();
    expect(count({ stream: true })).toThrow("Unknown parameter: 'stream'.");
    expect(count({ max_output_tokens: 100 })).toThrow("Unknown parameter: 'max_output_tokens'.");
  });
});
