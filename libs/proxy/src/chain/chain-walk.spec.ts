import { describe, expect, it } from '@jest/globals';
import type { Handler } from '#libs/plugin-api';
import { plugin } from '../testing/entities.js';
import { ChainWalk, NextCalledTwiceError } from './chain-walk.js';
import { PluginChain, type Walker } from './plugin-chain.js';

/** A chain of handlers, the first with the highest priority. */
function chainOf(handlers: Readonly<Record<string, Handler>>, firstPriority = 100): PluginChain {
  return new PluginChain(
    Object.entries(handlers).map(([name, handler], index) => ({
      entity: plugin(name),
      priority: firstPriority - index,
      handler,
      observer: undefined,
      encodeError: undefined,
      sinks: false,
    })),
  );
}

function walk(handlers: Readonly<Record<string, Handler>>, terminal: () => Promise<void> = async () => {}) {
  const exchange = { chain: chainOf(handlers), response: { started: false } } as unknown as {
    -readonly [Key in keyof Walker]: Walker[Key];
  };
  const misused: string[] = [];
  const walking = new ChainWalk<Walker>(exchange, terminal, ({ plugin: name }) => misused.push(name));
  return { exchange, walking, misused };
}

describe('ChainWalk', () => {
  it('runs plugins around each other and the terminal in the middle', async () => {
    const order: string[] = [];
    const around = (name: string): Handler => {
      return async (_exchange, next) => {
        order.push(name);
        await next();
        order.push(`/${name}`);
      };
    };
    const { walking } = walk({ a: around('a'), b: around('b') }, async () => void order.push('end'));
    await walking.run();
    expect(order).toEqual(['a', 'b', 'end', '/b', '/a']);
  });

  it('ends where a plugin answers', async () => {
    const order: string[] = [];
    const { walking } = walk({
      a: async (_exchange, next) => next(),
      b: async () => void order.push('b'),
      c: async () => void order.push('c'),
    });
    await walking.run();
    expect(order).toEqual(['b']);
  });

  it.each<[string, Handler]>([
    [
      'throws at once',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
    [
      'throws after next',
      async (_exchange, next) => {
        await next();
        throw new Error('boom');
      },
    ],
  ])('rejects and names the plugin that %s', async (_what, handler) => {
    const { walking } = walk({ outer: (_exchange, next) => next(), broken: handler, inner: async () => {} });
    const error: unknown = await walking.run().catch((thrown: unknown) => thrown);
    expect(error).toEqual(new Error('boom'));
    expect(walking.culprit(error)).toBe('broken');
  });

  it('blames nobody for an error of the terminal', async () => {
    const error = new Error('no upstream');
    const { walking } = walk({ a: (_exchange, next) => next() }, () => Promise.reject(error));
    await expect(walking.run()).rejects.toBe(error);
    expect(walking.culprit(error)).toBeUndefined();
  });

  it('blames the plugin that makes an error of its own out of another', async () => {
    const mine = new Error('mine');
    const { walking } = walk({
      outer: async (_exchange, next) => {
        await next().catch(() => {
          throw mine;
        });
      },
      inner: () => Promise.reject(new Error('theirs')),
    });
    await expect(walking.run()).rejects.toBe(mine);
    expect(walking.culprit(mine)).toBe('outer');
  });

  it('lets a plugin deal with the error of another', async () => {
    const { walking } = walk({
      outer: async (_exchange, next) => next().catch(() => {}),
      inner: () => Promise.reject(new Error('boom')),
    });
    await expect(walking.run()).resolves.toBeUndefined();
  });

  it('refuses a second next and tells of it, even when the plugin does not look', async () => {
    let runs = 0;
    const count: Handler = async () => void (runs += 1);
    const looking = walk({
      twice: async (_exchange, next) => {
        await next();
        await next();
      },
      inner: count,
    });
    await expect(looking.walking.run()).rejects.toEqual(new NextCalledTwiceError('twice'));
    const blind = walk({
      twice: async (_exchange, next) => {
        await next();
        void next();
      },
      inner: count,
    });
    await expect(blind.walking.run()).resolves.toBeUndefined();
    expect(runs).toBe(2);
    expect([...looking.misused, ...blind.misused]).toEqual(['twice', 'twice']);
  });

  it('waits for what a plugin has not waited for', async () => {
    let release = (): void => {};
    let done = false;
    const { walking } = walk({
      hasty: async (_exchange, next) => void next(),
      slow: async () => {
        await new Promise<void>((resolve) => (release = resolve));
        done = true;
      },
    });
    const end = walking.run();
    setImmediate(() => release());
    await end;
    expect(done).toBe(true);
  });

  it('does not lose the error of what a plugin has not waited for', async () => {
    const { walking } = walk({
      hasty: async (_exchange, next) => void next(),
      late: async () => {
        await new Promise(setImmediate);
        throw new Error('late');
      },
    });
    await expect(walking.run()).rejects.toThrow('late');
  });

  it('takes a handler that returns nothing for one that is done', async () => {
    const { walking } = walk({ plain: (() => undefined) as unknown as Handler });
    await expect(walking.run()).resolves.toBeUndefined();
  });

  it('goes on in the chain of the consumer that a plugin has found, below that plugin', async () => {
    const order: string[] = [];
    const note = (name: string): Handler => {
      return async (_exchange, next) => {
        order.push(name);
        await next();
      };
    };
    const { exchange, walking } = walk({
      first: note('first'),
      auth: async (_exchange, next) => {
        order.push('auth');
        exchange.chain = chainOf({ first: note('never'), auth: note('never'), own: note('own'), last: note('last') });
        await next();
      },
      anonymous: note('anonymous'),
    });
    await walking.run();
    expect(order).toEqual(['first', 'auth', 'own', 'last']);
  });
});
