import { describe, expect, it } from '@jest/globals';
import { LlmError } from '../canonical/error.js';
import { encodeOpenAiError } from '../openai-chat/encode-error.js';
import { faults, readEvents } from '../testing/anthropic-stream.js';
import { anthropicErrorType, encodeAnthropicError, errorEvent } from './encode-error.js';

describe('an error for an Anthropic client', () => {
  it('E12 has exactly the keys that Claude Code takes for Anthropic’s', () => {
    const error = new LlmError('No\nway', { status: 429, type: 'rate_limit_error', headers: { 'retry-after': '3' } });
    const { status, headers, body } = encodeAnthropicError(error, 'req_1');
    expect(status).toBe(429);
    expect(headers).toEqual({ 'content-type': 'application/json', 'request-id': 'req_1', 'retry-after': '3' });
    expect(body).toBe('{"type":"error","error":{"type":"rate_limit_error","message":"No way"},"request_id":"req_1"}');
  });

  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [402, 'billing_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [408, 'timeout_error'],
    [409, 'invalid_request_error'],
    [413, 'request_too_large'],
    [415, 'invalid_request_error'],
    [426, 'invalid_request_error'],
    [429, 'rate_limit_error'],
    [431, 'invalid_request_error'],
    [500, 'api_error'],
    [501, 'not_supported'],
    [502, 'api_error'],
    [503, 'api_error'],
    [504, 'timeout_error'],
    [529, 'overloaded_error'],
  ])('E11 %i is %s', (status, type) => {
    expect(anthropicErrorType(status)).toBe(type);
    expect(JSON.parse(encodeAnthropicError({ status, message: 'x' }, 'r').body)).toMatchObject({ error: { type } });
  });

  it('E06 tells the client not to repeat what cannot get better', () => {
    for (const status of [401, 501]) {
      expect(encodeAnthropicError({ status, message: 'x' }, 'r').headers['x-should-retry']).toBe('false');
    }
    expect(encodeAnthropicError({ status: 500, message: 'x' }, 'r').headers).not.toHaveProperty('x-should-retry');
    const told = { status: 501, message: 'x', headers: { 'x-should-retry': 'true' } };
    expect(encodeAnthropicError(told, 'r').headers['x-should-retry']).toBe('true');
  });

  it('takes the type of the error before that of the status', () => {
    const body = encodeAnthropicError({ status: 400, type: 'policy_blocked', message: 'x' }, 'r').body;
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'policy_blocked' } });
  });

  it('is an event in a stream', () => {
    const event = errorEvent({ status: 529, message: 'überlastet' }, 'req_1');
    expect(readEvents(event)[0]?.data).toEqual({
      type: 'error',
      error: { type: 'overloaded_error', message: 'überlastet' },
      request_id: 'req_1',
    });
    expect(faults(event)).toEqual([]);
  });
});

describe('an error for an OpenAI client', () => {
  it.each([
    [{ status: 400, message: 'x' }, 400, 'invalid_request_error', null],
    [
      { status: 400, message: 'prompt is too long: 2 tokens > 1 maximum' },
      400,
      'invalid_request_error',
      'context_length_exceeded',
    ],
    [{ status: 401, message: 'x' }, 401, 'invalid_request_error', 'invalid_api_key'],
    [{ status: 404, message: 'model: x' }, 404, 'invalid_request_error', 'model_not_found'],
    [{ status: 404, message: 'Not found' }, 404, 'invalid_request_error', null],
    [{ status: 413, message: 'x' }, 413, 'invalid_request_error', 'request_too_large'],
    [{ status: 429, message: 'x' }, 429, 'rate_limit_error', 'rate_limit_exceeded'],
    [
      { status: 429, message: 'x', headers: { 'x-should-retry': 'false' } },
      429,
      'insufficient_quota',
      'insufficient_quota',
    ],
    [{ status: 500, message: 'x' }, 500, 'server_error', null],
    [{ status: 503, message: 'x' }, 503, 'server_error', null],
    [{ status: 504, message: 'x' }, 504, 'server_error', 'timeout'],
    [{ status: 529, message: 'x' }, 503, 'server_error', 'server_overloaded'],
    [{ status: 418, message: 'x' }, 418, 'invalid_request_error', null],
  ])('%p', (error, status, type, code) => {
    const encoded = encodeOpenAiError(error, 'req_1');
    expect(encoded.status).toBe(status);
    expect(encoded.headers).toMatchObject({ 'x-request-id': 'req_1', 'content-type': 'application/json' });
    expect(JSON.parse(encoded.body)).toEqual({ error: { message: error.message, type, param: null, code } });
  });
});
