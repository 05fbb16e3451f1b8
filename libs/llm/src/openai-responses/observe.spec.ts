import { describe, expect, it } from '@jest/globals';
import { cut } from '../testing/scripts.js';
import { ResponsesUsageObserver } from './observe.js';

const RESPONSE = {
  id: 'resp_1',
  model: 'gpt-5.6',
  status: 'completed',
  output: [
    { type: 'message', content: [{ type: 'output_text', text: 'a' }] },
    { type: 'function_call', name: 'Read', call_id: 'c', arguments: '{}' },
  ],
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 4 },
    total_tokens: 109,
  },
};

function event(type: string, rest: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 1, ...rest })}\n\n`;
}

const STREAM = [
  event('response.created', { response: { ...RESPONSE, status: 'in_progress', output: [], usage: null } }),
  event('response.output_text.delta', { delta: 'a' }),
  event('response.completed', { response: RESPONSE }),
];

const FACTS = {
  model: 'gpt-5.6',
  stopReason: 'completed',
  firstContent: true,
  toolCalls: ['Read'],
  tokens: { input: 100, cachedInput: 60, cacheWriteInput: 10, output: 9, reasoningOutput: 4, total: 109 },
};

function observe(reads: readonly string[], stream: boolean, capture = false): ResponsesUsageObserver {
  const observer = new ResponsesUsageObserver({ stream, capture });
  for (const read of reads) observer.push(Buffer.from(read));
  observer.end();
  return observer;
}

describe('watching a response', () => {
  it('reads what the record needs of a stream, whole or in pieces', () => {
    expect(observe(STREAM, true)).toMatchObject(FACTS);
    expect(observe(STREAM.join('').split(''), true)).toMatchObject(FACTS);
    expect(observe(cut(STREAM.join(''), [5, 500]), true, true)).toMatchObject(FACTS);
    expect(observe(STREAM.slice(0, 1), true)).toMatchObject({
      firstContent: false,
      stopReason: undefined,
      tokens: undefined,
    });
  });

  it('reads one in one piece', () => {
    expect(observe([JSON.stringify(RESPONSE)], false)).toMatchObject(FACTS);
  });

  it('tells why a response is incomplete', () => {
    const incomplete = { ...RESPONSE, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect(observe([event('response.incomplete', { response: incomplete })], true).stopReason).toBe(
      'max_output_tokens',
    );
  });

  it('keeps the response of the last event', () => {
    expect(JSON.parse(observe(STREAM, true, true).captured().toString())).toEqual(RESPONSE);
  });
});
