import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { LiveSet, type Live } from './live-set.js';

describe('LiveSet', () => {
  it('holds what a Set holds, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (steps) => {
        const members: Live[] = Array.from({ length: 10 }, () => ({ livePlace: -1 }));
        const live = new LiveSet<Live>();
        const expected = new Set<Live>();
        for (const step of steps) {
          const member = members[step] as Live;
          if (expected.has(member)) {
            expect(live.delete(member)).toBe(expected.delete(member));
          } else {
            expect(live.delete(member)).toBe(false);
            live.add(member);
            expected.add(member);
          }
          expect(live.size).toBe(expected.size);
          expect(new Set(live.list())).toEqual(expected);
        }
      }),
    );
  });

  it('lets members leave while its list is gone through', () => {
    const live = new LiveSet<Live>().add({ livePlace: -1 }).add({ livePlace: -1 }).add({ livePlace: -1 });
    for (const member of live.list()) live.delete(member);
    expect(live.size).toBe(0);
  });
});
