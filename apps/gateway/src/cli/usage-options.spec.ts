import { describe, expect, it } from '@jest/globals';
import { Misuse } from './output.js';
import { usageOptions, type UsageOptions } from './usage-options.js';

const NOW = Date.UTC(2026, 10, 28, 12);
const options = (...args: string[]): UsageOptions => usageOptions(args, NOW) as UsageOptions;

describe('usageOptions', () => {
  it('groups by model unless told otherwise', () => {
    expect(options('a', 'b')).toEqual({
      files: ['a', 'b'],
      by: ['model'],
      since: undefined,
      until: undefined,
      top: Infinity,
      output: 'table',
    });
    expect(options('--by', 'day,model', '--by=client', '--top', '3', '--json')).toMatchObject({
      by: ['day', 'model', 'client'],
      top: 3,
      output: 'json',
    });
  });

  it('reads times: spans back from now, local days, zones', () => {
    expect(options('--since', '7d').since).toBe(NOW - 7 * 86_400_000);
    expect(options('--since', '24h', '--until', '30m')).toMatchObject({
      since: NOW - 86_400_000,
      until: NOW - 1_800_000,
    });
    expect(options('--since', '2026-11-01').since).toBe(new Date(2026, 10, 1).getTime());
    expect(options('--since', '2026-11-01T14:00').since).toBe(new Date(2026, 10, 1, 14).getTime());
    expect(options('--since', '2026-11-01T14:00Z').since).toBe(Date.UTC(2026, 10, 1, 14));
    expect(options('--since', '2026-11-01 14:00:05+02:00').since).toBe(Date.UTC(2026, 10, 1, 12, 0, 5));
  });

  it.each([
    [['--by', 'colour'], /--by "colour": expected one of day, hour, model/],
    [['--by', ''], /--by ""/],
    [['--since', 'yesterday'], /--since "yesterday": expected a time such as/],
    [['--since', '2026-13-01'], /--since "2026-13-01"/],
    [['--since', '1'], /--since "1"/],
    [['--since', '1h', '--until', '2h'], /--since must lie before --until/],
    [['--top', '0'], /--top "0": expected a whole number from 1/],
    [['--top', '1.5'], /--top "1.5"/],
    [['--json', '--csv'], /choose one/],
  ])('refuses %j', (args, message) => {
    expect(() => options(...args)).toThrow(Misuse);
    expect(() => options(...args)).toThrow(message);
  });
});
