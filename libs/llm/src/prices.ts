import type { ModelPrice } from '@pydantic/genai-prices';
import type { CanonicalUsage } from './canonical/usage.js';

/** USD per million tokens, as Kong's `model.options` name them. */
export interface OperatorPrices {
  readonly input_cost?: number | undefined;
  readonly output_cost?: number | undefined;
  /** Default: as any other input. */
  readonly cache_read_cost?: number | undefined;
  /** Default: as any other input. However long it is kept. */
  readonly cache_write_cost?: number | undefined;
}

export interface Price {
  /** USD; null when no price is known, never 0 for want of one. */
  readonly cost: number | null;
  /** `config`, or name and version of the table; undefined when no price is known. */
  readonly source: string | undefined;
}

/** The version that package-lock.json pins; the package does not tell it at run time. */
export const PRICE_TABLE = '@pydantic/genai-prices 0.1.8';

const UNKNOWN: Price = { cost: null, source: undefined };

type PriceTable = typeof import('@pydantic/genai-prices');
let loading: Promise<PriceTable> | undefined;
let table: PriceTable | undefined;

/** Loads the table: 0.8 MB of code, some 100 ms. Called once when the gateway has started, so that no answer waits for it. */
export async function loadPrices(): Promise<void> {
  await loadTable();
}

async function loadTable(): Promise<PriceTable> {
  return (table = await (loading ??= import('@pydantic/genai-prices')));
}

/**
 * Tiers and modes that cost a multiple or a part of the price, or are paid for in advance. The table has the standard prices
 * alone.
 */
const OTHER_PRICES = new Set(['flex', 'priority', 'scale', 'batch', 'fast']);

/**
 * What an answer costs. The operator's prices come first, if both input and output are set; then the table of the package
 * `@pydantic/genai-prices`, which knows snapshots (`gpt-5-mini-2025-08-07`), cached input, caches that live for an hour, hosted
 * web searches and prices that rise with the length of the prompt. What the table does not know has no price: a model of
 * this provider, a service tier other than the standard. Until the table has been loaded, a price from it is a promise.
 *
 * @param provider as in the configuration. @param models names of the model; the first one that the table knows counts.
 */
export function priceOf(
  provider: string,
  models: readonly string[],
  usage: CanonicalUsage,
  operator: OperatorPrices = {},
): Price | Promise<Price> {
  const { input_cost: input, output_cost: output } = operator;
  if (input !== undefined && output !== undefined) {
    const rates = { input, output, cacheRead: operator.cache_read_cost, cacheWrite: operator.cache_write_cost };
    return { cost: tokenCost(usage, rates), source: 'config' };
  }
  if (OTHER_PRICES.has(usage.serviceTier ?? '')) return UNKNOWN;
  if (table) return tablePrice(table, provider, models, usage);
  return loadTable().then((loaded) => tablePrice(loaded, provider, models, usage));
}

function tablePrice(loaded: PriceTable, provider: string, models: readonly string[], usage: CanonicalUsage): Price {
  for (const model of models) {
    const cost = tableCost(loaded, provider, model, usage);
    if (cost !== null) return { cost, source: PRICE_TABLE };
  }
  return UNKNOWN;
}

interface TokenRates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | undefined;
  readonly cacheWrite: number | undefined;
  /** Default: as other cache writes. */
  readonly cacheWrite1h?: number | undefined;
}

function tokenCost(
  usage: CanonicalUsage,
  { input, output, cacheRead = input, cacheWrite = input, cacheWrite1h = cacheWrite }: TokenRates,
): number {
  const cached = Math.min(usage.cachedInput, usage.input);
  const written = Math.min(usage.cacheWriteInput, usage.input - cached);
  const written1h = Math.min(usage.cacheWrite1hInput, written);
  const plain = usage.input - cached - written;
  const read = plain * input + cached * cacheRead + (written - written1h) * cacheWrite + written1h * cacheWrite1h;
  return (read + usage.output * output) / 1e6;
}

function tableCost({ calcPrice }: PriceTable, provider: string, model: string, usage: CanonicalUsage): number | null {
  const rates = ratesOf(calcPrice, provider, model);
  if (rates === null) return null;
  // Audio has prices of its own, which only the package itself knows how to take apart.
  if (usage.audioInput > 0 || usage.audioOutput > 0) return exactCost(calcPrice, provider, model, usage);
  const at = (key: string): number | undefined => rateAt(rates[key], usage.input);
  const input = at('input_mtok');
  const output = at('output_mtok');
  if (input === undefined || output === undefined) return exactCost(calcPrice, provider, model, usage);
  const tokens = tokenCost(usage, {
    input,
    output,
    cacheRead: at('cache_read_mtok'),
    cacheWrite: at('cache_write_mtok'),
    cacheWrite1h: at('cache_write_1h_mtok'),
  });
  return tokens + ((at('web_searches_kcount') ?? 0) * usage.webSearches + (at('requests_kcount') ?? 0)) / 1000;
}

function exactCost(
  calcPrice: PriceTable['calcPrice'],
  provider: string,
  model: string,
  usage: CanonicalUsage,
): number | null {
  try {
    const price = calcPrice(
      {
        input_tokens: usage.input,
        output_tokens: usage.output,
        cache_read_tokens: usage.cachedInput,
        cache_write_tokens: usage.cacheWriteInput,
        cache_write_1h_tokens: usage.cacheWrite1hInput,
        input_audio_tokens: usage.audioInput,
        output_audio_tokens: usage.audioOutput,
        web_searches: usage.webSearches,
      },
      model,
      { providerId: provider },
    );
    return price === null ? null : price.total_price;
  } catch {
    // The upstream's numbers contradict each other.
    return null;
  }
}

/** Some prices begin at the length of the prompt: all of its tokens then cost more. */
function rateAt(rate: ModelPrice[string], promptTokens: number): number | undefined {
  if (rate === undefined || typeof rate === 'number') return rate;
  return rate.tiers.reduce((price, tier) => (promptTokens > tier.start ? tier.price : price), rate.base);
}

/** Finding a model's price takes the package about as long as an exchange; some prices change with the time of day. */
const REMEMBER_FOR = 60_000;
/** Names of models come from outside. */
const MOST_MODELS = 500;
const remembered = new Map<string, { readonly rates: ModelPrice | null; readonly until: number }>();

function ratesOf(calcPrice: PriceTable['calcPrice'], provider: string, model: string): ModelPrice | null {
  const key = `${provider}/${model}`;
  const now = Date.now();
  const known = remembered.get(key);
  if (known !== undefined && known.until > now) return known.rates;
  const rates = calcPrice({}, model, { providerId: provider })?.model_price ?? null;
  if (remembered.size >= MOST_MODELS) remembered.clear();
  remembered.set(key, { rates, until: now + REMEMBER_FOR });
  return rates;
}
