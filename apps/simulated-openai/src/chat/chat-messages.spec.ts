import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../api-error.js';
import { validateChatRequest } from './chat-validation.js';

const USER = { role: 'user', content: 'hi' };
const call = (id: string, name = 'Read') => ({ id, type: 'function', function: { name, arguments: '{}' } });
const calling = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map((id) => call(id)) });
const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content });

function refusalOf(messages: readonly object[], model = 'gpt-4.1'): ApiError | undefined {
  try {
    validateChatRequest({ model, messages });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

describe('one message', () => {
  const png = { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD', detail: 'high' } };
  const pdf = { type: 'file', file: { filename: 'r.pdf', file_data: 'data:application/pdf;base64,QUJD' } };
  const text = { type: 'text', text: 'x' };

  it.each<readonly [message: object, param: string, code: string | null, message: string]>([
    [
      { role: 'critic', content: 'x' },
      'messages[0].role',
      'invalid_value',
      "'system', 'developer', 'user', 'assistant', 'tool', and 'function'",
    ],
    [{ content: 'x' }, 'messages[0].role', 'missing_required_parameter', 'Missing required parameter'],
    [{ role: 'user' }, 'messages[0].content', 'missing_required_parameter', 'Missing required parameter'],
    [
      { role: 'user', content: null },
      'messages[0].content',
      'invalid_type',
      'expected one of a string or array of objects, but got null',
    ],
    [{ role: 'user', content: [] }, 'messages[0].content', 'empty_array', 'empty array'],
    [
      { role: 'user', content: [{ type: 'thinking', thinking: 'x' }] },
      'messages[0].content[0].type',
      'invalid_value',
      "Invalid value: 'thinking'. Supported values are: 'text', 'image_url', 'input_audio', and 'file'.",
    ],
    [
      { role: 'user', content: [{ ...text, cache_control: {} }] },
      'messages[0].content[0].cache_control',
      'unknown_parameter',
      'cache_control',
    ],
    [
      { role: 'user', content: 'x', cache_control: {} },
      'messages[0].cache_control',
      'unknown_parameter',
      'cache_control',
    ],
    [
      { role: 'developer', content: [png] },
      'messages[0]',
      'invalid_value',
      "this message with role 'developer' contains an image URL",
    ],
    [
      { role: 'assistant', content: [png] },
      'messages[0]',
      'invalid_value',
      "this message with role 'assistant' contains an image URL",
    ],
    [
      { role: 'system', content: [pdf] },
      'messages[0].content[0].type',
      'invalid_value',
      "Invalid value: 'file'. Supported values are: 'text'.",
    ],
    [{ role: 'assistant' }, 'messages[0].content', null, "Invalid value for 'content': expected a string, got null."],
    [{ role: 'assistant', content: null }, 'messages[0].content', null, 'expected a string, got null'],
    [{ role: 'assistant', content: [] }, 'messages[0].content', 'empty_array', 'empty array'],
    [{ role: 'assistant', content: 'x', tool_calls: [] }, 'messages[0].tool_calls', 'empty_array', 'empty array'],
    [
      { role: 'assistant', content: 'x', reasoning_content: 'r' },
      'messages[0].reasoning_content',
      'unknown_parameter',
      'reasoning_content',
    ],
    [
      { role: 'assistant', tool_calls: [{ ...call('a'), function: { name: 'f', arguments: {} } }] },
      'messages[0].tool_calls[0].function.arguments',
      'invalid_type',
      'expected a string, but got an object',
    ],
    [
      { role: 'assistant', tool_calls: [call('a', 'a.b')] },
      'messages[0].tool_calls[0].function.name',
      'invalid_value',
      'does not match pattern',
    ],
    [
      { role: 'assistant', tool_calls: [call('x'.repeat(41))] },
      'messages[0].tool_calls[0].id',
      'string_above_max_length',
      'maximum length 40, but got a string with length 41',
    ],
    [{ role: 'tool', content: 'x' }, 'messages[0].tool_call_id', 'missing_required_parameter', 'tool_call_id'],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: 'https://h/i.png' }] },
      'messages[0].content[0].image_url',
      'invalid_type',
      'expected an object, but got a string',
    ],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] },
      'messages[0].content[0].image_url.url',
      'invalid_value',
      'Expected a valid URL',
    ],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,QUJD' } }] },
      'messages[0].content[0].image_url.url',
      'invalid_image_format',
      "unsupported MIME type 'image/svg+xml'",
    ],
    [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,Q UJD' } }] },
      'messages[0].content[0].image_url.url',
      'invalid_base64_image',
      'invalid base64-encoded value',
    ],
    [
      { role: 'user', content: [{ type: 'file', file: { file_data: 'data:application/pdf;base64,QUJD' } }] },
      'messages[0].content[0].file.filename',
      'missing_required_parameter',
      'filename',
    ],
    [
      { role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] },
      'messages[0].content[0].file.file_id',
      'invalid_value',
      "'file-1'",
    ],
    [
      { role: 'user', content: [{ type: 'file', file: { filename: 'a', file_data: 'QUJD' } }] },
      'messages[0].content[0].file.file_data',
      'invalid_value',
      "without the 'data:' prefix",
    ],
    [
      { role: 'user', content: [{ type: 'file', file: { filename: 'a', file_data: 'data:text/plain;base64,QUJD' } }] },
      'messages[0].content[0].file.file_data',
      'invalid_value',
      "unsupported MIME type 'text/plain'",
    ],
    [
      { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } }] },
      'messages[0].content[0].type',
      'invalid_value',
      'audio input',
    ],
  ])('refuses %j', (message, param, code, wording) => {
    const refusal = refusalOf([message]);
    expect(refusal?.status).toBe(400);
    expect(refusal?.body.error).toMatchObject({ message: expect.stringContaining(wording), param, code });
  });

  it.each([
    { role: 'user', content: [text, png, pdf], name: 'n' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://h/i.png' } }] },
    { role: 'assistant', content: '' },
    { role: 'assistant', content: [text, { type: 'refusal', refusal: 'no' }] },
    { role: 'assistant', refusal: 'no' },
    { role: 'developer', content: [text] },
  ])('takes %j', (message) => expect(refusalOf([message])).toBeUndefined());
});

describe('the order of messages', () => {
  it.each<readonly [name: string, messages: readonly object[], param: string, wording: string]>([
    [
      'a result missing',
      [USER, calling('a', 'b'), result('a'), USER],
      'messages.[3].role',
      'did not have response messages: b',
    ],
    ['all results missing at the end', [USER, calling('a')], 'messages.[1].role', 'must be followed by tool messages'],
    [
      'something in between',
      [USER, calling('a'), USER, result('a')],
      'messages.[2].role',
      'did not have response messages: a',
    ],
    [
      'a developer message in between',
      [USER, calling('a'), { role: 'developer', content: 'n' }, result('a')],
      'messages.[2].role',
      'must be followed by tool messages',
    ],
    [
      'a result without a call',
      [USER, result('a')],
      'messages.[1].role',
      "must be a response to a preceeding message with 'tool_calls'",
    ],
    [
      'a result of another turn',
      [USER, calling('a'), result('a'), USER, result('a')],
      'messages.[4].role',
      'must be a response to a preceeding message',
    ],
    [
      'an unknown id',
      [USER, calling('a'), result('ghost')],
      'messages.[2].tool_call_id',
      "'tool_call_id' of 'ghost' not found",
    ],
    [
      'a result twice',
      [USER, calling('a', 'b'), result('a'), result('a'), result('b')],
      'messages.[3].tool_call_id',
      "Duplicate value for 'tool_call_id' of 'a'",
    ],
  ])('refuses %s', (_name, messages, param, wording) => {
    expect(refusalOf(messages)?.body.error).toMatchObject({
      message: expect.stringContaining(wording),
      param,
      code: null,
    });
  });

  it('takes results in any order, several turns and texts beside calls', () => {
    expect(
      refusalOf([
        { role: 'system', content: 's' },
        USER,
        { ...calling('a', 'b'), content: 'let me see' },
        result('b', [{ type: 'text', text: 'B' }]),
        result('a', ''),
        { role: 'developer', content: 'note' },
        calling('c'),
        result('c'),
        USER,
      ]),
    ).toBeUndefined();
  });

  it('lets reasoning models have one kind of instructions', () => {
    const mixed = [{ role: 'system', content: 's' }, USER, { role: 'developer', content: 'd' }, USER];
    expect(refusalOf(mixed, 'gpt-4.1')).toBeUndefined();
    expect(refusalOf(mixed, 'gpt-5')?.param).toBe('messages[2].role');
    expect(refusalOf([{ role: 'system', content: 's' }, USER], 'gpt-5')).toBeUndefined();
  });
});
