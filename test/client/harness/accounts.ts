import { expect } from '@jest/globals';
import type { ReportedUsage } from '../../../apps/simulated-openai/src/index.js';
import { UPSTREAM_KEY } from './declarative.js';
import type { Outcome, Scenario } from './scenario.js';
import type { ClientRequest } from './tap.js';

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

  const told = client.map(sessionOf).filter((session) => session !== undefined);
  const logged = records.map(({ agent }) => agent?.session_id).filter((session) => session !== undefined);
  expect({ sessions: logged.sort() }).toEqual({ sessions: told.sort() });
  for (const { result } of runs) if (client.length > 0 && result) expect(logged).toContain(result.session_id);
  for (const { agent } of records.filter(({ request }) => request.method === 'POST')) {
    expect(agent).toMatchObject({ client: 'claude-cli', client_version: outcome.version });
  }

  const allowed = ['completed', ...(scenario.outcomes ?? [])];
  const outcomes = records.map(({ exchange }) => exchange.outcome);
  // A warm-up is dropped when the client ends before its answer has come.
  if (outcome.version === '2.0.37') allowed.push('client_aborted');
  expect({ outcomes: outcomes.filter((each) => !allowed.includes(each)) }).toEqual({ outcomes: [] });

  const usages = records.flatMap(({ exchange, ai }) =>
    exchange.outcome === 'completed' && ai && !ai.usage.estimated ? [ai.usage] : [],
  );
  const inLog = {
    promptTokens: sum(usages.map((usage) => usage.prompt_tokens)),
    cachedTokens: sum(usages.map((usage) => usage.prompt_tokens_details.cached_tokens)),
    completionTokens: sum(usages.map((usage) => usage.completion_tokens)),
    reasoningTokens: sum(usages.map((usage) => usage.completion_tokens_details.reasoning_tokens)),
  };
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = bill;
  // An answer that nobody waited for is billed all the same.
  if (outcomes.includes('client_aborted')) expect(inLog.promptTokens).toBeLessThanOrEqual(promptTokens);
  else expect(inLog).toEqual({ promptTokens, cachedTokens, completionTokens, reasoningTokens });

  const log = JSON.stringify(records);
  expect(log).not.toContain(UPSTREAM_KEY);
  expect(log).not.toContain('Bearer x');
}

/** The session that a request names: newer clients in a header, the oldest in the user's id. */
function sessionOf({ headers, body }: ClientRequest): string | undefined {
  const named = /session_([0-9a-f-]{36})$/.exec(body?.metadata?.user_id ?? '')?.[1];
  return headers['x-claude-code-session-id'] ?? named;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
