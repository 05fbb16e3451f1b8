import { Injectable, Logger } from '@nestjs/common';
import { config, map, Subject, type Observable } from 'rxjs';
import type { LifecycleEvent } from '#libs/plugin-api';
import { NO_SCOPE, type ExchangeScope } from './scope.js';
import { scrubText } from './scrub-text.js';

/** Gets the scope beside the event, for observers that pass it on. */
export type ScopedObserver = (event: LifecycleEvent, scope: ExchangeScope) => void;

export interface ObserveOptions {
  /** Told in the log and in `failures` when the observer throws. */
  readonly name: string;
  /** Only exchanges to which this `plugins` entry applies. Default: all of them. */
  readonly entityId?: string;
}

interface Emission {
  readonly event: LifecycleEvent;
  readonly scope: ExchangeScope;
}

const MINUTE_MS = 60_000;

/**
 * Carries the events of every exchange to whoever wants to see them: per exchange, never per chunk. Delivery is synchronous and
 * in order; an observer that throws is counted and logged and disturbs neither the exchange nor the others.
 */
@Injectable()
export class LifecycleBus {
  private readonly logger = new Logger(LifecycleBus.name);
  private readonly emissions = new Subject<Emission>();
  private readonly failed = new Map<string, { count: number; loggedAt: number }>();

  /** For RxJS operators. Operators queue without bound: nothing slow may hang here (records go to a sink for that). */
  readonly events$: Observable<LifecycleEvent> = this.emissions.pipe(map(({ event }) => event));

  constructor() {
    // RxJS throws the error of a subscriber from a timer, which would end the process.
    config.onUnhandledError = (error) => this.report('events$', error);
  }

  /** How often each observer has thrown, by name. */
  get failures(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.failed].map(([name, { count }]) => [name, count]));
  }

  emit(event: LifecycleEvent, scope: ExchangeScope = NO_SCOPE): void {
    if (this.emissions.observed) this.emissions.next({ event, scope });
  }

  /** Calls `observer` with every event from now on, in its scope. Returns the un-subscription. */
  observe(observer: ScopedObserver, { name, entityId }: ObserveOptions): () => void {
    const subscription = this.emissions.subscribe(({ event, scope }) => {
      if (entityId !== undefined && !scope.includes(entityId)) return;
      try {
        observer(event, scope);
      } catch (error) {
        this.report(name, error);
      }
    });
    return () => subscription.unsubscribe();
  }

  private report(name: string, error: unknown): void {
    let failure = this.failed.get(name);
    if (!failure) this.failed.set(name, (failure = { count: 0, loggedAt: -Infinity }));
    failure.count++;
    const now = performance.now();
    if (now - failure.loggedAt < MINUTE_MS) return;
    failure.loggedAt = now;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.logger.error(`observer ${name} has thrown (${failure.count} times so far): ${scrubText(text)}`);
  }
}
