import { describe, expect, it } from '@jest/globals';
import { GatewayError, type ExchangeView, type LifecycleEvent, type LogRecord } from '#libs/plugin-api';
import { ExchangeRecorder, type RecordedExchange } from './exchange-recorder.js';
import { LifecycleBus } from './lifecycle-bus.js';
import { exchangeFacts, exchangeResult, NODE } from './testing/exchanges.js';

describe('ExchangeRecorder', () => {
  it('tells the life of an exchange, the record at the end', () => {
    const bus = new LifecycleBus();
    const events: LifecycleEvent[] = [];
    bus.observe((event) => events.push(event), 'test');
    const kept: [LogRecord, readonly string[]][] = [];
    const begun: [number, string, readonly string[]][] = [];
    const keeper = {
      begin: (...mark: [number, string, readonly string[]]) => begun.push(mark) > 0,
      publish: (record: LogRecord, sinkIds: readonly string[]) => void kept.push([record, sinkIds]),
    };
    const recorder = new ExchangeRecorder(bus, keeper, NODE);
    const view = { id: 'req_1', uri: '/a' } as ExchangeView;
    const exchange: RecordedExchange = {
      ...exchangeFacts(),
      startedMono: 1000,
      view,
      chain: { observers: [], sinkIds: ['sink'] },
    };
    const error = new GatewayError('upstream_timeout', { detail: 'no byte in 60 s' });

    expect(recorder.started(exchange)).toBeUndefined();
    expect(begun).toEqual([[7, expect.stringContaining(NODE), ['sink']]]);
    recorder.moment(exchange, 'upstream.requested');
    const record = recorder.ending(exchange, exchangeResult({ at: 5000, outcome: 'upstream_failed', error }));
    expect(kept).toEqual([[record, ['sink']]]);
    expect(events).toHaveLength(2);
    recorder.finished(exchange, { at: 5001, record, error });

    expect(events.map(({ type }) => type)).toEqual(['exchange.started', 'upstream.requested', 'exchange.finished']);
    expect(events.every(({ exchange }) => exchange === view)).toBe(true);
    expect(events[0]).toMatchObject({ at: 1000 });
    expect(events[2]).toMatchObject({
      at: 5001,
      error,
      record: { exchange: { node: NODE, seq: 7, outcome: 'upstream_failed' }, error: { code: 'upstream_timeout' } },
    });
  });
});
