import { describe, expect, it } from '@jest/globals';
import { cutMessage } from './cut-message.js';
import type { CanonicalBlock, CanonicalMessage } from './message.js';

const message = (...blocks: readonly CanonicalBlock[]): CanonicalMessage => ({
  meta: { id: undefined, model: undefined, serviceTier: undefined },
  blocks,
  stop: 'end_turn',
  detail: {},
  usage: undefined,
  lossy: [],
});
const text = (words: string): CanonicalBlock => ({ type: 'text', text: words, citations: [], refusal: false });
const thinking: CanonicalBlock = { type: 'thinking', text: 'a long thought about it', item: undefined };
const call: CanonicalBlock = { type: 'tool_call', id: 'c', name: 'Read', input: '{}' };

describe('cutMessage', () => {
  it('R46: leaves as many tokens as the client asked for', async () => {
    const cut = await cutMessage(message(thinking, text('Hello there, world'), call), 1);
    expect(cut.blocks).toEqual([thinking, text('Hello')]);
    expect(cut.stop).toBe('max_tokens');
    expect((await cutMessage(message(text('Hello'), text(' there, world')), 2)).blocks).toEqual([
      text('Hello'),
      text(' there'),
    ]);
  });

  it('leaves a short answer alone, and never half a character', async () => {
    const short = message(thinking, text('Hi'));
    expect(await cutMessage(short, 1)).toBe(short);
    const { blocks } = await cutMessage(message(text('🪼🪼🪼🪼')), 1);
    expect(JSON.stringify(blocks)).not.toContain('\ufffd');
  });
});
