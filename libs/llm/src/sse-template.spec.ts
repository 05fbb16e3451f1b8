import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { toJsonText } from './canonical/text.js';
import { SseTemplate, type Hole } from './sse-template.js';

const TEXT: Hole = { path: ['d', 0, 'text'], kind: 'string' };
const COUNTER: Hole = { path: ['n'], kind: 'number' };
const PADDING: Hole = { path: ['pad'], kind: 'string' };

function learn(data: string, holes: readonly Hole[] = [TEXT, COUNTER, PADDING]): SseTemplate | undefined {
  return SseTemplate.learn(`data: ${data}\n\n`, data, JSON.parse(data), holes);
}

const DATA = '{"n":7,"text":"decoy","d":[{"text":"w"}],"x":"text","pad":"abc"}';

describe('the shape of an event', () => {
  it('matches events that differ in the holes only', () => {
    const template = learn(DATA);
    const other = 'data: {"n":1234,"text":"decoy","d":[{"text":"é \\"q\\""}],"x":"text","pad":""}\n\n';
    const bytes = Buffer.from(`..${other}rest`).toString('latin1');
    const end = template?.match(bytes, 2) ?? -1;
    expect(bytes.slice(end)).toBe('rest');
    expect(bytes.slice(template?.start, template?.end)).toBe(Buffer.from('é \\"q\\"').toString('latin1'));
    expect(template?.unusual).toBe(false);
  });

  it.each([
    ['another decoy', DATA.replace('decoy', 'x')],
    ['another key', DATA.replace('"pad"', '"pal"')],
    ['a number with a leading zero', DATA.replace(':7', ':07')],
    ['a fraction', DATA.replace(':7', ':7.5')],
    ['no number', DATA.replace(':7', ':')],
    ['null', DATA.replace('"w"', 'null')],
    ['a control character', DATA.replace('"w"', '"\t"')],
    ['an escape that is none', DATA.replace('"w"', String.raw`"\x"`)],
    ['half an escape', DATA.replace('"w"', String.raw`"\u12g4"`)],
    ['an open string', DATA.replace('"w"', '"w')],
    ['another key behind', DATA.replace('}],', ',"k":1}],')],
    ['an event that is not complete', DATA.slice(0, -2)],
  ])('does not match %s', (_, data) => {
    expect(learn(DATA)?.match(`data: ${data}\n\n`, 0)).toBe(-1);
  });

  it('notices escapes that JSON.stringify does not write', () => {
    const template = learn(DATA);
    for (const [text, unusual] of [
      [String.raw`\u00E9`, true],
      [String.raw`\/`, true],
      [String.raw`\n\\`, false],
    ] as const) {
      expect(template?.match(`data: ${DATA.replace('"w"', `"${text}"`)}\n\n`, 0)).toBeGreaterThan(0);
      expect(template?.unusual).toBe(unusual);
    }
  });

  it('is not learned when the wanted value is no string, or stands in several lines', () => {
    expect(learn('{"d":[{"text":5}]}')).toBeUndefined();
    expect(learn('{"other":"x"}')).toBeUndefined();
    expect(
      SseTemplate.learn('data: {\ndata: "d":[{"text":"w"}]}\n\n', '{\n"d":[{"text":"w"}]}', { d: [{ text: 'w' }] }, [
        TEXT,
      ]),
    ).toBeUndefined();
  });

  it('finds the value among keys, decoys and duplicates of the same name', () => {
    for (const data of [
      '{"text":{"text":"a"},"d":[{"text":"w"}]}',
      '{"d":[{"text":"first","text":"w"}]}',
      '{"s":"\\"text\\":\\"x\\"","d" : [ { "text" :\t"w" } ]}',
    ]) {
      const template = learn(data, [TEXT]);
      const raw = `data: ${data}\n\n`;
      expect(template?.match(raw, 0)).toBe(raw.length);
      expect(raw.slice(template?.start, template?.end)).toBe('w');
    }
  });

  it('means what the parser says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.string(), (text, n, pad) => {
        const json = `{"n":${n},"text":"decoy","d":[{"text":"${toJsonText(text)}"}],"x":"text","pad":"${toJsonText(pad)}"}`;
        const raw = `data: ${json}\n\n`;
        const template = learn(DATA);
        expect(template?.match(raw, 0)).toBe(raw.length);
        expect(raw.slice(template?.start, template?.end)).toBe(toJsonText(text));
      }),
    );
  });
});
