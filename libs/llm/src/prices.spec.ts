import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { calcPrice } from '@pydantic/genai-prices';
import * as fc from 'fast-check';
import { emptyUsage, type CanonicalUsage } from './canonical/usage.js';
import { PRICE_TABLE, priceOf } from './prices.js';

function usage(numbers: Partial<CanonicalUsage>): CanonicalUsage {
  return { ...emptyUsage(), ...numbers };
}

describe('the price of an answer', () => {
  it('is the operator’s when input and output are set', async () => {
    const price = { input_cost: 2, output_cost: 10 };
    expect(await priceOf('openai', ['whatever'], usage({ input: 1e6, output: 1e5, cachedInput: 5e5 }), price)).toEqual({
      cost: 3,
      source: 'config',
    });
    expect(
      await priceOf('openai', ['whatever'], usage({ input: 100, output: 0 }), { input_cost: 0, output_cost: 0 }),
    ).toEqual({
      cost: 0,
      source: 'config',
    });
  });

  it('counts cached and cache-written input apart', async () => {
    const prices = { input_cost: 4, output_cost: 0, cache_read_cost: 1, cache_write_cost: 5 };
    const { cost } = await priceOf(
      'openai',
      ['x'],
      usage({ input: 10e6, cachedInput: 4e6, cacheWriteInput: 2e6 }),
      prices,
    );
    expect(cost).toBe(4 * 4 + 4 * 1 + 2 * 5);
  });

  it('is the table’s otherwise, also with one of the two set, also for a snapshot of a model', async () => {
    const tokens = usage({ input: 1000, output: 100, cachedInput: 400 });
    for (const model of ['gpt-5-mini', 'gpt-5-mini-2025-08-07']) {
      const { cost, source } = await priceOf('openai', [model], tokens, { input_cost: 1 });
      expect(cost).toBeCloseTo(0.00036, 12);
      expect(source).toBe(PRICE_TABLE);
    }
  });

  it('is unknown for an unknown model or provider, never zero (41)', async () => {
    for (const [provider, model] of [
      ['openai', 'nope-1'],
      ['vllm', 'gpt-5-mini'],
      ['', ''],
    ] as const) {
      expect(await priceOf(provider, [model], usage({ input: 5, output: 5 }))).toEqual({
        cost: null,
        source: undefined,
      });
    }
  });

  it('knows what caches cost that live for five minutes and for an hour, and long prompts (38)', async () => {
    const cost = async (numbers: Partial<CanonicalUsage>): Promise<number | null> =>
      (await priceOf('anthropic', ['claude-sonnet-4-5'], usage(numbers))).cost;
    const written = { input: 100_000, cacheWriteInput: 100_000 };
    expect(await cost(written)).toBeCloseTo(0.375, 12);
    expect(await cost({ ...written, cacheWrite1hInput: 100_000 })).toBeCloseTo(0.6, 12);
    expect(await cost({ ...written, cacheWrite1hInput: 40_000 })).toBeCloseTo(0.225 + 0.24, 12);
    expect(await cost({ input: 200_000 })).toBeCloseTo(0.6, 12);
    expect(await cost({ input: 200_001 })).toBeCloseTo(1.2, 4);
    expect(await cost({ webSearches: 2 })).toBeCloseTo(0.02, 12);
  });

  it('is unknown for a tier that is not the standard, unless the operator has set one (39)', async () => {
    for (const serviceTier of ['flex', 'priority', 'scale', 'batch', 'fast']) {
      const tokens = usage({ input: 1e6, serviceTier });
      expect(await priceOf('openai', ['gpt-5'], tokens)).toEqual({ cost: null, source: undefined });
      expect((await priceOf('openai', ['gpt-5'], tokens, { input_cost: 2, output_cost: 10 })).cost).toBe(2);
    }
    for (const serviceTier of ['default', 'standard', 'auto', undefined]) {
      expect((await priceOf('openai', ['gpt-5'], usage({ input: 1e6, serviceTier }))).cost).toBeCloseTo(1.25, 12);
    }
  });

  it('is that of the first name that is known', async () => {
    const { cost } = await priceOf('openai', ['a-name-of-its-own', 'gpt-5-mini'], usage({ input: 1000 }));
    expect(cost).toBeCloseTo(0.00025, 12);
  });

  it('is known for embeddings, which have no output', async () => {
    expect((await priceOf('openai', ['text-embedding-3-small'], usage({ input: 1000 }))).cost).toBeCloseTo(0.00002, 12);
  });

  it('is unknown when the numbers contradict each other', async () => {
    const contradiction = usage({ input: 10, cachedInput: 20, audioInput: 1 });
    expect((await priceOf('openai', ['gpt-4o'], contradiction)).cost).toBeNull();
  });

  it('agrees with the package, whatever the model, the tokens and the length of the prompt', async () => {
    const models = [
      ['openai', 'gpt-4.1'],
      ['openai', 'gpt-5.6'],
      ['openai', 'gpt-4o-audio-preview'],
      ['anthropic', 'claude-sonnet-4-5'],
      ['deepseek', 'deepseek-chat'],
      ['gemini', 'gemini-2.5-pro'],
      ['perplexity', 'sonar'],
    ] as const;
    const parts = fc.record({
      plain: fc.nat(400_000),
      cachedInput: fc.nat(100_000),
      cacheWriteInput: fc.nat(50_000),
      hourPart: fc.double({ min: 0, max: 1, noNaN: true }),
      output: fc.nat(100_000),
      webSearches: fc.nat(3),
      audioOutput: fc.constantFrom(0, 0, 7),
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...models), parts, async ([provider, model], { plain, hourPart, ...rest }) => {
        const tokens = usage({
          ...rest,
          cacheWrite1hInput: Math.floor(rest.cacheWriteInput * hourPart),
          output: rest.output + rest.audioOutput,
          input: plain + rest.cachedInput + rest.cacheWriteInput,
        });
        const expected = calcPrice(
          {
            input_tokens: tokens.input,
            output_tokens: tokens.output,
            cache_read_tokens: tokens.cachedInput,
            cache_write_tokens: tokens.cacheWriteInput,
            cache_write_1h_tokens: tokens.cacheWrite1hInput,
            output_audio_tokens: tokens.audioOutput,
            web_searches: tokens.webSearches,
          },
          model,
          { providerId: provider },
        );
        expect((await priceOf(provider, [model], tokens)).cost).toBeCloseTo(expected?.total_price ?? Number.NaN, 9);
      }),
    );
  });

  it('names the version of the table that is installed', () => {
    const { name, version } = JSON.parse(readFileSync('node_modules/@pydantic/genai-prices/package.json', 'utf8')) as {
      name: string;
      version: string;
    };
    expect(PRICE_TABLE).toBe(`${name} ${version}`);
  });
});
