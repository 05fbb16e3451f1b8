import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openAi, toolArgs, toolStart } from '../testing/chat-upstream.js';
import { answer, cut, play, scripts } from '../testing/scripts.js';
import { ChatUsageObserver } from './observe.js';
import { UsageChunkStripper } from './usage-chunk-stripper.js';

function observe(reads: readonly string[], options: { stream: boolean; capture?: boolean }): ChatUsageObserver {
  const observer = new ChatUsageObserver(options);
  for (const read of reads) observer.push(Buffer.from(read, 'latin1'));
  observer.end();
  return observer;
}

const EVENTS = [
  openAi.chunk({ role: 'assistant', content: '' }),
  openAi.chunk({ reasoning_content: 'r' }),
  openAi.chunk({ content: 'a “é”' }),
  openAi.chunk({ content: 'b' }),
  openAi.chunk(toolStart(0, 'c1', 'Read')),
  openAi.chunk(toolArgs(0, '{"p":')),
  openAi.chunk(toolArgs(0, '1}')),
  openAi.fin('tool_calls'),
  openAi.use(50, 5, { prompt_tokens_details: { cached_tokens: 20 } }),
  openAi.done,
];

const FACTS = {
  model: 'gpt-4.1-2025-04-14',
  stopReason: 'tool_calls',
  firstContent: true,
  toolCalls: ['Read'],
  tokens: { input: 50, cachedInput: 20, output: 5 },
};

describe('watching a chat answer', () => {
  it('reads what the record needs of a stream', () => {
    expect(observe(EVENTS, { stream: true })).toMatchObject(FACTS);
    expect(observe([EVENTS.join('')], { stream: true })).toMatchObject(FACTS);
  });

  it('tells when the first content has passed', () => {
    const observer = new ChatUsageObserver({ stream: true });
    observer.push(Buffer.from(EVENTS[0] ?? ''));
    expect(observer.firstContent).toBe(false);
    observer.push(Buffer.from(EVENTS[1] ?? ''));
    expect(observer.firstContent).toBe(true);
  });

  it('reads an answer in one piece, also when a stream was expected', () => {
    const whole = {
      model: 'm',
      choices: [
        { message: { tool_calls: [{ function: { name: 'A', arguments: 'broken' } }] }, finish_reason: 'length' },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    };
    for (const stream of [true, false]) {
      const observer = observe([JSON.stringify(whole)], { stream, capture: true });
      expect(observer).toMatchObject({
        model: 'm',
        stopReason: 'length',
        toolCalls: ['A'],
        tokens: { input: 3, output: 4 },
      });
      expect(JSON.parse(observer.captured().toString())).toEqual(whole);
    }
  });

  it('keeps a stream as the answer it would have been in one piece', () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const kept = JSON.parse(
          observe(play(script, openAi), { stream: true, capture: true }).captured().toString(),
        ) as {
          choices: { message: Record<string, unknown> }[];
        };
        const expected = answer(script)['choices'] as { message: Record<string, unknown> }[];
        const { content, reasoning_content: reasoning, tool_calls: calls } = expected[0]?.message ?? {};
        expect(kept.choices[0]?.message['content']).toBe(content);
        expect(kept.choices[0]?.message['reasoning_content'] ?? '').toBe(reasoning);
        expect(kept.choices[0]?.message['tool_calls'] ?? []).toEqual(calls);
      }),
      { numRuns: 50 },
    );
  });

  it('never stumbles', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, stream) => {
        const observer = observe([text, EVENTS.slice(0, 3).join(''), 'data: {\n\n'], { stream, capture: true });
        expect(() => observer.captured()).not.toThrow();
      }),
    );
  });
});

describe('a client that did not ask for usage', () => {
  const strip = (reads: readonly string[]): string => {
    const stripper = new UsageChunkStripper();
    const out = reads.map((read) => stripper.push(Buffer.from(read, 'latin1')).toString('latin1'));
    return out.join('') + stripper.end().toString('latin1');
  };
  const without = EVENTS.filter((_, i) => i !== 8).join('');

  it('gets every byte but those of the chunk of usage, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\r'), (places, lineEnd) => {
        const bytes = EVENTS.join('').replaceAll('\n', lineEnd);
        expect(strip(cut(bytes, places))).toBe(without.replaceAll('\n', lineEnd));
      }),
    );
  });

  it('keeps what only looks like it', () => {
    const events = [
      'data: {"choices":[],"prompt_filter_results":[]}\n\n',
      'data: {"choices":[],"usage":null}\n\n',
      openAi.chunk({ content: '"choices":[] "usage":{' }),
      'data: {"choices":[],"usage":{}\n\n',
      ': "choices":[]\n\n',
      'data: {"choices":[],"usage":{"prompt_tok',
    ];
    expect(strip(events)).toBe(events.join(''));
  });

  it('gets the read itself when there is nothing to remove', () => {
    const chunk = Buffer.from(EVENTS[2] ?? '');
    const out = new UsageChunkStripper().push(chunk);
    expect(out.buffer).toBe(chunk.buffer);
    expect(out).toHaveLength(chunk.length);
  });

  it('does not wait for the end of an event that is far too large', () => {
    const large = `data: ${'x'.repeat(200_000)}`;
    const stripper = new UsageChunkStripper();
    expect(stripper.push(Buffer.from(large)).length).toBeGreaterThan(190_000);
    expect(strip([large, 'y', '\n', `\n${EVENTS[8]}`, EVENTS[9] ?? ''])).toBe(`${large}y\n\n${EVENTS[9]}`);
  });
});
