import { describe, expect, it } from '@jest/globals';
import { GatewayError, type ExchangeView, type LifecycleEvent } from '#libs/plugin-api';
import { ExchangeRecorder, type RecordedExchange } from './exchange-recorder.js';
import { LifecycleBus } from './lifecycle-bus.js';
import { exchangeFacts, exchangeResult, NODE } from './testing/exchanges.js';

describe('ExchangeRecorder', () => {
  it('tells the life of an exchange, the record at the end', () => {
    const bus = new LifecycleBus();
    const events: LifecycleEvent[] = [];
    bus.observe((event) => events.push(event), 'test');
    const recorder = new ExchangeRecorder(bus, NODE);
    const view = { id: 'req_1' } as ExchangeView;
    const exchange: RecordedExchange = {
      ...exchangeFacts(),
      startedMono: 1000,
      view,
      chain: { observers: [], sinkIds: ['sink'] },
    };
    const error = new GatewayError('upstream_timeout', { detail: 'no byte in 60 s' });

    recorder.started(exchange);
    recorder.moment(exchange, 'upstream.requested');
    recorder.finished(exchange, exchangeResult({ at: 5000, outcome: 'upstream_failed', error }));

    expect(events.map(({ type }) => type)).toEqual(['exchange.started', 'upstream.requested', 'exchange.finished']);
    expect(events.every(({ exchange }) => exchange === view)).toBe(true);
    expect(events[0]).toMatchObject({ at: 1000 });
    expect(events[2]).toMatchObject({
      at: 5000,
      error,
      record: { exchange: { node: NODE, seq: 7, outcome: 'upstream_failed' }, error: { code: 'upstream_timeout' } },
    });
  });
});
