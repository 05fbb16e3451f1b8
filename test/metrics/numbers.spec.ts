import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import { parseExposition, type Sample } from '../../libs/plugins/src/prometheus/testing/exposition.js';
import type { Stage } from '../gateway/stage.js';
import { eventually, http } from '../support/index.js';
import { BILLED, KINDS } from './mixed-traffic.js';
import { meteredGateway } from './metered-gateway.js';

const COUNT = 1_005;

describe(`#42: after ${COUNT} mixed exchanges, all at once,`, () => {
  let stage: Stage;
  let records: LogRecord[];
  let samples: Sample[];
  beforeAll(async () => {
    const metered = await meteredGateway();
    stage = metered.stage;
    await metered.traffic.send(COUNT, { atATime: COUNT });
    records = await stage.gateway.logRecords(stage.place.logPath, COUNT, 60_000);
    samples = await eventually(async () => {
      const page = parseExposition((await http(`${stage.gateway.status}/metrics`)).text);
      return sumOf(page, 'tidegate_exchanges_total') === COUNT && page;
    });
  }, 300_000);
  afterAll(() => stage.close());

  const metric = (name: string, labels: Readonly<Record<string, string>> = {}): number => sumOf(samples, name, labels);
  const logged = (
    of: (usage: NonNullable<LogRecord['ai']>['usage']) => number,
    which: (record: LogRecord) => boolean = everyRecord,
  ) => records.reduce((sum, record) => sum + (record.ai && which(record) ? of(record.ai.usage) : 0), 0);
  const told = (record: LogRecord): boolean => record.ai?.usage.estimated === false;

  it('there is one record of each, and every kind has come about', () => {
    expect(records).toHaveLength(COUNT);
    const outcomes = new Map<string, number>();
    for (const { exchange } of records) outcomes.set(exchange.outcome, (outcomes.get(exchange.outcome) ?? 0) + 1);
    expect([...outcomes.keys()].sort()).toEqual(['client_aborted', 'completed', 'rejected', 'upstream_failed']);
    for (const [outcome, count] of outcomes) expect(metric('tidegate_exchanges_total', { outcome })).toBe(count);
    expect(stage.openai.bill.total.replies).toBe((COUNT / KINDS.length) * BILLED.length);
  });

  it('log and metrics say the provider’s bill, to the token', () => {
    const { promptTokens, cachedTokens, cacheWriteTokens, completionTokens, reasoningTokens } = stage.openai.bill.total;
    const bill = {
      input: promptTokens,
      cached: cachedTokens,
      cache_write: cacheWriteTokens,
      output: completionTokens,
      reasoning: reasoningTokens,
    };
    expect(Math.min(...Object.values(bill))).toBeGreaterThan(0);
    const sums = (which: (record: LogRecord) => boolean): Record<keyof typeof bill, number> => ({
      input: logged((usage) => usage.prompt_tokens, which),
      cached: logged((usage) => usage.prompt_tokens_details.cached_tokens, which),
      cache_write: logged((usage) => usage.prompt_tokens_details.cache_write_tokens, which),
      output: logged((usage) => usage.completion_tokens, which),
      reasoning: logged((usage) => usage.completion_tokens_details.reasoning_tokens, which),
    });
    expect(sums(told)).toEqual(bill);
    // What the provider has not told is counted by the gateway, marked as estimated, and in both sums.
    const all = sums(everyRecord);
    expect(all.output).toBeGreaterThan(bill.output);
    for (const [type, tokens] of Object.entries(all)) expect(metric('tidegate_tokens_total', { type })).toBe(tokens);
    expect(metric('kong_ai_llm_tokens_total', { token_type: 'prompt_tokens' })).toBe(all.input);
    expect(metric('kong_ai_llm_tokens_total', { token_type: 'completion_tokens' })).toBe(all.output);
  });

  it('log and metrics say the same for each model', () => {
    for (const model of ['gpt-5-mini', 'deepseek-chat']) {
      const input = logged(
        (usage) => usage.prompt_tokens,
        ({ ai }) => ai?.meta.request_model === model,
      );
      expect(input).toBeGreaterThan(0);
      expect(metric('tidegate_tokens_total', { model, type: 'input' })).toBe(input);
    }
  });

  it('log and metrics say the same cost', () => {
    const cost = logged((usage) => usage.cost ?? 0);
    expect(cost).toBeGreaterThan(0);
    expect(metric('tidegate_cost_usd_total')).toBeCloseTo(cost, 9);
    expect(metric('kong_ai_llm_cost_total')).toBeCloseTo(cost, 9);
  });

  it('#41: a model without a price is null in the record and a counter, not 0 USD', () => {
    const unpriced = records.filter(({ ai }) => ai?.meta.request_model === 'deepseek-chat');
    expect(unpriced.length).toBe(COUNT / KINDS.length);
    for (const { ai } of unpriced) expect(ai?.usage.cost).toBeNull();
    expect(metric('tidegate_price_missing_total', { model: 'deepseek-chat' })).toBe(unpriced.length);
    expect(
      samples.filter(({ name, labels }) => name === 'tidegate_cost_usd_total' && labels['model'] === 'deepseek-chat'),
    ).toEqual([]);
  });

  it('estimates are counted', () => {
    expect(metric('tidegate_usage_estimated_total')).toBe(records.filter(({ ai }) => ai?.usage.estimated).length);
  });

  it('nothing is under way', () => {
    expect(metric('tidegate_active_exchanges')).toBe(0);
    expect(metric('tidegate_active_streams')).toBe(0);
  });
});

const everyRecord = (): boolean => true;

function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
