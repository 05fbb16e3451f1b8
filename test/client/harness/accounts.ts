import { expect } from '@jest/globals';
import type { ReportedUsage } from '../../../apps/simulated-openai/src/index.js';
import { UPSTREAM_KEY } from './declarative.js';
import type { Outcome, Scenario } from './scenario.js';

/**
 * What must hold of the log after every scenario: one record for each exchange, of the right session, with the
 * upstream's bill, and no secret.
 */
export function checkAccounts(outcome: Outcome, scenario: Scenario, bill: ReportedUsage): void {
  const { client, records, runs } = outcome;
  expect({ exchanges: records.length }).toEqual({ exchanges: client.length });
  const sequence = records.map(({ exchange }) => exchange.seq).sort((a, b) => a - b);
  expect(sequence).toEqual(sequence.map((_, index) => (sequence[0] ?? 0) + index));
  expect(new Set(records.map(({ exchange }) => exchange.id)).size).toBe(records.length);

  const sessions = new Set(runs.map((run) => run.result?.session_id));
  for (const record of records.filter(({ request }) => request.uri.includes('/v1/messages?'))) {
    expect(sessions).toContain(record.agent?.session_id);
    expect(record.agent).toMatchObject({ client: 'claude-cli', client_version: outcome.version });
  }

  const allowed = ['completed', ...(scenario.outcomes ?? [])];
  const outcomes = records.map(({ exchange }) => exchange.outcome);
  // A warm-up is dropped when the client ends before its answer has come.
  if (outcome.version === '2.0.37') allowed.push('client_aborted');
  expect({ outcomes: outcomes.filter((each) => !allowed.includes(each)) }).toEqual({ outcomes: [] });

  const usages = records.flatMap(({ exchange, ai }) => (exchange.outcome === 'completed' && ai ? [ai.usage] : []));
  const logged = {
    promptTokens: sum(usages.map((usage) => usage.prompt_tokens)),
    cachedTokens: sum(usages.map((usage) => usage.prompt_tokens_details.cached_tokens)),
    completionTokens: sum(usages.map((usage) => usage.completion_tokens)),
    reasoningTokens: sum(usages.map((usage) => usage.completion_tokens_details.reasoning_tokens)),
  };
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = bill;
  // An answer that nobody waited for is billed all the same.
  if (outcomes.includes('client_aborted')) expect(logged.promptTokens).toBeLessThanOrEqual(promptTokens);
  else expect(logged).toEqual({ promptTokens, cachedTokens, completionTokens, reasoningTokens });

  const log = JSON.stringify(records);
  expect(log).not.toContain(UPSTREAM_KEY);
  expect(log).not.toContain('Bearer x');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
