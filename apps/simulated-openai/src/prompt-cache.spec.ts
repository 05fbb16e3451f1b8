import { describe, expect, it } from '@jest/globals';
import { PromptCache } from './prompt-cache.js';

const words = (count: number): string => Array.from({ length: count }, (_, index) => `w${index} `).join('');
const tokens = (text: string): number => Math.ceil(text.length / 4);

describe('PromptCache', () => {
  const first = words(2000);
  const second = `${first}and one more question ${words(300)}`;

  it('hits the common prefix of the second turn, in steps of 128', () => {
    const cache = new PromptCache();
    expect(cache.use('m', first, tokens(first)).cached).toBe(0);
    const { cached, written } = cache.use('m', second, tokens(second));
    expect(cached).toBe(Math.floor(tokens(first) / 128) * 128);
    expect(cached + written).toBe(Math.floor((tokens(second) - 1) / 128) * 128);
  });

  it('never reports the whole prompt as cached', () => {
    const cache = new PromptCache();
    cache.use('m', first, tokens(first));
    expect(cache.use('m', first, tokens(first)).cached).toBeLessThan(tokens(first));
  });

  it('ends the hit at the first difference', () => {
    const cache = new PromptCache();
    cache.use('m', first, tokens(first));
    expect(cache.use('m', `x${first.slice(1)}`, tokens(first)).cached).toBe(0);
  });

  it('keeps scopes apart, forgets on demand and leaves short prompts alone', () => {
    const cache = new PromptCache();
    cache.use('m\nsession-1', first, tokens(first));
    expect(cache.use('m\nsession-2', first, tokens(first)).cached).toBe(0);
    expect(cache.use('m\nsession-1', first, tokens(first)).cached).toBeGreaterThan(1024);
    cache.clear();
    expect(cache.use('m\nsession-1', first, tokens(first)).cached).toBe(0);
    expect(cache.use('m', 'short', 1023)).toEqual({ cached: 0, written: 0 });
  });
});
