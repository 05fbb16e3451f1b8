import type { LifecycleEvent, Outcome } from '#libs/plugin-api';
import { BoundedLabel } from './bounded-label.js';
import { ERROR_CLASSES, errorClass } from './error-class.js';
import type { Cell, HistogramCell } from './families.js';
import { FamilySet } from './family-set.js';
import { Grouped } from './grouped.js';
import { ModelMetrics } from './model-metrics.js';

type Finished = Extract<LifecycleEvent, { type: 'exchange.finished' }>;

const OUTCOMES: readonly Outcome[] = ['completed', 'client_aborted', 'upstream_failed', 'rejected', 'interrupted'];
/** Seconds; agents wait for minutes. */
const DURATION = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900];
/** For what a client has not told. */
const UNKNOWN = 'unknown';
/** For exchanges that have come to no route. */
const NO_ROUTE = '(none)';

/** What is counted per route. */
interface RouteCells {
  readonly byOutcome: ReadonlyMap<Outcome, Cell>;
  readonly duration: HistogramCell;
  readonly retries: Cell;
}

/** What the gateway counts of exchanges, whatever the configuration says. */
export class ExchangeMetrics {
  private readonly set = new FamilySet();

  private readonly exchanges = this.set.counter('exchanges_total', 'Exchanges by how they ended', ['route', 'outcome']);
  private readonly duration = this.set.histogram(
    'exchange_duration_seconds',
    'From the request head read to the last byte sent',
    ['route'],
    DURATION,
  );
  private readonly errors = this.set.counter(
    'upstream_errors_total',
    'Failed exchanges by class of the fault: the caller’s, a policy’s, the provider’s, the gateway’s own',
    ['class'],
  );
  private readonly retries = this.set.counter(
    'upstream_retries_total',
    'Attempts to reach an upstream after the first one of an exchange',
    ['route'],
  );
  private readonly clients = this.set.counter(
    'client_exchanges_total',
    'Exchanges by client program and request class',
    ['client', 'request_class'],
  );
  private readonly activeExchanges = this.set.gauge('active_exchanges', 'Exchanges under way').cell();
  private readonly activeStreams = this.set.gauge('active_streams', 'Streamed answers under way').cell();
  private readonly models = new ModelMetrics(this.set);

  private readonly clientNames = new BoundedLabel();
  /** Five are known of Claude Code. */
  private readonly requestClasses = new BoundedLabel(16);

  /** All at 0 from the start: a rate needs a value before the first failure. */
  private readonly byError = new Map(ERROR_CLASSES.map((name) => [name, this.errors.cell(name)]));
  private readonly byRoute = new Grouped((route) => this.routeCells(route));
  private readonly byClient = new Grouped((client, requestClass) => this.clients.cell(client, requestClass));
  /** Ids of the exchanges that stream. */
  private readonly streaming = new Set<string>();

  get families() {
    return this.set.families;
  }

  observe(event: LifecycleEvent): void {
    switch (event.type) {
      case 'exchange.started':
        this.activeExchanges.add(1);
        break;
      case 'request.decoded':
        if (event.exchange.ai?.mode === 'stream') this.streaming.add(event.exchange.id);
        break;
      case 'exchange.finished':
        this.activeExchanges.add(-1);
        this.streaming.delete(event.exchange.id);
        this.finished(event);
        break;
      default:
    }
    this.activeStreams.value = this.streaming.size;
  }

  private finished(event: Finished): void {
    const { record, exchange } = event;
    const { agent, ai, tries } = exchange;
    const route = record.route?.name ?? record.route?.id ?? NO_ROUTE;
    const cells = this.byRoute.of(route, '', '');
    cells.byOutcome.get(record.exchange.outcome)?.add(1);
    cells.duration.observe(record.latencies.request / 1000);
    if (tries.length > 1) cells.retries.add(tries.length - 1);
    const requestClass = this.requestClasses.value(agent?.request_class ?? UNKNOWN);
    if (agent) this.byClient.of(this.clientNames.value(agent.client ?? UNKNOWN), requestClass, '').add(1);
    if (ai) this.models.count(ai, route, requestClass, event.at);
    const failure = errorClass(event);
    if (failure) this.byError.get(failure)?.add(1);
  }

  private routeCells(route: string): RouteCells {
    return {
      byOutcome: new Map(OUTCOMES.map((outcome) => [outcome, this.exchanges.cell(route, outcome)])),
      duration: this.duration.cell(route),
      retries: this.retries.cell(route),
    };
  }
}
