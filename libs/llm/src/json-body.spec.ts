import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { toText } from './canonical/text.js';
import { jsonBody, parseJson } from './json-body.js';

describe('jsonBody', () => {
  it('holds a body as latin1 when no escape stands for a character beyond ASCII', () => {
    const body = jsonBody(Buffer.from('{"a":"é 你好 \\n \\u001b \\u007F \\\\u00e9"}'));
    expect(body.form).toBe('latin1');
    expect(toText((parseJson(body.text) as { a: string }).a, body.form)).toBe('é 你好 \n \u001b \u007f \\u00e9');
  });

  it.each(['\\u00e9', '\\u0080', '\\u4f60', '\\ud83d\\ude00', '\\\\\\u00e9'])('holds %s as ordinary text', (escape) => {
    const source = `{"a":"é${escape}"}`;
    const body = jsonBody(Buffer.from(source));
    expect(body.form).toBe('utf8');
    expect(parseJson(body.text)).toEqual(JSON.parse(source));
  });

  it('reads every string as it was written, in either form', () => {
    const escaped = (text: string) =>
      JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, ascii) => {
        const body = jsonBody(Buffer.from(`{"a":${ascii ? escaped(text) : JSON.stringify(text)}}`));
        expect(toText((parseJson(body.text) as { a: string }).a, body.form)).toBe(text);
      }),
    );
  });

  it('skips a byte order mark', () => {
    const body = jsonBody(Buffer.from('\ufeff{"a":1}'));
    expect(body.text).toBe('{"a":1}');
    expect(body.bytes.toString()).toBe('{"a":1}');
  });

  it('E11: refuses an empty body, one that is not UTF-8 and one that is not JSON', () => {
    const refusal = (message: RegExp) =>
      expect.objectContaining({ status: 400, type: 'invalid_request_error', message: expect.stringMatching(message) });
    expect(() => jsonBody(Buffer.alloc(0))).toThrow(refusal(/empty/));
    expect(() => jsonBody(Buffer.from('\ufeff'))).toThrow(refusal(/empty/));
    expect(() => jsonBody(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toThrow(refusal(/UTF-8/));
    expect(() => parseJson('{"secret":"sk-1" x}')).toThrow(
      refusal(/^The request body is not valid JSON \(position \d+\)$/),
    );
    expect(() => parseJson('{"a":')).toThrow(refusal(/^The request body is not valid JSON/));
    expect(() => parseJson('sk-1')).toThrow(expect.objectContaining({ message: expect.not.stringContaining('sk-1') }));
  });
});
