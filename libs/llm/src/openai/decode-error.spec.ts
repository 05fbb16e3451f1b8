import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeAnthropicError } from '../anthropic/encode-error.js';
import type { LlmError } from '../canonical/error.js';
import { decodeOpenAiError, decodeStreamError, type ErrorContext } from './decode-error.js';

const CONTEXT: ErrorContext = { model: 'claude-x', window: 272_000, countPrompt: () => 280_000 };

interface Fault {
  readonly message?: string;
  readonly code?: string | number | null;
  readonly type?: string;
  readonly param?: string | null;
}

function decode(
  status: number,
  error: Fault | string,
  { headers = {}, context = CONTEXT }: { headers?: Record<string, string>; context?: ErrorContext } = {},
): LlmError {
  return decodeOpenAiError(status, headers, typeof error === 'string' ? error : JSON.stringify({ error }), context);
}

describe('an overflow of the context', () => {
  it('E01 has the upstream’s numbers', () => {
    const error = decode(400, {
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
      message:
        "This model's maximum context length is 272000 tokens. However, your messages resulted in 300123 tokens. Please reduce the length of the messages.",
    });
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message: 'prompt is too long: 300123 tokens > 272000 maximum',
    });
    const { status, headers, body } = encodeAnthropicError(error, 'req_1');
    expect([status, headers['request-id']]).toEqual([400, 'req_1']);
    expect(JSON.parse(body)).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 300123 tokens > 272000 maximum' },
      request_id: 'req_1',
    });
  });

  it.each([
    [
      'OpenAI',
      "This model's maximum context length is 128,000 tokens. However, you requested 141,000 tokens (141,000 in the messages, 0 in the completion).",
      141_000,
      128_000,
    ],
    [
      'Mistral',
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      40_000,
      32_768,
    ],
    [
      'vLLM',
      "This model's maximum context length is 32768 tokens. However, your request has 40000 input tokens.",
      40_000,
      32_768,
    ],
    ['a proxy of Anthropic', 'prompt is too long: 210000 tokens > 200000 maximum', 210_000, 200_000],
    [
      'sentences',
      'The input (300000 tokens) is longer than the model’s context length (262144 tokens).',
      300_000,
      262_144,
    ],
  ])('E01 in the words of %s', (_, message, prompt, maximum) => {
    expect(decode(400, { message }).message).toBe(`prompt is too long: ${prompt} tokens > ${maximum} maximum`);
  });

  it.each([
    [undefined, 280_000, 272_000],
    ['Your input exceeds the context window of this model. Please adjust your input and try again.', 280_000, 272_000],
  ])('E02 without numbers counts for itself (%#)', (message, prompt, maximum) => {
    const error = decode(400, { code: 'context_length_exceeded', ...(message === undefined ? {} : { message }) });
    expect(error.message).toBe(`prompt is too long: ${prompt} tokens > ${maximum} maximum`);
  });

  it('E02 always says a prompt longer than the maximum', () => {
    const overflow = (context: Partial<ErrorContext>): string =>
      decode(413, { message: 'maximum context length exceeded' }, { context: { model: 'x', ...context } }).message;
    expect(overflow({ window: 1000, countPrompt: () => 900 })).toBe('prompt is too long: 1001 tokens > 1000 maximum');
    expect(overflow({ countPrompt: () => 900 })).toBe('prompt is too long: 900 tokens > 899 maximum');
    expect(overflow({ window: 1000 })).toBe('prompt is too long: 1001 tokens > 1000 maximum');
    expect(overflow({})).toBe('prompt is too long: 2 tokens > 1 maximum');
  });

  it.each([
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (5000 in the messages, 4000 in the completion).",
    "'max_tokens' or 'max_completion_tokens' is too large: 4000. This model's maximum context length is 8192 tokens and your request has 5000 input tokens (4000 > 8192 - 5000).",
    "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 9000 tokens: 5000 tokens from the input messages and 4000 tokens for the completion.",
  ])('a prompt that fits asks for a shorter answer (%#)', (message) => {
    expect(decode(400, { message }).message).toMatch(
      /^input length and `max_tokens` exceed context limit: 5000 \+ 4000 > 8192,/,
    );
  });
});

describe('a limit', () => {
  it('E03 of the rate tells when to come again', () => {
    const error = decode(429, {
      code: 'rate_limit_exceeded',
      message:
        'Rate limit reached for gpt-4.1 in organization org-Ab12Cd34Ef56 on requests per min. Please try again in 1.5s.',
    });
    expect(error).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      headers: { 'retry-after-ms': '1500', 'retry-after': '2' },
    });
    expect(error.message).not.toContain('org-Ab12');
  });

  it.each([
    [{ 'retry-after': '7' }, { 'retry-after': '7', 'retry-after-ms': '7000' }],
    [
      { 'retry-after-ms': '20.5', 'retry-after': '7' },
      { 'retry-after': '1', 'retry-after-ms': '21' },
    ],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }],
    [{ 'retry-after': 'soon' }, {}],
  ])('E03 forwards %p', (headers, expected) => {
    expect(decode(429, { message: 'slow down' }, { headers }).headers).toEqual(expected);
  });

  it.each([
    ['20ms', '20', '1'],
    ['1m30s', '90000', '90'],
    ['6m0s', '360000', '360'],
  ])('E03 reads %s', (duration, milliseconds, seconds) => {
    expect(decode(429, { message: `Please try again in ${duration}. Visit …` }).headers).toEqual({
      'retry-after-ms': milliseconds,
      'retry-after': seconds,
    });
  });

  it('that one request alone breaks will not be better in a minute', () => {
    const message = 'Request too large for gpt-4.1 on tokens per min (TPM): Limit 30000, Requested 40000.';
    expect(decode(429, { message }).headers).toEqual({ 'x-should-retry': 'false' });
  });

  it.each([
    [429, { code: 'insufficient_quota', message: 'You exceeded your current quota' }],
    [429, { message: 'You exceeded your current quota, please check your plan' }],
    [400, { code: 'billing_hard_limit_reached', message: 'x' }],
    [402, { message: 'Insufficient Balance' }],
  ])('E04 of money stays (%p)', (status, error) => {
    expect(decode(status, error)).toMatchObject({
      status: 429,
      type: 'rate_limit_error',
      headers: { 'x-should-retry': 'false' },
    });
  });
});

describe('a failure of the upstream', () => {
  it.each([
    [503, 'The engine is currently overloaded', 529, 'overloaded_error'],
    [503, 'Service Unavailable', 503, 'api_error'],
    [529, 'x', 529, 'overloaded_error'],
    [500, 'The server had an error', 500, 'api_error'],
    [500, 'server overloaded', 529, 'overloaded_error'],
    [502, 'x', 502, 'api_error'],
    [520, 'x', 502, 'api_error'],
    [530, 'x', 502, 'api_error'],
    [504, 'x', 504, 'timeout_error'],
    [408, 'x', 504, 'timeout_error'],
    [307, 'x', 502, 'api_error'],
    [501, 'x', 501, 'not_supported'],
  ])('E05 %i %p', (status, message, expected, type) => {
    expect(decode(status, { message })).toMatchObject({ status: expected, type });
  });

  it('E06 with the gateway’s credential is not the client’s', () => {
    const error = decode(401, { code: 'invalid_api_key', message: 'Incorrect API key provided: sk-abc***wxyz.' });
    expect(error).toMatchObject({ status: 502, type: 'api_error', headers: { 'x-should-retry': 'false' } });
    expect(JSON.stringify(error.upstream)).not.toContain('sk-abc');
  });

  it.each([
    [404, { code: 'model_not_found', message: 'The model `gpt-9` does not exist' }],
    [404, { message: 'model "gpt-9" not found, try pulling it first' }],
    [403, { code: 'model_not_found', message: 'Project `proj_x1y2z3a4b5` does not have access to model' }],
    [404, {}],
  ])('E07 a model that does not exist (%p)', (status, error) => {
    expect(decode(status, error)).toMatchObject({ status: 404, type: 'not_found_error', message: 'model: claude-x' });
  });

  it('E09 never shows HTML, and keeps it for the log', () => {
    const error = decode(502, '<html>\n<body><h1>502 Bad Gateway</h1></body></html>');
    expect(error).toMatchObject({
      status: 502,
      type: 'api_error',
      message: 'The upstream server answered with status 502',
    });
    expect(error.upstream).toMatchObject({ status: 502, message: expect.stringContaining('502 Bad Gateway') });
    expect(decode(400, '<!doctype html>').message).toBe('The upstream server answered with status 400');
  });

  it.each([
    [403, 'permission_error', 403],
    [409, 'invalid_request_error', 409],
    [413, 'request_too_large', 413],
    [415, 'invalid_request_error', 400],
    [422, 'invalid_request_error', 400],
    [418, 'invalid_request_error', 400],
  ])('%i', (status, type, expected) => {
    expect(decode(status, { message: 'x' })).toMatchObject({ status: expected, type, message: 'x' });
  });

  it.each([
    ['Ollama', '{"error":"model runner has crashed"}', 'model runner has crashed'],
    ['vLLM', '{"object":"error","message":"bad","type":"BadRequestError","code":400}', 'bad'],
    ['FastAPI', '{"detail":"Not allowed"}', 'Not allowed'],
    ['Mistral', '{"detail":[{"loc":["body","n"],"msg":"too large"}]}', 'n: too large'],
    ['Google', '[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]', 'bad'],
    ['plain text', 'bad request\nof some kind', 'bad request of some kind'],
  ])('reads the body of %s', (_, body, message) => {
    expect(decode(400, body).message).toBe(message);
  });

  it.each([
    [{ message: 'overloaded', type: 'server_error' }, 529, 'overloaded_error'],
    [{ message: 'x', type: 'server_error' }, 500, 'api_error'],
    [{ message: 'x', code: 'rate_limit_exceeded' }, 429, 'rate_limit_error'],
    [{ message: 'x', code: 402 }, 429, 'rate_limit_error'],
    [{ message: 'x', code: 'insufficient_quota' }, 429, 'rate_limit_error'],
    [{ message: 'x', type: 'invalid_request_error' }, 400, 'invalid_request_error'],
    [{ message: 'x', code: 'context_length_exceeded' }, 400, 'invalid_request_error'],
    [{ message: 'x', type: 'authentication_error' }, 502, 'api_error'],
    [{ message: 'x', type: 'permission_error' }, 403, 'permission_error'],
    [{ message: 'x', type: 'timeout' }, 504, 'timeout_error'],
    ['a string', 500, 'api_error'],
    [{}, 500, 'api_error'],
    [null, 500, 'api_error'],
  ])('T18 in the middle of a stream: %p', (error, status, type) => {
    expect(decodeStreamError(error, CONTEXT)).toMatchObject({ status, type });
  });
});

describe('a request the upstream does not like', () => {
  it.each([
    [
      {
        code: 'unsupported_parameter',
        param: 'temperature',
        message: "Unsupported parameter: 'temperature' is not supported with this model.",
      },
      { kind: 'drop_parameter', parameter: 'temperature' },
    ],
    [
      {
        code: 'unsupported_value',
        param: 'temperature',
        message:
          "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default (1) value is supported.",
      },
      { kind: 'drop_parameter', parameter: 'temperature' },
    ],
    [
      {
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      },
      { kind: 'rename_parameter', parameter: 'max_tokens', to: 'max_completion_tokens' },
    ],
    [
      {
        code: 'unknown_parameter',
        param: 'max_completion_tokens',
        message: "Unknown parameter: 'max_completion_tokens'.",
      },
      { kind: 'rename_parameter', parameter: 'max_completion_tokens', to: 'max_tokens' },
    ],
    [
      { message: 'Unrecognized request argument supplied: parallel_tool_calls' },
      { kind: 'drop_parameter', parameter: 'parallel_tool_calls' },
    ],
    [
      { message: 'Unknown name "stream_options": Cannot find field.' },
      { kind: 'drop_parameter', parameter: 'stream_options' },
    ],
    [
      { message: 'prompt_cache_breakpoint: Extra inputs are not permitted' },
      { kind: 'drop_parameter', parameter: 'prompt_cache_breakpoint' },
    ],
    [
      {
        code: 'unsupported_value',
        param: 'reasoning_effort',
        message:
          "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'none', 'low', 'medium', and 'high'.",
      },
      { kind: 'set_parameter', parameter: 'reasoning_effort', value: 'none' },
    ],
    [
      {
        message:
          "Unsupported value: 'reasoning_effort' does not support 'max' with this model. Supported values are: 'low', 'medium', and 'high'.",
      },
      { kind: 'set_parameter', parameter: 'reasoning_effort', value: 'high', supported: ['low', 'medium', 'high'] },
    ],
    [
      { message: 'Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions.' },
      { kind: 'set_parameter', parameter: 'reasoning_effort', value: 'none' },
    ],
    [
      {
        param: 'max_tokens',
        message:
          'max_tokens is too large: 128000. This model supports at most 16384 completion tokens, whereas you provided 128000.',
      },
      { kind: 'set_parameter', parameter: 'max_tokens', value: 16_384 },
    ],
    [
      {
        code: 'invalid_function_parameters',
        param: 'tools[3].function.parameters',
        message: "Invalid schema for function 'mcp__a__b-c': array schema missing items.",
      },
      { kind: 'relax_tool', tool: 'mcp__a__b-c' },
    ],
    [
      { message: "Item 'rs_0a1b' of type 'reasoning' was provided without its required following item." },
      { kind: 'strip_reasoning' },
    ],
    [{ message: "Item with id 'rs_0a1b' not found." }, { kind: 'strip_reasoning' }],
  ])('R56 %p', (error, remedy) => {
    expect(decode(400, error)).toMatchObject({ status: 400, type: 'invalid_request_error', remedy });
  });

  it.each([
    {
      code: 'unsupported_value',
      param: 'messages[0].role',
      message: "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
    },
    { code: 'invalid_value', param: 'messages[2].content', message: 'Invalid value' },
    { message: 'Something else entirely' },
  ])('R56 has no remedy for the client’s own content: %p', (error) => {
    expect(decode(400, error).remedy).toBeUndefined();
  });

  it('E08 an image is named where the client has put it', () => {
    const context: ErrorContext = {
      ...CONTEXT,
      clientPath: (pointer) => (pointer === 'messages[4].content[1]' ? 'messages.2.content.0' : undefined),
    };
    const error = decode(
      400,
      {
        code: 'invalid_image_format',
        param: 'messages[4].content[1]',
        message: 'Invalid image data at messages[4].content[1].image_url.',
      },
      { context },
    );
    expect(error).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      message:
        'Could not process image messages.2.content.0.image: Invalid image data at messages.2.content.0.image_url.',
    });
    expect(error.remedy).toBeUndefined();
    expect(decode(400, { message: 'Failed to download image from https://a.org/i.png.' }).message).toMatch(
      /^Could not process image: /,
    );
  });

  it('documents are named by what the client understands', () => {
    expect(decode(400, { code: 'invalid_file_data', message: 'The file is broken' }).message).toMatch(
      /^Could not process PDF: /,
    );
    expect(decode(400, { message: 'PDF input is not supported by this model' }).message).toMatch(
      /does not support PDF input/,
    );
  });

  it('a content policy ends the matter', () => {
    expect(decode(400, { code: 'content_policy_violation', message: 'Flagged.' }).message).toBe(
      'Output blocked by content filtering policy: Flagged.',
    );
  });
});

describe('every error', () => {
  it('has one line, a bounded length and a body of Anthropic’s shape', () => {
    const fault = fc.record(
      {
        message: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 3000 }),
          fc.constantFrom('model', 'image invalid\n\n', 'rate limit: try again in 3s'),
        ),
        code: fc.oneof(fc.string(), fc.integer({ min: 0, max: 999 })),
        type: fc.string(),
        param: fc.string(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), fc.oneof(fault, fc.string(), fc.jsonValue()), (status, value) => {
        const error = decodeOpenAiError(status, {}, JSON.stringify({ error: value }), CONTEXT);
        expect(error.status).toBeGreaterThanOrEqual(400);
        expect(error.message).toMatch(/^[^\n\r]{1,1200}$/);
        const body = JSON.parse(encodeAnthropicError(error, 'req_1').body) as { error: object };
        expect(Object.keys(body)).toEqual(['type', 'error', 'request_id']);
        expect(Object.keys(body.error)).toEqual(['type', 'message']);
      }),
    );
  });

  it.each([
    'sk-proj-abcDEF123456_-x',
    'Bearer abc.def-ghi',
    'gsk_abc123def456',
    'AIzaSyA1234567890abcdef',
    'AKIAABCDEFGHIJKLMNOP',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
    '0123456789abcdef0123456789abcdef0123456789abcdef',
    'api_key=supersecret99',
    '10.12.0.7:8443',
    'http://llm.prod.svc/v1',
    'https://user:pass@api.example.org/v1',
  ])('E06 E09 never repeats %p', (secret) => {
    const error = decode(400, { message: `It failed with ${secret} today` });
    const said = `${error.message} ${JSON.stringify(error.upstream)}`;
    expect(said).not.toContain(secret.replace(/^Bearer |^api_key=/, ''));
    expect(said).toContain('today');
  });

  it('keeps words that only resemble secrets', () => {
    const message =
      "Tool 'mcp__plugin_context7_context7__resolve-library-id-2' at messages[0]; see https://platform.openai.com/docs/guides/x";
    expect(decode(400, { message }).message).toBe(message);
  });
});
