import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { splitThinkTags, ThinkTags } from './think-tags.js';

describe('ThinkTags', () => {
  it.each([
    ['<think>why</think>because', 'why', 'because'],
    ['\n<think>\nwhy\n</think>\n\nbecause\n', 'why', 'because\n'],
    ['<think>\n\n</think>\n\nbecause', '', 'because'],
    ['<think>a < b </thin> c</think>d', 'a < b </thin> c', 'd'],
    ['<think>a</think>b<think>c</think>', 'a', 'b<think>c</think>'],
    ['say <think>a</think>', '', 'say <think>a</think>'],
    ['<thinking>a', '', '<thinking>a'],
    ['<thin', '', '<thin'],
    ['<think>never ends </thi', 'never ends </thi', ''],
    ['<think>', '', ''],
    ['  plain', '', '  plain'],
    ['   ', '', '   '],
    ['', '', ''],
  ])('splits %j', (whole, thinking, text) => {
    expect(splitThinkTags(whole)).toEqual({ thinking, text });
  });

  it('gives the same for every cut, and never goes back from text to thinking', () => {
    const parts = fc.constantFrom('<think>', '</think>', '<', '/', 'think', '>', ' ', '\n', 'word', '😀', '</', '<thi');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 8 }), (words, cuts) => {
        const whole = words.join('');
        const bounds = [0, ...cuts.map((at) => at % (whole.length + 1)).sort((a, b) => a - b), whole.length];
        const tags = new ThinkTags();
        const pieces = bounds.slice(1).map((end, n) => tags.push(whole.slice(bounds[n], end)));
        pieces.push(tags.flush());
        const joined = (key: 'thinking' | 'text'): string => pieces.map((piece) => piece[key]).join('');
        expect({ thinking: joined('thinking'), text: joined('text') }).toEqual(splitThinkTags(whole));
        const firstText = pieces.findIndex(({ text }) => text !== '');
        if (firstText !== -1) expect(pieces.slice(firstText + 1).every(({ thinking }) => thinking === '')).toBe(true);
      }),
    );
  });
});
