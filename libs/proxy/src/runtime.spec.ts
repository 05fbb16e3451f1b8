import { describe, expect, it } from '@jest/globals';
import { route } from './testing/entities.js';
import { emptyRuntime, Runtime } from './runtime.js';

describe('Runtime', () => {
  it('is retired when the last exchange is done', async () => {
    const runtime = emptyRuntime();
    runtime.acquire();
    runtime.acquire();
    let retired = false;
    const end = runtime.retire().then(() => (retired = true));
    runtime.release();
    await Promise.resolve();
    expect(retired).toBe(false);
    runtime.release();
    await end;
    expect(retired).toBe(true);
  });

  it('is retired at once when none is under way', async () => {
    await expect(emptyRuntime().retire()).resolves.toBeUndefined();
  });

  it('fails as a whole when a part cannot work', () => {
    const config = {
      services: [],
      routes: [route('r', { paths: ['~/['] })],
      consumers: [],
      plugins: [],
      unready: new Map(),
    };
    expect(() => new Runtime(config, new Map())).toThrow('route r');
  });
});
