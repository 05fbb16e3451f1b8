import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { filter } from 'rxjs';
import type { ExchangeView, LifecycleEvent } from '#libs/plugin-api';
import { LifecycleBus } from './lifecycle-bus.js';
import type { ExchangeScope } from './scope.js';

const nobody: ExchangeScope = { observers: [], sinkIds: [] };
const event = (type: 'exchange.started' | 'upstream.requested', at = 0): LifecycleEvent => ({
  type,
  at,
  exchange: { id: 'req_1' } as ExchangeView,
});

describe('LifecycleBus', () => {
  let logged: string[];
  beforeEach(() => {
    logged = [];
    jest.spyOn(Logger.prototype, 'error').mockImplementation((message: unknown) => void logged.push(String(message)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('tells observers of the scope first, then those of all exchanges, synchronously and in order', () => {
    const bus = new LifecycleBus();
    const seen: string[] = [];
    bus.observe(({ type }, { sinkIds }) => seen.push(`all ${type} ${sinkIds.join()}`), 'all');
    bus.events$
      .pipe(filter(({ type }) => type === 'exchange.started'))
      .subscribe(({ type }) => seen.push(`rx ${type}`));
    const scope: ExchangeScope = { observers: [({ type }) => seen.push(`scoped ${type}`)], sinkIds: ['a', 'b'] };

    bus.emit(event('exchange.started'), scope);
    bus.emit(event('upstream.requested'), nobody);

    expect(seen).toEqual([
      'scoped exchange.started',
      'all exchange.started a,b',
      'rx exchange.started',
      'all upstream.requested ',
    ]);
  });

  it('stops telling an observer that has unsubscribed', () => {
    const bus = new LifecycleBus();
    const observer = jest.fn();
    const stop = bus.observe(observer, 'mine');
    bus.emit(event('exchange.started'), nobody);
    stop();
    bus.emit(event('exchange.started'), nobody);
    expect(observer).toHaveBeenCalledTimes(1);
  });

  it('keeps a throwing observer away from the exchange and from the others, and counts it', () => {
    const bus = new LifecycleBus();
    const good = jest.fn();
    const broken = () => {
      throw new Error('no disk for Bearer sk-canary0123456789');
    };
    bus.observe(broken, 'live-view');
    bus.observe(good, 'metrics');

    bus.emit(event('exchange.started'), { observers: [broken, good], sinkIds: [] });

    expect(good).toHaveBeenCalledTimes(2);
    expect(bus.failures).toEqual({ broken: 1, 'live-view': 1 });
    expect(logged.join()).toContain('observer live-view has thrown');
    expect(logged.join()).not.toContain('canary');
  });

  it('logs a throwing observer once a minute', () => {
    jest.useFakeTimers({ now: 0 });
    const bus = new LifecycleBus();
    bus.observe(() => {
      throw new Error('broken');
    }, 'live-view');
    for (let second = 0; second <= 120; second++) {
      bus.emit(event('exchange.started'), nobody);
      jest.advanceTimersByTime(1000);
    }
    expect(bus.failures).toEqual({ 'live-view': 121 });
    expect(logged.map((line) => /(\d+) times/.exec(line)?.[1])).toEqual(['1', '61', '121']);
  });

  it('does not let a throwing RxJS subscriber end the process', async () => {
    const bus = new LifecycleBus();
    const uncaught = jest.fn();
    process.once('uncaughtException', uncaught);
    const others = jest.fn();
    bus.events$.subscribe(() => {
      throw new Error('broken');
    });
    bus.events$.subscribe(others);

    bus.emit(event('exchange.started'), nobody);
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });

    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    expect(others).toHaveBeenCalledTimes(1);
    expect(bus.failures).toEqual({ events$: 1 });
  });
});
