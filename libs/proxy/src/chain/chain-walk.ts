import type { PluginChain, Step, Walker } from './plugin-chain.js';

/** A plugin has asked for the rest of the chain a second time. */
export class NextCalledTwiceError extends Error {
  constructor(readonly plugin: string) {
    super(`plugin "${plugin}" called next() twice`);
    this.name = 'NextCalledTwiceError';
  }
}

/** What stands at the end of the chain, when no plugin has answered. */
export type Terminal<Exchange extends Walker> = (exchange: Exchange) => Promise<void>;

/**
 * One exchange's way through its plugins, each calling the next, as in koa. Whatever a plugin of somebody else does (throws at
 * once, returns nothing, calls `next` twice or without waiting for it) ends in the one promise of `run`.
 */
export class ChainWalk<Exchange extends Walker> {
  private current: Step | undefined;
  /** Calls of `next` that have not settled. */
  private open = 0;
  private innermost: { readonly error: unknown; readonly step: Step | undefined } | undefined;
  private onAllSettled: (() => void) | undefined;

  /** @param misused hears of a plugin that calls `next` twice, even if it drops the error it gets for it */
  constructor(
    private readonly exchange: Exchange,
    private readonly terminal: Terminal<Exchange>,
    private readonly misused: (error: NextCalledTwiceError) => void,
  ) {}

  /** Name of the plugin that `run` has failed in with this error; undefined when it was none. */
  culprit(error: unknown): string | undefined {
    return (this.innermost?.error === error ? this.innermost?.step : this.current)?.name;
  }

  /** Resolves when every plugin is done; rejects with what the outermost plugin lets through. */
  run(): Promise<void> {
    return this.enter(this.exchange.chain, 0).then(this.waitForAll);
  }

  /** A plugin that has not waited for `next` ends before the exchange does, and would lose its error. */
  private readonly waitForAll = (): Promise<void> | undefined => {
    if (this.open === 0) return undefined;
    return new Promise((resolve, reject) => {
      this.onAllSettled = () => {
        if (this.innermost && !this.exchange.response.started) reject(this.innermost.error);
        else resolve();
      };
    });
  };

  private enter(chain: PluginChain, index: number): Promise<void> {
    const step = chain.steps[index];
    this.current = step;
    if (step === undefined) return this.terminal(this.exchange);
    let called = false;
    const next = (): Promise<void> => {
      if (called) return this.refuse(step);
      called = true;
      // The consumer decides which entries win; those with a lower priority may be others now.
      const onward = this.exchange.chain;
      return this.follow(step, this.enter(onward, onward === chain ? index + 1 : onward.indexAfter(step)));
    };
    try {
      return Promise.resolve(step.handler(this.exchange, next));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Watches the rest of the chain on behalf of a plugin that may forget to. */
  private follow(step: Step, rest: Promise<void>): Promise<void> {
    this.open += 1;
    rest.then(
      () => this.settle(step),
      (error: unknown) => {
        this.innermost ??= { error, step: this.current };
        this.settle(step);
      },
    );
    return rest;
  }

  private settle(step: Step): void {
    this.current = step;
    this.open -= 1;
    if (this.open === 0) this.onAllSettled?.();
  }

  private refuse(step: Step): Promise<void> {
    const error = new NextCalledTwiceError(step.name);
    this.misused(error);
    const refusal = Promise.reject(error);
    // The plugin may not wait for this promise either; the process must not end for it.
    refusal.catch(() => {});
    return refusal;
  }
}
