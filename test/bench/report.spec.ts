import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseOptions } from './options.mjs';
import { selfTimes } from './profile.mjs';
import { putBetweenMarks, report } from './report.mjs';
import { median, percentile, summary } from './statistics.mjs';
import { verdicts } from './targets.mjs';

const NOTHING = {
  cpu: {},
  latency: {},
  firstToken: {},
  peakRss: {},
  streams: {},
  start: {},
  log: {},
  foreign: undefined,
  skipped: [],
  faults: [],
};

function cpu(gateway: number, baseline: number) {
  return {
    ...NOTHING,
    cpu: {
      'json-1k': {
        gateway: { cost: summary([gateway]), share: 0.9 },
        'pass-through': { cost: summary([baseline]), share: 0.8 },
      },
    },
  };
}

describe('verdicts', () => {
  it.each([
    [90, { met: true, aimed: true }],
    [120, { met: true, aimed: false }],
    [140, { met: false, aimed: false }],
  ])('judges %d µs to 100 µs', (cost, expected) => {
    const [verdict, ...more] = verdicts(cpu(cost, 100), 'gateway');
    expect(verdict).toMatchObject({ value: cost / 100, ...expected });
    expect(more).toEqual([]);
  });

  it('does not judge memory unless all streams were open at once', () => {
    const streams = (concurrent: number) => ({
      ...NOTHING,
      streams: { 1000: { gateway: { peakRss: 150, concurrent, failed: 0 } } },
    });
    expect(verdicts(streams(1000), 'gateway')).toHaveLength(1);
    expect(verdicts(streams(999), 'gateway')).toEqual([]);
  });
});

describe('report', () => {
  const context = { environment: ['a machine'], contenders: ['gateway', 'pass-through'] };

  it('shows cost, ratio, target and verdict', () => {
    const text = report(cpu(120, 100), context);
    expect(text).toMatch(/\| CPU per request, 1 KB JSON, to \(c\) +\| 1\.20 × +\| ≤ 1\.3 +\| ≤ 0\.9 +\| ok /);
    expect(text).toMatch(/\| JSON, 1 KB, per request +\| gateway +\| 120 \[120–120\] +\| 1\.20 ×/);
  });

  it('says loudly what makes the figures worthless', () => {
    const text = report(
      {
        ...NOTHING,
        faults: ['gateway died', 'gateway: status 502', 'gateway: status 502'],
        foreign: 0.3,
        log: { gateway: { written: 1, answered: 2 } },
      },
      context,
    );
    expect(text).toContain('3 FAULTS: the figures are void');
    expect(text).toContain('- gateway died\n- 2 × gateway: status 502');
    expect(text).toContain('Other processes used 30 %');
    expect(text).toContain('only 1 log records for 2 replies');
  });

  it('replaces what stands between the marks, and nothing else', () => {
    const page = 'before\n<!-- bench:begin -->\nold $1\n<!-- bench:end -->\nafter\n';
    const once = putBetweenMarks(page, 'new $&\n');
    expect(once).toBe('before\n<!-- bench:begin -->\n\nnew $&\n\n<!-- bench:end -->\nafter\n');
    expect(putBetweenMarks(once, 'new $&\n')).toBe(once);
    expect(() => putBetweenMarks('no marks', 'x')).toThrow(/bench:begin/);
  });
});

describe('statistics', () => {
  it('finds middle and rank', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(percentile([5, 1, 4, 2, 3], 50)).toBe(3);
    expect(percentile([1, 2], 99)).toBe(2);
    expect(percentile([], 50)).toBeNaN();
  });

  it('takes percentiles from the values themselves', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const found = percentile(values, percent);
          expect(values).toContain(found);
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
            (percent / 100) * values.length,
          );
        },
      ),
    );
  });
});

describe('selfTimes', () => {
  it('adds up the samples of a window by function, without idle time', () => {
    const frame = (functionName: string) => ({ functionName, url: 'file:///x.js', lineNumber: 1 });
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('busy') },
        { id: 2, callFrame: frame('(idle)') },
        { id: 3, callFrame: frame('busy') },
        { id: 4, callFrame: frame('rare') },
      ],
      startTime: 1000,
      samples: [1, 1, 2, 3, 4, 1],
      timeDeltas: [10, 10, 10, 10, 10, 10],
    };
    expect(selfTimes(profile, 1015, 1055)).toEqual([
      { frame: frame('busy'), time: 20 },
      { frame: frame('rare'), time: 10 },
    ]);
  });
});

describe('parseOptions', () => {
  it('measures everything unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({ rounds: 5, seconds: 4, prometheus: true });
    expect(parseOptions(['--quick', '--only', 'ttft,start', '--no-prometheus'])).toMatchObject({
      rounds: 3,
      seconds: 2,
      parts: new Set(['ttft', 'start']),
      prometheus: false,
    });
  });

  it.each([[['--only', 'nonsense']], [['--rounds', '0']], [['--contenders', 'x']], [['--unknown']]])(
    'names what is wrong in %j',
    (args) => {
      expect(() => parseOptions(args)).toThrow(/nonsense|whole number|not x|--unknown/);
    },
  );
});
