import type { AiFacts, LifecycleEvent, TokenUsage } from '#libs/plugin-api';
import { BoundedLabel } from './bounded-label.js';
import { errorClass } from './error-class.js';
import { HistogramFamily, NumberFamily, type Cell, type Family, type HistogramCell } from './families.js';
import { Grouped } from './grouped.js';

type Finished = Extract<LifecycleEvent, { type: 'exchange.finished' }>;

/** Seconds; agents wait for minutes. */
const DURATION = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 900];
const FIRST_TOKEN = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 600, 900];
const PER_TOKEN = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5];

const MODEL = ['provider', 'model', 'route'];

/** What is counted per model and route. Families that would say 0 for good stay without a series. */
interface ModelCells {
  readonly input: Cell;
  readonly cached: Cell;
  readonly cacheWrite: Cell;
  readonly output: Cell;
  readonly reasoning: Cell;
  readonly firstToken: HistogramCell;
  readonly perToken: HistogramCell;
  cost: Cell | undefined;
}

/** What the gateway counts of exchanges, whatever the configuration says: `tidegate_…`. */
export class ExchangeMetrics {
  readonly families: Family[] = [];

  private readonly exchanges = this.counter('exchanges_total', 'Exchanges by how they ended', ['route', 'outcome']);
  private readonly clients = this.counter('client_exchanges_total', 'Exchanges by client program and request class', [
    'client',
    'request_class',
  ]);
  private readonly duration = this.histogram(
    'exchange_duration_seconds',
    'From the request head read to the last byte sent',
    ['route'],
    DURATION,
  );
  private readonly tokens = this.counter(
    'tokens_total',
    'Tokens; input includes cached and cache_write, output includes reasoning',
    [...MODEL, 'type'],
  );
  private readonly cost = this.counter('cost_usd_total', 'Cost in USD of exchanges with a known price', MODEL);
  private readonly priceMissing = this.counter('price_missing_total', 'Exchanges whose model has no known price', [
    'provider',
    'model',
  ]);
  private readonly usageEstimated = this.counter(
    'usage_estimated_total',
    'Exchanges whose tokens the gateway had to count itself',
    ['provider', 'model'],
  );
  private readonly firstToken = this.histogram(
    'time_to_first_token_seconds',
    'Until the first content went to the client, streams only',
    MODEL,
    FIRST_TOKEN,
  );
  private readonly perToken = this.histogram(
    'time_per_output_token_seconds',
    'Between output tokens after the first, streams only',
    MODEL,
    PER_TOKEN,
  );
  private readonly toolCalls = this.counter('tool_calls_total', 'Tool calls of models by name of the tool', ['tool']);
  private readonly stops = this.counter('stop_reasons_total', 'Why models stopped', ['provider', 'model', 'reason']);
  private readonly losses = this.counter(
    'translation_losses_total',
    'What could not be carried from one format to the other',
    ['what'],
  );
  private readonly errors = this.counter('upstream_errors_total', 'Failed exchanges by class of the fault', ['class']);
  private readonly activeExchanges = this.gauge('active_exchanges', 'Exchanges under way');
  private readonly activeStreams = this.gauge('active_streams', 'Streamed answers under way');

  private readonly models = new BoundedLabel();
  private readonly tools = new BoundedLabel();
  private readonly reasons = new BoundedLabel(20);
  private readonly whats = new BoundedLabel();
  private readonly clientNames = new BoundedLabel();
  private readonly requestClasses = new BoundedLabel(20);

  private readonly byOutcome = new Grouped((route, outcome) => this.exchanges.cell(route, outcome));
  private readonly byRoute = new Grouped((route) => this.duration.cell(route));
  private readonly byClient = new Grouped((client, requestClass) => this.clients.cell(client, requestClass));
  private readonly byTool = new Grouped((tool) => this.toolCalls.cell(tool));
  private readonly byStop = new Grouped((provider, model, reason) => this.stops.cell(provider, model, reason));
  private readonly byModel = new Grouped((provider, model, route) => this.modelCells(provider, model, route));
  /** Ids of the exchanges that stream. */
  private readonly streaming = new Set<string>();

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
    const route = record.route?.name ?? record.route?.id ?? '';
    this.byOutcome.of(route, record.exchange.outcome, '').add(1);
    this.byRoute.of(route, '', '').observe(record.latencies.request / 1000);
    if (exchange.agent) {
      const { client = '', request_class: requestClass = '' } = exchange.agent;
      this.byClient.of(this.clientNames.value(client), this.requestClasses.value(requestClass), '').add(1);
    }
    if (exchange.ai) this.countAi(exchange.ai, route, event.at);
    const failure = errorClass(event);
    if (failure) this.errors.cell(failure).add(1);
  }

  private countAi(ai: AiFacts, route: string, finishedAt: number): void {
    const { provider } = ai;
    const model = this.models.value(ai.requestModel);
    for (const tool of ai.toolCalls) this.byTool.of(this.tools.value(tool), '', '').add(1);
    for (const what of ai.lossy) this.losses.cell(this.whats.value(what)).add(1);
    if (ai.stopReason !== undefined) this.byStop.of(provider, model, this.reasons.value(ai.stopReason)).add(1);
    const cells = this.byModel.of(provider, model, route);
    if (ai.mode === 'stream' && ai.firstContentMono !== undefined) {
      cells.firstToken.observe((ai.firstContentMono - ai.startedMono) / 1000);
      const tokens = ai.usage?.completion_tokens ?? 0;
      const rest = (ai.finishedMono ?? finishedAt) - ai.firstContentMono;
      if (tokens > 1) cells.perToken.observe(Math.max(0, rest) / (tokens - 1) / 1000);
    }
    if (ai.usage) this.countTokens(ai, ai.usage, cells, model, route);
  }

  private countTokens(ai: AiFacts, usage: TokenUsage, cells: ModelCells, model: string, route: string): void {
    cells.input.add(usage.prompt_tokens);
    cells.cached.add(usage.prompt_tokens_details.cached_tokens);
    cells.cacheWrite.add(usage.prompt_tokens_details.cache_write_tokens);
    cells.output.add(usage.completion_tokens);
    cells.reasoning.add(usage.completion_tokens_details.reasoning_tokens);
    if (ai.estimated) this.usageEstimated.cell(ai.provider, model).add(1);
    if (ai.cost === null) this.priceMissing.cell(ai.provider, model).add(1);
    else (cells.cost ??= this.cost.cell(ai.provider, model, route)).add(ai.cost);
  }

  private modelCells(...model: [provider: string, model: string, route: string]): ModelCells {
    return {
      input: this.tokens.cell(...model, 'input'),
      cached: this.tokens.cell(...model, 'cached'),
      cacheWrite: this.tokens.cell(...model, 'cache_write'),
      output: this.tokens.cell(...model, 'output'),
      reasoning: this.tokens.cell(...model, 'reasoning'),
      firstToken: this.firstToken.cell(...model),
      perToken: this.perToken.cell(...model),
      cost: undefined,
    };
  }

  private counter(name: string, help: string, labelNames: readonly string[]): NumberFamily {
    return this.added(new NumberFamily(`tidegate_${name}`, help, 'counter', labelNames));
  }

  private gauge(name: string, help: string): Cell {
    return this.added(new NumberFamily(`tidegate_${name}`, help, 'gauge')).cell();
  }

  private histogram(name: string, help: string, labels: readonly string[], bounds: readonly number[]): HistogramFamily {
    return this.added(new HistogramFamily(`tidegate_${name}`, help, labels, bounds));
  }

  private added<F extends Family>(family: F): F {
    this.families.push(family);
    return family;
  }
}
