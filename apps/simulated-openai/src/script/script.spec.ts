import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { gate } from './gate.js';
import { inPieces, joined, reasoning, text, toolCalls } from './script.js';

describe('inPieces', () => {
  it('loses nothing and makes no empty piece', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (content) => {
        const pieces = inPieces(content);
        expect(joined(pieces)).toBe(content);
        expect(pieces).not.toContain('');
      }),
    );
  });

  it('cuts at words, blanks leading', () => {
    expect(inPieces('You said: hi\n')).toEqual(['You', ' said:', ' hi\n']);
  });

  it('leaves given pieces alone', () => {
    const pause = gate();
    expect(inPieces(['He', pause, 'llo'])).toEqual(['He', pause, 'llo']);
    expect(joined(['He', pause, 'llo'])).toBe('Hello');
  });
});

describe('a model reply', () => {
  it('says, calls and thinks in order', () => {
    expect(text('hi', { finish: 'length', usage: null })).toEqual({
      kind: 'model',
      output: [{ type: 'text', pieces: ['hi'], citations: [] }],
      finish: 'length',
      usage: null,
    });
    expect(
      toolCalls(
        [
          { name: 'f', args: { a: 1 } },
          { name: 'g', args: '{"a' },
        ],
        { say: 'so' },
      ).output,
    ).toEqual([
      { type: 'text', pieces: ['so'], citations: [] },
      { type: 'toolCall', id: undefined, name: 'f', pieces: ['{"a":1}'] },
      { type: 'toolCall', id: undefined, name: 'g', pieces: ['{"a'] },
    ]);
    expect(reasoning(['p1', ['p', '2']], { id: 'rs_1', tokens: 5 })).toEqual({
      type: 'reasoning',
      summary: [['p1'], ['p', '2']],
      id: 'rs_1',
      tokens: 5,
    });
  });
});
