import { expect } from '@jest/globals';
import type { LogRecord } from '#libs/plugin-api';
import type { ReportedUsage } from '../../../apps/simulated-openai/src/index.js';
import { UPSTREAM_KEY } from './declarative.js';
import type { Outcome, Scenario } from './scenario.js';
import type { ClientRequest } from './tap.js';

/**
 * What must hold of the log after every scenario: one record for each exchange, of the right session, with the
 * upstream's bill, and no secret.
 */
export function checkAccounts(outcome: Outcome, scenario: Scenario, bill: ReportedUsage): void {
  const { records, version } = outcome;
  const allowed = ['completed', ...(scenario.outcomes ?? [])];
  // A warm-up is dropped when the client ends before its answer has come.
  if (version === '2.0.37') allowed.push('client_aborted');
  const outcomes = records.map(({ exchange }) => exchange.outcome);
  expect({ outcomes: outcomes.filter((each) => !allowed.includes(each)) }).toEqual({ outcomes: [] });

  checkExchanges(outcome);
  checkAgents(outcome);
  checkBill(records, bill);
  for (const secret of [UPSTREAM_KEY, 'Bearer x']) expect(JSON.stringify(records)).not.toContain(secret);
}

/** One record for each exchange, numbered without holes. */
function checkExchanges({ client, records }: Outcome): void {
  expect({ exchanges: records.length }).toEqual({ exchanges: client.length });
  const sequence = records.map(({ exchange }) => exchange.seq).sort((a, b) => a - b);
  expect(sequence).toEqual(sequence.map((_, index) => (sequence[0] ?? 0) + index));
  expect(new Set(records.map(({ exchange }) => exchange.id)).size).toBe(records.length);
}

/** The log knows who worked as far as the client has told it. */
function checkAgents({ client, records, runs, version }: Outcome): void {
  // Of a body that was refused unread the gateway knows nothing, and the oldest client names its session nowhere else.
  const unread = version === '2.0.37' ? records.filter(({ exchange }) => exchange.outcome === 'rejected').length : 0;
  const told = client.map(sessionOf).filter((session) => session !== undefined);
  const logged = records.map(({ agent }) => agent?.session_id).filter((session) => session !== undefined);
  expect({ sessions: new Set(logged), count: logged.length }).toEqual({
    sessions: new Set(told),
    count: told.length - unread,
  });
  if (client.length > 0) {
    for (const { result } of runs) if (result !== undefined) expect(logged).toContain(result.session_id);
  }
  for (const { agent } of records.filter(({ request }) => request.method === 'POST')) {
    expect(agent).toMatchObject({ client: 'claude-cli', client_version: version });
  }
}

/** The session that a request names: newer clients in a header, the oldest in the user's id. */
function sessionOf({ headers, body }: ClientRequest): string | undefined {
  const named = /session_([0-9a-f-]{36})$/.exec(body?.metadata?.user_id ?? '')?.[1];
  return headers['x-claude-code-session-id'] ?? named;
}

/** The log has the tokens that the upstream has billed. Numbers that the gateway has counted itself are no bill. */
function checkBill(records: readonly LogRecord[], bill: ReportedUsage): void {
  const usages = records.flatMap(({ exchange, ai }) =>
    exchange.outcome === 'completed' && ai && !ai.usage.estimated ? [ai.usage] : [],
  );
  const logged = {
    promptTokens: sum(usages.map((usage) => usage.prompt_tokens)),
    cachedTokens: sum(usages.map((usage) => usage.prompt_tokens_details.cached_tokens)),
    completionTokens: sum(usages.map((usage) => usage.completion_tokens)),
    reasoningTokens: sum(usages.map((usage) => usage.completion_tokens_details.reasoning_tokens)),
  };
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = bill;
  // An answer that nobody waited for is billed all the same.
  const abandoned = records.some(({ exchange }) => exchange.outcome === 'client_aborted');
  if (abandoned) expect(logged.promptTokens).toBeLessThanOrEqual(promptTokens);
  else expect(logged).toEqual({ promptTokens, cachedTokens, completionTokens, reasoningTokens });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
