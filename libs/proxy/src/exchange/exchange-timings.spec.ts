import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ExchangeTimings } from './exchange-timings.js';

const clock = (...times: number[]) => {
  const now = jest.spyOn(performance, 'now');
  for (const time of times) now.mockReturnValueOnce(time);
};

afterEach(() => {
  jest.restoreAllMocks();
});

describe('ExchangeTimings', () => {
  it('splits the time as Kong does when an upstream has answered', () => {
    const timings = new ExchangeTimings(100);
    clock(102.4, 300.4, 340.4);
    timings.markUpstreamRequested();
    timings.markUpstreamHeaders(200);
    timings.markUpstreamFinished();
    expect(timings.latencies(350)).toEqual({ kong: 2, proxy: 198, request: 250, receive: 40 });
    expect(timings.upstreamStatus).toBe('200');
  });

  it('counts the last try, and the first mark of each kind in it', () => {
    const timings = new ExchangeTimings(0);
    clock(10, 20, 30, 40, 50);
    timings.markUpstreamRequested();
    timings.markUpstreamHeaders(502);
    timings.markUpstreamRequested();
    timings.markUpstreamHeaders(200);
    timings.markUpstreamHeaders(500);
    timings.markUpstreamFinished();
    timings.markUpstreamFinished();
    expect(timings.latencies(60)).toEqual({ kong: 30, proxy: 10, request: 60, receive: 10 });
    expect(timings.upstreamStatus).toBe('502, 200');
  });

  it('has no proxy time without an upstream, and counts to the own answer', () => {
    const timings = new ExchangeTimings(0);
    timings.responseStarted = 7;
    expect(timings.latencies(9)).toEqual({ kong: 7, proxy: -1, request: 9, receive: 0 });
  });

  it('has no proxy time when the upstream never answered, and no end of one that was cut', () => {
    const timings = new ExchangeTimings(0);
    clock(5, 15);
    timings.markUpstreamRequested();
    expect(timings.latencies(50)).toEqual({ kong: 5, proxy: -1, request: 50, receive: 0 });
    timings.markUpstreamHeaders(200);
    expect(timings.latencies(50)).toEqual({ kong: 5, proxy: 10, request: 50, receive: 35 });
  });
});
