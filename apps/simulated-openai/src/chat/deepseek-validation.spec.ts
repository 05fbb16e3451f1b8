import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../api-error.js';
import { validateChatRequest } from './chat-validation.js';

const USER = { role: 'user', content: 'hi' };

function refusalOf(request: object): string | undefined {
  try {
    validateChatRequest({ model: 'deepseek-chat', messages: [USER], ...request });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.status === 400 && error.code === 'invalid_request_error')
      return error.message;
    throw error;
  }
}

const calling = {
  role: 'assistant',
  content: '',
  tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
};
const result = { role: 'tool', tool_call_id: 'a', content: 'ok' };

describe('a compatible server', () => {
  it('takes what OpenAI does not, and ignores what it does not know', () => {
    expect(
      refusalOf({ max_tokens: 100, temperature: 0.5, thinking: { type: 'enabled' }, brand_new: 1 }),
    ).toBeUndefined();
  });

  it.each<readonly [request: object, wording: string]>([
    [{ messages: undefined }, 'missing field `messages`'],
    [{ messages: [] }, 'Empty input messages'],
    [{ messages: ['x'] }, 'messages[0]: invalid type'],
    [
      { messages: [{ role: 'developer', content: 'x' }] },
      'unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://h/i' } }] }] },
      'unknown variant `image_url`, expected `text`',
    ],
    [{ max_tokens: 100_000 }, 'the valid range of max_tokens is [1, 65536]'],
    [
      { messages: [USER, calling, result] },
      'Missing `reasoning_content` field in the assistant message at message index 1.',
    ],
    [{ messages: [USER, { ...calling, reasoning_content: 'r' }, USER] }, 'insufficient tool messages'],
  ])('refuses %j', (request, wording) => expect(refusalOf(request)).toContain(wording));

  it('wants the reasoning back in the running loop of calls only', () => {
    expect(refusalOf({ messages: [USER, { ...calling, reasoning_content: 'r' }, result] })).toBeUndefined();
    expect(refusalOf({ messages: [USER, calling, result, USER] })).toBeUndefined();
  });
});
