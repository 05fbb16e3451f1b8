import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isGatewaySignature, ReasoningEnvelope, type ReasoningPayload } from './reasoning-envelope.js';

const envelope = new ReasoningEnvelope('secret');
const item: ReasoningPayload = { p: 'ri', o: 'openai', m: 'gpt-5.6', id: 'rs_1', ec: 'E', n: [2, 2], ph: 'x', t: 9 };

describe('ReasoningEnvelope', () => {
  it('R26: gives back what was sealed, for the same text', () => {
    expect(envelope.open(envelope.seal(item, 'p1\n\np2'), 'p1\n\np2')).toEqual(item);
    expect(new ReasoningEnvelope(Buffer.from('secret')).open(envelope.seal(item, ''), '')).toEqual(item);
    expect(envelope.open(envelope.sealVisible('t', 't'), 't')).toEqual({ p: 'rc' });
    expect(envelope.open(envelope.sealVisible('', 't'), '')).toEqual({ p: 'rc', x: 't' });
  });

  it('is one piece of plain ASCII that says who made it', () => {
    const signature = envelope.seal({ ...item, ec: 'ü' }, 'ü');
    expect(signature).toMatch(/^oai1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$/);
    expect(isGatewaySignature(signature)).toBe(true);
    expect(isGatewaySignature('EqQBCg')).toBe(false);
    expect(isGatewaySignature(undefined)).toBe(false);
  });

  it('R28: does not open for another text, another secret or after any change', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.nat(),
        fc.constantFrom(...'Aa0_-.'.split('')),
        (text, other, position, char) => {
          const signature = envelope.seal({ ...item, ec: other }, text);
          expect(envelope.open(signature, text)).toBeDefined();
          if (other !== text) expect(envelope.open(signature, other)).toBeUndefined();
          expect(new ReasoningEnvelope('another').open(signature, text)).toBeUndefined();
          const at = position % signature.length;
          const changed = signature.slice(0, at) + char + signature.slice(at + 1);
          // The last digit of base64 carries bits that mean nothing.
          if (changed !== signature && at !== signature.length - 1)
            expect(envelope.open(changed, text)).toBeUndefined();
          expect(envelope.open(`${signature}.x`, text)).toBeUndefined();
        },
      ),
    );
  });

  it('never throws on a foreign signature', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `oai1.${text}`),
        ),
        (signature) => {
          expect(envelope.open(signature, '')).toBeUndefined();
        },
      ),
    );
  });

  it('demands a secret', () => {
    expect(() => new ReasoningEnvelope('')).toThrow(TypeError);
  });
});
