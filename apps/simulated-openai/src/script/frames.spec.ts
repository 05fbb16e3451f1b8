import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { bytes, chunk, comment, cutAfter, data, DONE, events, fin, toolDelta, usage, use } from './frames.js';
import { cut, gate, turn } from './gate.js';

describe('frames', () => {
  it('have just the keys that matter', () => {
    expect(chunk({ content: 'x' })).toBe(
      'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n',
    );
    expect(fin('stop')).toBe('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n');
    expect(use(5, 2)).toBe(
      'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}\n\n',
    );
    expect(data({ error: 1 }) + comment('keep-alive') + DONE).toBe(
      'data: {"error":1}\n\n: keep-alive\n\ndata: [DONE]\n\n',
    );
  });

  it('tell the details of usage that are given', () => {
    expect(usage(10, 5, { cached: 4, cacheWrite: 2, reasoning: 3 })).toEqual({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
      completion_tokens_details: { reasoning_tokens: 3 },
    });
    expect(usage(1, 1, { cacheWrite: 1 })).toMatchObject({
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 1 },
    });
  });

  it('show a tool call in any number of pieces', () => {
    const call = (frame: string): unknown =>
      (JSON.parse(frame.slice('data: '.length)) as { choices: [{ delta: { tool_calls: unknown[] } }] }).choices[0].delta
        .tool_calls[0];
    expect(call(toolDelta(0, { id: 'c1', name: 'Read', args: '' }))).toEqual({
      index: 0,
      id: 'c1',
      type: 'function',
      function: { name: 'Read', arguments: '' },
    });
    expect(call(toolDelta(1, { args: '{"p":' }))).toEqual({ index: 1, function: { arguments: '{"p":' } });
    expect(call(toolDelta(0, { args: { p: 'x' } }))).toEqual({ index: 0, function: { arguments: { p: 'x' } } });
    expect(call(toolDelta(0, { id: 'c1' }))).toEqual({ index: 0, id: 'c1', type: 'function', function: {} });
  });

  it('number the events of a response', () => {
    expect(events([{ type: 'response.created' }, { type: 'error', sequence_number: 7 }, { type: 'x' }])).toEqual([
      'event: response.created\ndata: {"type":"response.created","sequence_number":0}\n\n',
      'event: error\ndata: {"type":"error","sequence_number":7}\n\n',
      'event: x\ndata: {"type":"x","sequence_number":2}\n\n',
    ]);
  });
});

describe('bytes', () => {
  it('keep every byte, whatever the cuts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.array(fc.nat(50)), (content, places) => {
        const buffer = Buffer.from(content);
        const cuts = places.filter((place) => place <= buffer.length).sort((a, b) => a - b);
        const steps = bytes(buffer, cuts);
        expect(steps.filter((step) => step === turn)).toHaveLength(cuts.length + 1);
        const pieces = steps.filter((step) => Buffer.isBuffer(step));
        expect(Buffer.concat(pieces)).toEqual(buffer);
        expect(
          pieces
            .map(({ length }) => length)
            .reduce<number[]>((ends, length) => [...ends, (ends.at(-1) ?? 0) + length], []),
        ).toEqual([...cuts, buffer.length]);
      }),
    );
  });
});

describe('cutAfter', () => {
  it('lets as many bytes through and then cuts', () => {
    const pause = gate();
    const steps = [...cutAfter(5, ['abc', pause, 'défg', 'never'])];
    expect(steps.map((step) => (Buffer.isBuffer(step) ? step.toString('latin1') : step))).toEqual([
      'abc',
      pause,
      Buffer.from('dé').subarray(0, 2).toString('latin1'),
      cut,
    ]);
  });

  it('cuts at the end of a short body as well', () => {
    expect([...cutAfter(100, ['abc'])].at(-1)).toBe(cut);
  });
});
