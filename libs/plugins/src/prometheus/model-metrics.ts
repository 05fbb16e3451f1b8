import type { AiFacts, TokenUsage } from '#libs/plugin-api';
import { BoundedLabel } from './bounded-label.js';
import type { Cell, HistogramCell } from './families.js';
import type { FamilySet } from './family-set.js';
import { Grouped } from './grouped.js';

/** Seconds; agents wait for minutes. */
const FIRST_TOKEN = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 600, 900];
/** Seconds; the long ones are streams that stood still. */
const PER_TOKEN = [
  0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10, 60, 300, 900,
];

const MODEL = ['provider', 'model', 'route'];

/** What is counted per model and route. */
interface ModelCells {
  readonly firstToken: HistogramCell;
  readonly perToken: HistogramCell;
  readonly byRequestClass: Map<string, TokenCells>;
}

/** The cost stays without a series while no price is known. */
interface TokenCells {
  readonly priceMissing: Cell;
  readonly estimated: Cell;
  readonly input: Cell;
  readonly cached: Cell;
  readonly cacheWrite: Cell;
  readonly output: Cell;
  readonly reasoning: Cell;
  cost: Cell | undefined;
}

/** What models were asked, what they answered, and what that cost. */
export class ModelMetrics {
  private readonly models = new BoundedLabel();
  private readonly tools = new BoundedLabel();
  private readonly reasons = new BoundedLabel(20);
  private readonly whats = new BoundedLabel();

  private readonly byModel = new Grouped((provider, model, route) => this.modelCells(provider, model, route));
  private readonly byTool = new Grouped((tool) => this.toolCalls.cell(tool));
  private readonly byStop = new Grouped((provider, model, reason) => this.stops.cell(provider, model, reason));

  private readonly tokens;
  private readonly cost;
  private readonly priceMissing;
  private readonly usageEstimated;
  private readonly firstToken;
  private readonly perToken;
  private readonly toolCalls;
  private readonly stops;
  private readonly losses;

  constructor(set: FamilySet) {
    this.tokens = set.counter(
      'tokens_total',
      'Tokens by type; input includes cached and cache_write, output includes reasoning',
      [...MODEL, 'request_class', 'type'],
    );
    this.cost = set.counter('cost_usd_total', 'Cost in USD of exchanges with a known price', [
      ...MODEL,
      'request_class',
    ]);
    this.priceMissing = set.counter('price_missing_total', 'Exchanges whose model has no known price', [
      'provider',
      'model',
    ]);
    this.usageEstimated = set.counter(
      'usage_estimated_total',
      'Exchanges whose tokens the gateway had to count itself',
      ['provider', 'model'],
    );
    this.firstToken = set.histogram(
      'time_to_first_token_seconds',
      'Until the first content went to the client, streams only',
      MODEL,
      FIRST_TOKEN,
    );
    this.perToken = set.histogram(
      'time_per_output_token_seconds',
      'Between output tokens after the first, streams only',
      MODEL,
      PER_TOKEN,
    );
    this.toolCalls = set.counter('tool_calls_total', 'Tool calls of models by name of the tool', ['tool']);
    this.stops = set.counter('stop_reasons_total', 'Why models stopped', ['provider', 'model', 'reason']);
    this.losses = set.counter('translation_losses_total', 'What could not be carried from one format to the other', [
      'what',
    ]);
  }

  /** @param finishedAt `performance.now()` of the end of the exchange. */
  count(ai: AiFacts, route: string, requestClass: string, finishedAt: number): void {
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
    if (ai.usage) {
      let counted = cells.byRequestClass.get(requestClass);
      if (!counted) {
        cells.byRequestClass.set(requestClass, (counted = this.tokenCells(provider, model, route, requestClass)));
      }
      this.countTokens(ai, ai.usage, counted, [provider, model, route, requestClass]);
    }
  }

  private countTokens(ai: AiFacts, usage: TokenUsage, cells: TokenCells, labels: readonly string[]): void {
    cells.input.add(usage.prompt_tokens);
    cells.cached.add(usage.prompt_tokens_details.cached_tokens);
    cells.cacheWrite.add(usage.prompt_tokens_details.cache_write_tokens);
    cells.output.add(usage.completion_tokens);
    cells.reasoning.add(usage.completion_tokens_details.reasoning_tokens);
    if (ai.estimated) cells.estimated.add(1);
    if (ai.cost === null) cells.priceMissing.add(1);
    else (cells.cost ??= this.cost.cell(...labels)).add(ai.cost);
  }

  private modelCells(...model: [provider: string, model: string, route: string]): ModelCells {
    return {
      firstToken: this.firstToken.cell(...model),
      perToken: this.perToken.cell(...model),
      byRequestClass: new Map(),
    };
  }

  private tokenCells(...labels: [provider: string, model: string, route: string, requestClass: string]): TokenCells {
    return {
      input: this.tokens.cell(...labels, 'input'),
      cached: this.tokens.cell(...labels, 'cached'),
      cacheWrite: this.tokens.cell(...labels, 'cache_write'),
      output: this.tokens.cell(...labels, 'output'),
      reasoning: this.tokens.cell(...labels, 'reasoning'),
      priceMissing: this.priceMissing.cell(labels[0], labels[1]),
      estimated: this.usageEstimated.cell(labels[0], labels[1]),
      cost: undefined,
    };
  }
}
