import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { StoredRecord } from './read-log.js';
import { record } from './testing/records.js';
import type { Dimension } from './usage-dimensions.js';
import { UsageReport, type UsageReportOptions } from './usage-report.js';

function report(records: readonly StoredRecord[], options: Partial<UsageReportOptions> = {}): UsageReport {
  const result = new UsageReport({ by: ['model'], ...options });
  for (const one of records) result.add(one);
  return result;
}

const keysBy = (records: readonly StoredRecord[], ...by: Dimension[]): (readonly string[] | undefined)[] =>
  report(records, { by })
    .list()
    .map(({ key }) => key);

describe('UsageReport', () => {
  it('sums tokens, cost and outcomes up', () => {
    const { total } = report([
      record({ seq: 1, input: 1000, cached: 600, cacheWrite: 50, output: 70, reasoning: 20, cost: 0.25 }),
      record({ seq: 2, input: 500, output: 30, cost: null, estimated: true }),
      record({ seq: 3, outcome: 'client_aborted', input: 0, output: 0, cost: null }),
      record({ seq: 4, outcome: 'upstream_failed', input: 0, output: 0, cost: null }),
    ]);
    expect(total).toMatchObject({
      exchanges: 4,
      errors: 1,
      aborted: 1,
      inputTokens: 1500,
      cachedTokens: 600,
      cacheWriteTokens: 50,
      outputTokens: 100,
      reasoningTokens: 20,
      cost: 0.25,
      priced: 1,
      unpriced: 1,
      estimated: 1,
      cacheShare: 0.4,
      errorRate: 0.25,
    });
  });

  it('counts a record that stands there twice once, and another exchange with its number as well', () => {
    const one = record({ seq: 1 });
    const result = report([one, one, record({ seq: 1, id: 'another' }), record({ seq: 1, node: 'b' })]);
    expect(result.total.exchanges).toBe(3);
    expect(result.repeated).toBe(1);
  });

  it('takes what has started within the given time', () => {
    const records = [1000, 2000, 3000].map((startedAt, seq) => record({ seq, startedAt }));
    const { total, first, last } = report(records, { since: 1000, until: 3000 });
    expect([total.exchanges, first, last]).toEqual([2, 1000, 2000]);
  });

  it('groups by every dimension; what a record does not tell has a dash', () => {
    const startedAt = new Date(2026, 10, 28, 14, 59, 59).getTime();
    const full: StoredRecord = {
      ...record({ seq: 1, startedAt, session: 's-1' }),
      agent: {
        session_id: 's-1',
        agent_id: 'a-1',
        request_class: 'subagent',
        client: 'claude-cli',
        client_version: '2.1.330',
        user_hash: '0123456789abcdef',
      },
      route: { name: 'r' } as StoredRecord['route'] & object,
    };
    const by = ['day', 'hour', 'model', 'session', 'route', 'client', 'class', 'agent', 'user', 'outcome'] as const;
    expect(keysBy([full], ...by)).toEqual([
      [
        '2026-11-28',
        '2026-11-28 14:00',
        'gpt-5-mini',
        's-1',
        'r',
        'claude-cli 2.1.330',
        'subagent',
        'a-1',
        '0123456789abcdef',
        'completed',
      ],
    ]);
    const bare: StoredRecord = { exchange: full.exchange, started_at: startedAt };
    expect(keysBy([bare], 'model', 'session', 'route', 'client', 'class', 'agent', 'user')).toEqual([
      Array(7).fill('–'),
    ]);
    expect(keysBy([record({ seq: 1, session: 's' })], 'agent')).toEqual([['main']]);
  });

  it('lists the dearest first, but time in its order', () => {
    const day = (date: number): number => new Date(2026, 10, date, 12).getTime();
    const records = [
      record({ seq: 1, model: 'b', cost: 1, startedAt: day(3) }),
      record({ seq: 2, model: 'a', cost: 2, startedAt: day(2) }),
      record({ seq: 3, model: 'c', cost: null, input: 9, startedAt: day(1) }),
    ];
    expect(keysBy(records, 'model')).toEqual([['a'], ['b'], ['c']]);
    expect(keysBy(records, 'day')).toEqual([['2026-11-01'], ['2026-11-02'], ['2026-11-03']]);
  });

  it('puts what is not listed, and what came when there were too many groups, into one group: all groups are the total', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ model: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), cost: fc.nat(100), input: fc.nat(100) }),
        ),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        (numbers, top, mostGroups) => {
          const result = report(
            numbers.map((one, seq) => record({ seq, ...one })),
            { mostGroups },
          );
          const listed = result.list(top);
          expect(listed.length).toBeLessThanOrEqual(top + 1);
          const sum = (pick: (totals: UsageReport['total']) => number): number =>
            listed.reduce((all, { totals }) => all + pick(totals), 0);
          expect(sum(({ exchanges }) => exchanges)).toBe(numbers.length);
          expect(sum(({ cost }) => cost)).toBe(result.total.cost);
          expect(sum(({ inputTokens }) => inputTokens)).toBe(result.total.inputTokens);
          expect(sum(({ firstToken }) => firstToken.count)).toBe(numbers.length);
        },
      ),
    );
  });

  it('survives records whose fields are of other types than ours', () => {
    const odd = fc.constantFrom(null, 5, 'x', [], {}, true);
    fc.assert(
      fc.property(odd, odd, odd, odd, (ai, agent, route, usage) => {
        const { exchange, started_at } = record({ seq: 1 });
        const values = { exchange, started_at, ai, agent, route };
        const result = report([values, { ...values, ai: { usage, meta: ai } }] as unknown as StoredRecord[], {
          by: ['model', 'session', 'client', 'agent', 'class', 'route'],
        });
        expect(result.list().length).toBe(1);
      }),
    );
  });
});
