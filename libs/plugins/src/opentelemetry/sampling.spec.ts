import { describe, expect, it } from '@jest/globals';
import { isSampled, type Sampling } from './sampling.js';
import { newSpanId } from './trace-context.js';

const ID = '0af7651916cd43dd8448eb211c80319c';

describe('sampling', () => {
  it.each<[Sampling['strategy'], number, boolean | undefined, boolean]>([
    ['parent_drop_probability_fallback', 1, false, false],
    ['parent_drop_probability_fallback', 0, true, false],
    ['parent_drop_probability_fallback', 1, undefined, true],
    ['parent_probability_fallback', 1, false, false],
    ['parent_probability_fallback', 0, true, true],
    ['parent_probability_fallback', 0, undefined, false],
    ['probability', 1, false, true],
    ['probability', 0, true, false],
  ])('%s at %d with a caller that says %s: %s', (strategy, rate, parent, expected) => {
    expect(isSampled({ strategy, rate }, ID, parent)).toBe(expected);
  });

  it('draws by the trace id: the same for the same, the share over many', () => {
    const sampling: Sampling = { strategy: 'probability', rate: 0.25 };
    const ids = Array.from({ length: 4000 }, () => newSpanId() + newSpanId());
    const drawn = ids.filter((id) => isSampled(sampling, id, undefined));
    expect(drawn.length).toBeGreaterThan(800);
    expect(drawn.length).toBeLessThan(1200);
    expect(ids.filter((id) => isSampled(sampling, id, undefined))).toEqual(drawn);
  });

  it('has ids that are ids', () => {
    const ids = Array.from({ length: 1000 }, newSpanId);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
