import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LineSplitter } from './line-splitter.js';

function split(chunks: readonly Buffer[], longest?: number): { lines: string[]; tooLong: number[]; open: boolean } {
  const lines: string[] = [];
  const tooLong: number[] = [];
  const splitter = new LineSplitter((chunk, start, end) => lines.push(chunk.toString('utf8', start, end)), {
    ...(longest !== undefined && { longest }),
    onTooLong: (bytes) => tooLong.push(bytes),
  });
  for (const chunk of chunks) {
    // As a reader does that uses one buffer for all its reads.
    const reused = Buffer.from(chunk);
    splitter.push(reused);
    reused.fill(0x21);
  }
  return { open: splitter.end(), lines, tooLong };
}

/** The text in pieces that end anywhere, also within a character. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

describe('LineSplitter', () => {
  it('gives the lines of a text, whatever its characters and wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\n', '', 'é\r'))),
        fc.array(fc.nat(), { maxLength: 20 }),
        (parts, cuts) => {
          const text = Buffer.from(parts.join('\n')).toString('utf8');
          const expected = text.split('\n');
          const open = expected.pop();
          if (open !== '') expected.push(open ?? '');
          const result = split(cut(Buffer.from(text), cuts));
          expect(result.lines).toEqual(expected);
          expect(result.open).toBe(open !== '');
        },
      ),
    );
  });

  it('drops lines that are too long, tells their size and goes on with the next', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary-ascii' })),
        fc.array(fc.nat(), { maxLength: 20 }),
        (parts, cuts) => {
          const lines = parts.map((part) => part.replaceAll('\n', ' '));
          const result = split(cut(Buffer.from(lines.map((line) => `${line}\n`).join('')), cuts), 4);
          expect(result.lines).toEqual(lines.filter((line) => line.length <= 4));
          expect(result.tooLong).toEqual(lines.filter((line) => line.length > 4).map((line) => line.length));
        },
      ),
    );
  });
});
