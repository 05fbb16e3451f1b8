import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Ring } from './ring.js';

describe('Ring', () => {
  it('is a queue', () => {
    const step = fc.oneof(fc.nat(9), fc.constant('shift' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const ring = new Ring<number>();
        const queue: number[] = [];
        for (const what of steps) {
          if (what === 'shift') {
            expect(ring.shift()).toBe(queue.shift());
          } else {
            // Several at once, so that the ring wraps and grows.
            for (let item = 0; item < what; item++) {
              ring.push(item);
              queue.push(item);
            }
          }
          expect(ring.length).toBe(queue.length);
          expect(ring.first()).toBe(queue[0]);
        }
      }),
    );
  });
});
