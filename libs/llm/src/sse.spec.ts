import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MAX_EVENT_BYTES, SseParser } from './sse.js';
import { cut } from './testing/scripts.js';

interface Seen {
  readonly events: [name: string, data: string][];
  readonly stray: string[];
  overflows: number;
}

function parse(reads: readonly (string | Buffer)[]): Seen {
  const seen: Seen = { events: [], stray: [], overflows: 0 };
  const parser = new SseParser({
    event: (data, name) => seen.events.push([name, data]),
    stray: (line) => seen.stray.push(line),
    overflow: () => seen.overflows++,
    skim: (_, at) => at,
  });
  for (const read of reads) parser.push(typeof read === 'string' ? Buffer.from(read, 'latin1') : read);
  parser.end();
  return seen;
}

describe('server-sent events', () => {
  it.each([
    ['data: a\n\ndata: b\n\n', ['a', 'b']],
    ['data:a\n\n', ['a']],
    ['data:  a \n\n', [' a ']],
    ['data: a\ndata: b\ndata\n\n', ['a\nb\n']],
    ['data: a\n\n\n\ndata: b', ['a', 'b']],
    ['data: a\r\n\r\ndata: b\r\rdata: c\n\r\n', ['a', 'b', 'c']],
    [': comment\n\n: data: no\ndata: a\n: more\n\n', ['a']],
    ['data\n\ndata:\n\nid: 1\n\n', []],
    ['\u00ef\u00bb\u00bfdata: a\n\n', ['a']],
    ['data: \u00ef\u00bb\u00bf\n\n', ['\u00ef\u00bb\u00bf']],
    ['datax: a\ndat: b\n\n', []],
  ])('%j', (text, expected) => {
    expect(parse([text]).events.map(([, data]) => data)).toEqual(expected);
  });

  it('names events', () => {
    expect(
      parse(['event: a\ndata: 1\n\ndata: 2\n\nevent:b\nevent: c\ndata: 3\n\nevent: d\n\ndata: 4\n\n']).events,
    ).toEqual([
      ['a', '1'],
      ['', '2'],
      ['c', '3'],
      ['', '4'],
    ]);
  });

  it('tells of lines that are no fields', () => {
    expect(parse(['data: a\n\n{"error":1}\n{"error":2}']).stray).toEqual(['{"error":1}', '{"error":2}']);
  });

  it('does not cut characters', () => {
    const bytes = Buffer.from('data: 漢😀\n\n');
    const [event] = parse(Array.from(bytes, (byte) => Buffer.of(byte))).events;
    expect(Buffer.from(event?.[1] ?? '', 'latin1').toString()).toBe('漢😀');
  });

  it('T20 T21 means the same wherever it is cut', () => {
    const token = fc.constantFrom(
      'data: ',
      'event: ',
      ':',
      '\r',
      '\n',
      '\r\n',
      '\n\n',
      'x',
      ' ',
      '{',
      '\u00ef\u00bb\u00bf',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (tokens, places) => {
        const text = tokens.join('');
        const whole = parse([text]);
        expect(parse(cut(text, places))).toEqual(whole);
        expect(parse(text.split(''))).toEqual(whole);
        // A second opinion: lines by the rules of the standard.
        const lines = text.replace(/^\u00ef\u00bb\u00bf/, '').split(/\r\n|\r|\n/);
        const data = lines.filter((line) => /^data(?::|$)/.test(line)).map((line) => line.replace(/^data:? ?/, ''));
        expect(
          whole.events
            .map(([, value]) => value)
            .join('')
            .replaceAll('\n', '').length,
        ).toBe(data.join('').length);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes an event of 15 MB in small pieces, and none above the limit', () => {
    const piece = 'x'.repeat(64 * 1024);
    const large = ['data: ', ...Array.from({ length: 240 }, () => piece), '\n\n'];
    expect(parse(large).events[0]?.[1]).toHaveLength(240 * piece.length);
    const tooLarge = parse(['data: ', ...Array.from({ length: 260 }, () => piece), '\n\ndata: a\n\n']);
    expect(tooLarge).toEqual({ events: [], stray: [], overflows: 1 });
    const manyLines = Array.from({ length: 260 }, () => `data: ${piece}\n`);
    expect(parse(manyLines)).toMatchObject({ events: [], overflows: 1 });
    expect(260 * piece.length).toBeGreaterThan(MAX_EVENT_BYTES);
  });

  it('offers every border to be skimmed, and the raw bytes of an event that came whole', () => {
    const offered: string[] = [];
    const raws: (string | undefined)[] = [];
    const parser: SseParser = new SseParser({
      event: () => raws.push(parser.raw()),
      stray: () => undefined,
      overflow: () => undefined,
      skim: (text, at) => {
        offered.push(text.slice(at));
        return text.startsWith('SKIP\n\n', at) ? at + 6 : at;
      },
    });
    parser.push(Buffer.from('data: a\n\nSKIP\n\nevent: e\ndata: b\n\ndata: c'));
    parser.push(Buffer.from('d\n'));
    parser.push(Buffer.from('\n'));
    expect(offered.filter((text) => text.startsWith('SKIP'))).toHaveLength(1);
    expect(raws).toEqual(['data: a\n\n', 'event: e\ndata: b\n\n', undefined]);
    parser.stopped = true;
    parser.push(Buffer.from('data: x\n\n'));
    parser.end();
    expect(raws).toHaveLength(3);
  });
});
