import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { HistogramCell } from './families.js';
import { FamilySet } from './family-set.js';

/** Milliseconds between two looks at the event loop. */
const INTERVAL = 20;
const DELAY = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Of prom-client's families: named against Prometheus' conventions, or a second telling of the event loop's delay. */
const LEFT_OUT = /_active_(?:handles|requests|resources)_total$|_eventloop_lag_/;

/** The process's own families, `tidegate_process_…` and `tidegate_nodejs_…`. */
export function watchProcess(registry: Registry): void {
  // Its look at the event loop is left out, and need not wake the process often.
  collectDefaultMetrics({ register: registry, prefix: 'tidegate_', eventLoopMonitoringPrecision: 1000 });
  for (const { name } of registry.getMetricsAsArray()) if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
}

/**
 * How late timers run. A histogram of our own, because those of Node start anew at each look, so that two readers take each other's
 * numbers away, and have the interval in them.
 */
export class EventLoopMetrics {
  private readonly set = new FamilySet();
  private readonly delay: HistogramCell = this.set
    .histogram('event_loop_delay_seconds', 'How late a timer runs that is due every 20 ms', [], DELAY)
    .cell();
  private due = performance.now() + INTERVAL;

  get families() {
    return this.set.families;
  }

  constructor() {
    setInterval(() => this.look(), INTERVAL).unref();
  }

  private look(): void {
    const now = performance.now();
    this.delay.observe(Math.max(0, now - this.due) / 1000);
    this.due = now + INTERVAL;
  }
}
