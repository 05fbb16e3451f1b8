import { Injectable, Logger } from '@nestjs/common';
import { config, map, Subject, type Observable } from 'rxjs';
import type { LifecycleEvent, Observer } from '#libs/plugin-api';
import type { ExchangeScope } from './scope.js';
import { scrubText } from './scrub-text.js';

/** An observer of all exchanges. It gets the scope beside the event. */
export type ScopedObserver = (event: LifecycleEvent, scope: ExchangeScope) => void;

interface Emission {
  readonly event: LifecycleEvent;
  readonly scope: ExchangeScope;
}

interface Failure {
  count: number;
  /** `performance.now()` of the last log line about it. */
  loggedAt: number;
}

const MINUTE_MS = 60_000;

/**
 * Carries the events of every exchange to whoever wants to see them: per exchange, never per chunk. Everything is synchronous
 * and in order; an observer that throws is counted and logged and disturbs neither the exchange nor the others.
 */
@Injectable()
export class LifecycleBus {
  private readonly logger = new Logger(LifecycleBus.name);
  private readonly emissions = new Subject<Emission>();
  private readonly failed = new Map<string, Failure>();

  /** For RxJS operators. They queue without bound, so nothing slow may hang here: that is what sinks are for. */
  readonly events$: Observable<LifecycleEvent> = this.emissions.pipe(map(({ event }) => event));

  constructor() {
    // RxJS throws a subscriber's error from a timer, which would end the process.
    config.onUnhandledError = (error) => this.report('events$', error);
  }

  /** How often each observer has thrown, by name. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.failed].map(([name, { count }]) => [name, count]));
  }

  /** Tells the observers of the scope, then those of all exchanges. */
  emit(event: LifecycleEvent, scope: ExchangeScope): void {
    for (const observer of scope.observers) this.tell(observer, event);
    if (this.emissions.observed) this.emissions.next({ event, scope });
  }

  /**
   * Calls `observer` with every event from now on. Returns the un-subscription.
   * @param name told in the log and in `failures` when the observer throws.
   */
  observe(observer: ScopedObserver, name: string): () => void {
    const subscription = this.emissions.subscribe(({ event, scope }) => {
      try {
        observer(event, scope);
      } catch (error) {
        this.report(name, error);
      }
    });
    return () => subscription.unsubscribe();
  }

  private tell(observer: Observer, event: LifecycleEvent): void {
    try {
      observer(event);
    } catch (error) {
      this.report(observer.name || 'plugin', error);
    }
  }

  private report(name: string, error: unknown): void {
    let failure = this.failed.get(name);
    if (!failure) this.failed.set(name, (failure = { count: 0, loggedAt: -Infinity }));
    failure.count++;
    const now = performance.now();
    if (now - failure.loggedAt < MINUTE_MS) return;
    failure.loggedAt = now;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.logger.error(`observer ${name} has thrown, ${failure.count} times so far: ${scrubText(text)}`);
  }
}
