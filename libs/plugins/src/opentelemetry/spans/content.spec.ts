import { describe, expect, it } from '@jest/globals';
import { anything, assert, json, property, string } from 'fast-check';
import type { AiRecord } from '#libs/plugin-api';
import { contentAttributes, contentSize } from './content.js';

const record = (request: unknown, response: unknown): AiRecord => {
  const textOf = (value: unknown): unknown => (typeof value === 'string' ? value : JSON.stringify(value));
  return { payload: { request: textOf(request), response: textOf(response) } } as unknown as AiRecord;
};

const read = (request: unknown, response: unknown, reason?: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(contentAttributes(record(request, response), reason)).map(([name, value]) => [
      name.slice('gen_ai.'.length),
      JSON.parse(String(value)) as unknown,
    ]),
  );

describe('content', () => {
  it('of Messages', () => {
    const request = {
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ type: 'image', source: { type: 'base64', data: 'secret-bytes' } }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'tool_use', id: 't', name: 'Read', input: { a: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'done' }] },
      ],
    };
    const response = { role: 'assistant', content: [{ type: 'text', text: 'ok' }] };
    expect(read(request, response, 'stop')).toEqual({
      system_instructions: [{ type: 'text', content: 'Be brief.' }],
      'input.messages': [
        { role: 'user', parts: [{ type: 'image' }] },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', content: 'hm' },
            { type: 'tool_call', id: 't', name: 'Read', arguments: { a: 1 } },
          ],
        },
        {
          role: 'user',
          parts: [{ type: 'tool_call_response', id: 't', response: [{ type: 'text', content: 'done' }] }],
        },
      ],
      'output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'ok' }], finish_reason: 'stop' }],
    });
  });

  it('of Chat Completions', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    const request = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
    };
    const response = { choices: [{ message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }] };
    expect(read(request, response)).toEqual({
      'input.messages': [
        { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: { a: 1 } }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: 'done' }] },
      ],
      'output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'ok' }] }],
    });
  });

  it('of Responses, Completions and Embeddings', () => {
    const request = {
      instructions: 'Be brief.',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: 'broken' },
        { type: 'function_call_output', call_id: 'c', output: 'done' },
      ],
    };
    const response = {
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'ok' }] },
      ],
    };
    expect(read(request, response)).toEqual({
      system_instructions: [{ type: 'text', content: 'Be brief.' }],
      'input.messages': [
        { role: 'user', parts: [{ type: 'text', content: 'hi' }] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: 'broken' }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: 'done' }] },
      ],
      'output.messages': [
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', content: 'hm' },
            { type: 'text', content: 'ok' },
          ],
        },
      ],
    });
    expect(read({ prompt: 'once' }, { choices: [{ text: 'upon' }] })).toEqual({
      'input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'once' }] }],
      'output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'upon' }] }],
    });
    expect(read({ input: ['a', 'b'] }, { data: [] })).toEqual({
      'input.messages': [
        { role: 'user', parts: [{ type: 'text', content: 'a' }] },
        { role: 'user', parts: [{ type: 'text', content: 'b' }] },
      ],
    });
  });

  it('is none where payloads are not kept, or were cut', () => {
    expect(contentAttributes({} as AiRecord, 'stop')).toEqual({});
    expect(read('{"messages":[{"role":"user","content":"cut he', 'no json')).toEqual({});
  });

  it('is looked for in whatever was sent', () => {
    assert(
      property(json(), anything(), string(), (request, messages, other) => {
        const strange = { messages, input: other, system: messages };
        for (const attributes of [
          contentAttributes(record(request, request), 'stop'),
          contentAttributes(record(JSON.stringify(strange, replaceBigInt), other), undefined),
        ]) {
          expect(contentSize(attributes)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

function replaceBigInt(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
