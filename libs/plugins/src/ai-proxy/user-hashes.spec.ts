import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { UserHashes } from './user-hashes.js';

const KEY = Buffer.alloc(32, 7);

describe('UserHashes', () => {
  it('is the HMAC whatever has been hashed before, in any order, and however many are kept', () => {
    const users = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('ada', 'bob', '', 'x'.repeat(2000))),
    );
    fc.assert(
      fc.property(users, fc.integer({ min: 1, max: 3 }), (list, limit) => {
        const hashes = new UserHashes(KEY, limit);
        for (const user of list) {
          const expected = createHmac('sha256', KEY).update(user).digest('hex').slice(0, 16);
          expect(hashes.of(user)).toBe(expected);
          expect(hashes.of(user)).toBe(expected);
        }
      }),
    );
  });
});
