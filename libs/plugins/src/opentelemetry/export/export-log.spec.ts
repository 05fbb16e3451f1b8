import { describe, expect, it } from '@jest/globals';
import { ExportCounters } from './export-counters.js';
import { ExportLog } from './export-log.js';

describe('the log of losses', () => {
  it('tells the same trouble once a minute, on one short line', () => {
    const lines: string[] = [];
    let now = 0;
    const log = new ExportLog({ warn: (line) => lines.push(line) }, () => now);
    log.warn('traces could not be sent', `connect\nECONNREFUSED ${'x'.repeat(1000)}`);
    log.warn('traces could not be sent', 'again');
    log.warn('logs could not be sent', 'too');
    now = 60_000;
    log.warn('traces could not be sent', 'still');
    expect(lines).toEqual([
      expect.stringMatching(/^traces could not be sent: connect ECONNREFUSED x+$/),
      'logs could not be sent: too',
      'traces could not be sent: still',
    ]);
    expect(lines[0]?.length).toBeLessThan(400);
  });
});

describe('the counters of export', () => {
  it('are told once there is an entry', () => {
    const counters = new ExportCounters();
    counters.signals.traces.dropped = 2;
    expect(counters.counted()).toBeUndefined();
    counters.show();
    expect(counters.counted()?.traces).toEqual({ exported: 0, failed: 0, dropped: 2 });
  });
});
