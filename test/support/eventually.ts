import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Milliseconds until it is given up. Default 5000. */
  readonly within?: number;
  /** Milliseconds between two looks when nothing wakes the wait earlier. Default 25. */
  readonly every?: number;
  /** Subscribes to something that tells when a look is worth it, e.g. a file watcher. Returns the un-subscription. */
  readonly wake?: (look: () => void) => () => void;
  /** Ends the message of a failure: `not within 5000 ms: …`. */
  readonly what?: string;
}

type Falsy = undefined | null | false;

/**
 * Waits until `look` gives a value: anything but `undefined`, `null` and `false`. A look that throws has not succeeded yet, so
 * that `expect(…)` may stand in it; its last error is the cause of the failure.
 * @throws Error when the deadline passes
 */
export async function eventually<T>(
  look: () => T | Falsy | Promise<T | Falsy>,
  { within = 5000, every = 25, wake, what = 'the condition did not hold' }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + within;
  const alarm = new Alarm();
  const unsubscribe = wake?.(() => alarm.ring());
  try {
    for (;;) {
      let failure: unknown;
      try {
        const value = await look();
        if (value !== undefined && value !== null && value !== false) return value;
      } catch (error) {
        failure = error;
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`not within ${within} ms: ${what}${reason(failure)}`, { cause: failure });
      await alarm.next(Math.min(every, left));
    }
  } finally {
    unsubscribe?.();
  }
}

const reason = (failure: unknown): string => (failure instanceof Error ? `: ${failure.message}` : '');

/** A pause that may be cut short. A ring while nobody waits counts for the next pause. */
class Alarm {
  private rung = false;
  private wakeUp: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.wakeUp?.();
  }

  async next(ms: number): Promise<void> {
    if (!this.rung) {
      const timer = new AbortController();
      const rung = new Promise<void>((resolve) => (this.wakeUp = resolve));
      await Promise.race([rung, delay(ms, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
    }
    this.rung = false;
    this.wakeUp = undefined;
  }
}
