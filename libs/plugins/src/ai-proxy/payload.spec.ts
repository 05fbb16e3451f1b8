import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { capturePayload } from './payload.js';

describe('capturePayload', () => {
  it('keeps what fits', () => {
    expect(capturePayload('{"a":"é"}', 100)).toEqual({ text: '{"a":"é"}' });
  });

  it('cuts at a character and tells size and digest of the whole', () => {
    expect(capturePayload('aé', 2)).toEqual({
      text: 'a',
      truncated: { bytes: 3, sha256: createHash('sha256').update('aé').digest('hex') },
    });
  });

  it('is always a prefix within the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(60), (text, limit) => {
        const { text: kept, truncated } = capturePayload(text, limit);
        expect(text.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(limit);
        expect(truncated === undefined).toBe(kept === text);
      }),
    );
  });
});
