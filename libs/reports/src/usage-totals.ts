import { QuantileSketch } from './quantile-sketch.js';
import type { StoredRecord } from './read-log.js';

/** Sums over exchanges. Tokens as in the record: input includes cached and cache-written ones, output includes reasoning. */
export class UsageTotals {
  exchanges = 0;
  /** Refused, failed or interrupted. A client that left is no error. */
  errors = 0;
  aborted = 0;
  inputTokens = 0;
  cachedTokens = 0;
  cacheWriteTokens = 0;
  outputTokens = 0;
  reasoningTokens = 0;
  /** USD of the exchanges whose price is known. */
  cost = 0;
  /** Exchanges with a known price. */
  priced = 0;
  /** Exchanges with tokens but without a price. */
  unpriced = 0;
  /** Exchanges whose tokens the gateway had to count itself. */
  estimated = 0;
  /** Milliseconds until the first content of streamed answers. */
  readonly firstToken = new QuantileSketch();

  add({ exchange, ai }: StoredRecord): void {
    this.exchanges += 1;
    if (exchange.outcome === 'client_aborted') this.aborted += 1;
    else if (exchange.outcome !== 'completed') this.errors += 1;
    const usage = ai?.usage;
    if (!usage) return;
    const tokens = count(usage.prompt_tokens) + count(usage.completion_tokens);
    this.inputTokens += count(usage.prompt_tokens);
    this.cachedTokens += count(usage.prompt_tokens_details?.cached_tokens);
    this.cacheWriteTokens += count(usage.prompt_tokens_details?.cache_write_tokens);
    this.outputTokens += count(usage.completion_tokens);
    this.reasoningTokens += count(usage.completion_tokens_details?.reasoning_tokens);
    if (typeof usage.cost === 'number') {
      this.cost += usage.cost;
      this.priced += 1;
    } else if (tokens > 0) {
      this.unpriced += 1;
    }
    if (usage.estimated) this.estimated += 1;
    if (ai.meta?.request_mode === 'stream') this.firstToken.add(count(usage.time_to_first_token));
  }

  merge(other: UsageTotals): void {
    for (const key of SUMS) this[key] += other[key];
    this.firstToken.merge(other.firstToken);
  }

  /** Part of the input that was read from a cache, from 0 to 1; undefined without input. */
  get cacheShare(): number | undefined {
    return this.inputTokens > 0 ? this.cachedTokens / this.inputTokens : undefined;
  }

  get errorRate(): number {
    return this.exchanges > 0 ? this.errors / this.exchanges : 0;
  }
}

const SUMS = [
  'exchanges',
  'errors',
  'aborted',
  'inputTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'cost',
  'priced',
  'unpriced',
  'estimated',
] as const;

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
