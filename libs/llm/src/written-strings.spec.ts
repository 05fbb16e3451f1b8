import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { countOpenAiRequestTokens } from './openai-request-tokens.js';
import type { JsonRecord } from './json.js';
import { readStrings, writtenStrings } from './written-strings.js';

describe('writtenStrings', () => {
  it('finds what a model wrote in an answer of each format', () => {
    const message = {
      role: 'assistant',
      content: 'a',
      reasoning_content: 'b',
      tool_calls: [{ id: 'x', function: { name: 'c', arguments: '{"p":1}' } }],
    };
    expect(writtenStrings({ choices: [{ message, finish_reason: 'stop' }] }).split('\n')).toEqual([
      'a',
      'b',
      'c',
      '{"p":1}',
    ]);
    const blocks = [
      { type: 'thinking', thinking: 'a', signature: 'sssss' },
      { type: 'text', text: 'b' },
      { type: 'tool_use', id: 'toolu_1', name: 'c', input: { p: 1 } },
    ];
    expect(writtenStrings({ content: blocks }).split('\n')).toEqual(['a', 'b', 'c', '{"p":1}']);
    const items = [
      { type: 'reasoning', encrypted_content: 'eeee', summary: [{ type: 'summary_text', text: 'a' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'b' }] },
      { type: 'function_call', call_id: 'x', name: 'c', arguments: '{"p":1}' },
    ];
    expect(writtenStrings({ output: items }).split('\n')).toEqual(['a', 'b', 'c', '{"p":1}']);
  });

  it('takes any JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('content', 'output', 'messages', 'input', 'tools', 'x'), fc.jsonValue()),
        (json) => {
          expect(typeof writtenStrings(json)).toBe('string');
          expect(typeof readStrings(json)).toBe('string');
        },
      ),
    );
  });
});

describe('what is nested deeper than the stack reaches', () => {
  const deep = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)) as JsonRecord;
  it('holds no text', () => {
    expect(writtenStrings({ content: [deep, { text: 'a' }], output: [{ input: deep }], choices: deep })).toBe('a\n');
    expect(readStrings({ messages: [deep, 'a'], tools: [deep] })).toBe('a\n');
  });
});

describe('countOpenAiRequestTokens', () => {
  it('counts the texts of a request, not its images', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(5000)}` } };
    const plain = await countOpenAiRequestTokens({ messages: [{ role: 'user', content: 'hello world' }] });
    expect(plain).toBe(2 + 4 + 3);
    const content = [{ type: 'text', text: 'hello world' }, image];
    expect(await countOpenAiRequestTokens({ messages: [{ role: 'user', content }] })).toBe(plain);
    expect(await countOpenAiRequestTokens({ instructions: 'hello', input: ' world' })).toBeLessThan(plain);
    expect(await countOpenAiRequestTokens({ model: 'm', input: 'hello world' })).toBe(2);
    const tools = [{ type: 'function', name: 'Read', parameters: { type: 'object' } }];
    expect(await countOpenAiRequestTokens({ messages: [], tools })).toBeGreaterThan(10);
  });
});
