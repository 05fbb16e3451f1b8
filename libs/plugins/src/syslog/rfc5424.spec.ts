import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { octetCounted, rfc5424 } from './rfc5424.js';

it('writes a message that reads back, whatever its text', () => {
  fc.assert(
    fc.property(
      fc.nat(191),
      fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
      fc.string({ unit: 'binary' }),
      (priority, at, text) => {
        const message = rfc5424({ priority, at: at.getTime(), text: Buffer.from(text) }, 'kong').toString();
        const [, pri, time, app, msg] = /^<(\d+)>1 (\S+) \S+ (\S+) \d+ exchange - (.*)$/s.exec(message) ?? [];
        expect([pri, time, app, msg]).toEqual([
          String(priority),
          at.toISOString(),
          'kong',
          Buffer.from(text).toString(),
        ]);
      },
    ),
  );
});

it('counts octets, not characters', () => {
  expect(octetCounted(Buffer.from('ü')).toString()).toBe('2 ü');
});
