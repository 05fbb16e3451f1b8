import { describe, expect, it } from '@jest/globals';
import { ExchangeFlow } from './exchange-flow.js';
import type { ExchangeEnd, ExchangeEvents, ExchangeResult } from './exchange/exchange-events.js';
import { ExchangeTimings } from './exchange/exchange-timings.js';
import type { ProxyExchange } from './exchange/exchange.js';
import type { Redaction } from './exchange/redaction.js';

const MINUTE = 60_000;

/** An exchange that is under way, its response closed at the given time. */
function exchange(closedAt: number | undefined): ProxyExchange {
  return {
    closedAt,
    timings: new ExchangeTimings(0),
    request: { size: 1 },
    response: { status: 200, sentHeaders: {}, size: 2 },
    runtime: { release: () => {} },
    detach: () => {},
  } as unknown as ProxyExchange;
}

function flow() {
  const results: ExchangeResult[] = [];
  const warnings: string[] = [];
  const finished: number[] = [];
  const events = {
    ending: (_exchange: unknown, result: ExchangeResult) => {
      results.push(result);
      return {};
    },
    finished: (_exchange: unknown, { at }: ExchangeEnd) => finished.push(at),
  };
  const made = new ExchangeFlow(async () => {}, events as unknown as ExchangeEvents, {} as Redaction, {
    warn: (_fields, message) => warnings.push(message),
    error: () => {},
  });
  return { flow: made, results, finished, warnings };
}

describe('ExchangeFlow', () => {
  it('finishes an exchange without plugins that go on long after its response', () => {
    const { flow: under, results, finished, warnings } = flow();
    under.live
      .add(exchange(0))
      .add(exchange(MINUTE - 1))
      .add(exchange(undefined));
    under.sweep(MINUTE);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ at: 0, outcome: 'completed', requestSize: 1, responseSize: 2 });
    expect(finished).toEqual([0]);
    expect(under.live.size).toBe(2);
    expect(warnings).toEqual(['a plugin goes on after the end of the response']);
  });

  it('tells when it is idle, and when it is not in time', async () => {
    const { flow: under } = flow();
    await expect(under.idle(0)).resolves.toBe(true);
    under.live.add(exchange(undefined));
    await expect(under.idle(1)).resolves.toBe(false);
    const idle = under.idle(MINUTE);
    under.abandonAll();
    await expect(idle).resolves.toBe(true);
  });
});
