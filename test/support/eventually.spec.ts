import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.js';

describe('eventually', () => {
  it('gives the first value that is something', async () => {
    const looks = [undefined, null, false, 0];
    await expect(eventually(() => looks.shift(), { every: 1 })).resolves.toBe(0);
    expect(looks).toEqual([]);
  });

  it('waits for expectations to hold', async () => {
    let count = 0;
    await eventually(
      () => {
        count += 1;
        expect(count).toBe(3);
        return true;
      },
      { every: 1 },
    );
    expect(count).toBe(3);
  });

  it('gives up at the deadline and says why', async () => {
    const look = (): never => {
      throw new Error('still at 2');
    };
    await expect(eventually(look, { within: 20, every: 5, what: 'three records' })).rejects.toThrow(
      'not within 20 ms: three records: still at 2',
    );
  });

  it('looks when it is woken, long before the interval is over', async () => {
    let open = false;
    let unsubscribed = false;
    let wake = (): void => {};
    const waiting = eventually(() => open, {
      within: 60_000,
      every: 60_000,
      wake: (look) => {
        wake = look;
        return () => (unsubscribed = true);
      },
    });
    open = true;
    wake();
    await expect(waiting).resolves.toBe(true);
    expect(unsubscribed).toBe(true);
  });

  it('does not look again and again without a pause', async () => {
    let looks = 0;
    await expect(eventually(() => void (looks += 1), { within: 100, every: 50 })).rejects.toThrow('not within 100 ms');
    expect(looks).toBeLessThanOrEqual(4);
  });
});
