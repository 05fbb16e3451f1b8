import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../api-error.js';
import { validateChatRequest } from './chat-validation.js';

const USER = { role: 'user', content: 'hi' };
const BASE = { model: 'gpt-4.1', messages: [USER] };
const TOOL = {
  type: 'function',
  function: { name: 'Read', parameters: { type: 'object', properties: { p: { type: 'string' } } } },
};

/** The error that a request is refused with; undefined when it is taken. */
function refusalOf(request: unknown): ApiError | undefined {
  try {
    validateChatRequest(request);
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
    [
      { max_tokens: '5' },
      'max_tokens',
      'invalid_type',
      "Invalid type for 'max_tokens': expected an integer, but got a string instead.",
    ],
    [{ max_tokens: 1.5 }, 'max_tokens', 'invalid_type', 'expected an integer, but got a decimal number instead.'],
    [
      { max_completion_tokens: 0 },
      'max_completion_tokens',
      'integer_below_min_value',
      'Expected a value >= 1, but got 0 instead.',
    ],
    [{ temperature: 2.5 }, 'temperature', 'decimal_above_max_value', 'Expected a value <= 2, but got 2.5 instead.'],
    [{ stream: 'yes' }, 'stream', 'invalid_type', 'expected a boolean, but got a string'],
    [
      { stop: ['a', 'b', 'c', 'd', 'e'] },
      'stop',
      'array_above_max_length',
      'maximum length 4, but got an array with length 5',
    ],
    [
      { service_tier: 'fast' },
      'service_tier',
      'invalid_value',
      "Invalid value: 'fast'. Supported values are: 'auto', 'default', 'flex', 'scale', and 'priority'.",
    ],
    [
      { safety_identifier: 'x'.repeat(65) },
      'safety_identifier',
      'string_above_max_length',
      'maximum length 64, but got a string with length 65',
    ],
    [{ prompt_cache_key: 'x'.repeat(65) }, 'prompt_cache_key', 'string_above_max_length', 'string too long'],
    [{ metadata: { a: 'b' } }, 'metadata', null, "The 'metadata' parameter is only allowed when 'store' is enabled."],
    [{ metadata: { a: 1 }, store: true }, 'metadata.a', 'invalid_type', 'expected a string, but got an integer'],
    [
      { stream_options: { include_usage: true } },
      'stream_options',
      null,
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ],
    [{ top_logprobs: 2 }, 'top_logprobs', null, "only allowed when 'logprobs' is enabled"],
    [{ max_tokens: 5, max_completion_tokens: 5 }, 'max_tokens', 'invalid_parameter_combination', 'at the same time'],
    [{ web_search_options: {} }, 'web_search_options', 'unsupported_parameter', 'not supported with this model'],
    [{ modalities: ['audio'] }, 'modalities', 'invalid_value', 'audio output'],
    [{ messages: undefined }, 'messages', 'missing_required_parameter', "Missing required parameter: 'messages'."],
    [{ messages: [] }, 'messages', 'empty_array', 'minimum length 1, but got an empty array'],
    [{ messages: 'hi' }, 'messages', 'invalid_type', 'expected an array, but got a string'],
    [{ model: undefined }, 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    [{ model: 5 }, 'model', 'invalid_type', 'expected a string, but got an integer'],
  ])('refuses %j', (patch, param, code, message) => {
    const refusal = refusalOf({ ...BASE, ...patch });
    expect(refusal?.status).toBe(400);
    expect(refusal?.body.error).toEqual({
      message: expect.stringContaining(message),
      type: 'invalid_request_error',
      param,
      code,
    });
  });

  it('knows no other model', () => {
    const refusal = refusalOf({ ...BASE, model: 'claude-x' });
    expect(refusal?.status).toBe(404);
    expect(refusal?.body.error).toEqual({
      message: 'The model `claude-x` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      param: null,
      code: 'model_not_found',
    });
  });

  it('takes a full request', () => {
    expect(
      refusalOf({
        ...BASE,
        stream: true,
        stream_options: { include_usage: true, include_obfuscation: false },
        max_completion_tokens: 100,
        temperature: 0.3,
        top_p: 0.9,
        stop: ['a'],
        n: 2,
        seed: 1,
        logprobs: true,
        top_logprobs: 1,
        store: true,
        metadata: { a: 'b' },
        safety_identifier: 'x'.repeat(64),
        user: 'u',
        tools: [TOOL],
        tool_choice: { type: 'function', function: { name: 'Read' } },
        parallel_tool_calls: false,
        response_format: { type: 'text' },
        service_tier: 'auto',
      }),
    ).toBeUndefined();
  });
});

describe('what a model takes', () => {
  it.each<Case>([
    [
      { model: 'gpt-5', max_tokens: 9 },
      'max_tokens',
      'unsupported_parameter',
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    ],
    [{ model: 'o3', max_tokens: 9 }, 'max_tokens', 'unsupported_parameter', "Use 'max_completion_tokens' instead."],
    [
      { model: 'gpt-5', temperature: 0.3 },
      'temperature',
      'unsupported_value',
      "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.",
    ],
    [{ model: 'o4-mini', top_p: 0.5 }, 'top_p', 'unsupported_value', "'top_p' does not support 0.5 with this model"],
    [
      { model: 'gpt-5', presence_penalty: 1 },
      'presence_penalty',
      'unsupported_parameter',
      'not supported with this model',
    ],
    [
      { model: 'gpt-5', stop: 'x' },
      'stop',
      'unsupported_parameter',
      "Unsupported parameter: 'stop' is not supported with this model.",
    ],
    [
      { model: 'gpt-5', reasoning_effort: 'none' },
      'reasoning_effort',
      'unsupported_value',
      "does not support 'none' with this model. Supported values are: 'minimal', 'low', 'medium', and 'high'.",
    ],
    [
      { model: 'gpt-5.2', reasoning_effort: 'minimal' },
      'reasoning_effort',
      'unsupported_value',
      "Supported values are: 'none', 'low', 'medium', 'high', and 'xhigh'.",
    ],
    [
      { model: 'o3', reasoning_effort: 'xhigh' },
      'reasoning_effort',
      'unsupported_value',
      "'low', 'medium', and 'high'",
    ],
    [{ model: 'gpt-5', reasoning_effort: 'huge' }, 'reasoning_effort', 'invalid_value', "Invalid value: 'huge'."],
    [{ reasoning_effort: 'low' }, null, null, 'Unrecognized request argument supplied: reasoning_effort'],
    [
      { model: 'gpt-5.2', reasoning_effort: 'low', temperature: 0 },
      'temperature',
      'unsupported_value',
      'does not support 0',
    ],
    [
      { max_tokens: 40_000 },
      'max_tokens',
      'invalid_value',
      'max_tokens is too large: 40000. This model supports at most 32768 completion tokens, whereas you provided 40000.',
    ],
    [{ verbosity: 'low' }, 'verbosity', 'unsupported_value', "Supported values are: 'medium'."],
    [{ prompt_cache_options: {} }, 'prompt_cache_options', 'unsupported_parameter', 'not supported'],
    [
      { model: 'gpt-5.4', tools: [TOOL], reasoning_effort: 'low' },
      'reasoning_effort',
      null,
      'Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use /v1/responses instead.',
    ],
    [
      { model: 'gpt-5.6', tools: [TOOL] },
      'reasoning_effort',
      null,
      "To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
    ],
  ])('refuses %j', (patch, param, code, message) => {
    const refusal = refusalOf({ ...BASE, ...patch });
    expect(refusal?.status).toBe(400);
    expect(refusal?.body.error).toMatchObject({ message: expect.stringContaining(message), param, code });
  });

  it.each([
    { model: 'gpt-5', temperature: 1, top_p: 1, reasoning_effort: 'minimal', verbosity: 'low' },
    { model: 'gpt-5', max_tokens: null, stop: null, temperature: null },
    { model: 'gpt-5.2', temperature: 0.2 },
    { model: 'gpt-5.2', tools: [TOOL], reasoning_effort: 'high' },
    { model: 'gpt-5.4', tools: [TOOL] },
    { model: 'gpt-5.6', tools: [TOOL], reasoning_effort: 'none' },
    { model: 'gpt-5.6', reasoning_effort: 'max', prompt_cache_options: { mode: 'implicit', ttl: '30m' } },
    { model: 'gpt-4o-2024-08-06', max_tokens: 16_384 },
  ])('takes %j', (patch) => expect(refusalOf({ ...BASE, ...patch })).toBeUndefined());
});

describe('cache breakpoints', () => {
  const marked = (text: string) => ({ type: 'text', text, prompt_cache_breakpoint: { mode: 'explicit' } });
  const asking = (model: string, content: readonly object[]) => ({ model, messages: [{ role: 'user', content }] });

  it('are for gpt-5.6 and later', () => {
    expect(refusalOf(asking('gpt-5.4', [marked('a')]))?.param).toBe('messages[0].content[0].prompt_cache_breakpoint');
    expect(refusalOf(asking('gpt-5.6', [marked('a'), marked('b'), marked('c'), marked('d')]))).toBeUndefined();
  });

  it('are at most four', () => {
    expect(refusalOf(asking('gpt-5.6', ['a', 'b', 'c', 'd', 'e'].map(marked)))?.message).toContain(
      'at most 4, but got 5',
    );
  });

  it('stand on texts', () => {
    const image = {
      type: 'image_url',
      image_url: { url: 'https://h/i.png' },
      prompt_cache_breakpoint: { mode: 'explicit' },
    };
    expect(refusalOf(asking('gpt-5.6', [image]))?.message).toContain("not supported on 'image_url' content");
  });
});

describe('tools', () => {
  const named = (name: string) => ({ type: 'function', function: { name } });

  it.each<Case>([
    [{ tools: [] }, 'tools', 'empty_array', 'empty array'],
    [
      { tools: Array.from({ length: 129 }, () => TOOL) },
      'tools',
      'array_above_max_length',
      'maximum length 128, but got an array with length 129',
    ],
    [
      { tools: [named('a.b')] },
      'tools[0].function.name',
      'invalid_value',
      "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    ],
    [{ tools: [named('x'.repeat(65))] }, 'tools[0].function.name', 'string_above_max_length', 'maximum length 64'],
    [
      { tools: [{ ...TOOL, cache_control: {} }] },
      'tools[0].cache_control',
      'unknown_parameter',
      "Unknown parameter: 'tools[0].cache_control'.",
    ],
    [
      { tools: [{ type: 'function', function: { name: 'a', input_schema: {} } }] },
      'tools[0].function.input_schema',
      'unknown_parameter',
      'Unknown parameter',
    ],
    [
      { tools: [{ type: 'web_search' }] },
      'tools[0].type',
      'invalid_value',
      "Invalid value: 'web_search'. Supported values are: 'function' and 'custom'.",
    ],
    [
      { tool_choice: 'auto' },
      'tool_choice',
      null,
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    ],
    [
      { parallel_tool_calls: true },
      'parallel_tool_calls',
      null,
      "'parallel_tool_calls' is only allowed when 'tools' are specified.",
    ],
    [
      { tools: [TOOL], tool_choice: 'any' },
      'tool_choice',
      'invalid_value',
      "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
    ],
    [
      { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'Write' } } },
      'tool_choice',
      null,
      "Tool choice 'Write' not found in 'tools' parameter.",
    ],
    [
      { tools: [TOOL], tool_choice: { type: 'tool', name: 'Read' } },
      'tool_choice.type',
      'invalid_value',
      "Invalid value: 'tool'.",
    ],
  ])('refuses %j', (patch, param, code, message) => {
    expect(refusalOf({ ...BASE, ...patch })?.body.error).toMatchObject({
      message: expect.stringContaining(message),
      param,
      code,
    });
  });

  it('checks schemas, and the strict subset only on demand', () => {
    const open = { type: 'object', properties: { a: { type: 'string' } } };
    const tool = (strict: boolean) => ({ type: 'function', function: { name: 'f', parameters: open, strict } });
    expect(refusalOf({ ...BASE, tools: [tool(false)] })).toBeUndefined();
    expect(refusalOf({ ...BASE, tools: [TOOL, tool(true)] })?.body.error).toMatchObject({
      param: 'tools[1].function.parameters',
      code: 'invalid_function_parameters',
    });
  });

  it('takes a function without parameters', () => {
    expect(refusalOf({ ...BASE, tools: [named('f')] })).toBeUndefined();
  });
});

describe('response_format', () => {
  const format = (schema: object, strict?: boolean) => ({
    type: 'json_schema',
    json_schema: { name: 'out', schema, ...(strict !== undefined && { strict }) },
  });
  const open = { type: 'object', properties: { a: { type: 'string' } } };

  it('holds strict schemas to the subset', () => {
    expect(refusalOf({ ...BASE, response_format: format(open) })).toBeUndefined();
    expect(refusalOf({ ...BASE, response_format: format(open, true) })?.body.error).toMatchObject({
      message:
        "Invalid schema for response_format 'out': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      param: 'response_format',
      code: null,
    });
  });

  it('wants a schema, and the word json for json_object', () => {
    const bare = { type: 'json_schema', json_schema: { name: 'out' } };
    expect(refusalOf({ ...BASE, response_format: bare })?.param).toBe('response_format.json_schema.schema');
    const object = { response_format: { type: 'json_object' } };
    expect(refusalOf({ ...BASE, ...object })?.message).toContain("must contain the word 'json'");
    expect(refusalOf({ ...BASE, ...object, messages: [{ role: 'user', content: 'as JSON' }] })).toBeUndefined();
  });
});
