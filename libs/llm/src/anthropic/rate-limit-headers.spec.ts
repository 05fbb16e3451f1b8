import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../duration.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

const UPSTREAM = {
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-remaining-requests': '499',
  'x-ratelimit-reset-requests': '12ms',
  'x-ratelimit-limit-tokens': '30000',
  'x-ratelimit-remaining-tokens': '5',
  'x-ratelimit-reset-tokens': '6m0s',
  'openai-organization': 'o',
  'openai-processing-ms': '17',
  'set-cookie': ['a', 'b'],
};

describe('rate limits of the upstream', () => {
  it('E10 are the client’s with its own key', () => {
    expect(rateLimitHeaders(UPSTREAM, 'client', Date.UTC(2026, 10, 23, 12, 0, 0))).toEqual({
      'anthropic-ratelimit-requests-limit': '500',
      'anthropic-ratelimit-requests-remaining': '499',
      'anthropic-ratelimit-requests-reset': '2026-11-23T12:00:01Z',
      'anthropic-ratelimit-tokens-limit': '30000',
      'anthropic-ratelimit-tokens-remaining': '5',
      'anthropic-ratelimit-tokens-reset': '2026-11-23T12:06:00Z',
      'anthropic-ratelimit-input-tokens-limit': '30000',
      'anthropic-ratelimit-input-tokens-remaining': '5',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-23T12:06:00Z',
    });
  });

  it('E10 are nobody’s business with the gateway’s key', () => {
    expect(rateLimitHeaders(UPSTREAM, 'gateway')).toEqual({});
  });

  it('are left out when they make no sense', () => {
    const nonsense = {
      'x-ratelimit-limit-requests': 'many',
      'x-ratelimit-reset-tokens': 'later',
      'x-ratelimit-limit-tokens': ['1'],
    };
    expect(rateLimitHeaders(nonsense, 'client')).toEqual({});
  });

  it.each([
    ['1h2m3s', 3_723_000],
    ['1.5s', 1500],
    ['12ms', 12],
    ['1d', 86_400_000],
    ['30', 30_000],
    ['', undefined],
    ['s', undefined],
    ['1x', undefined],
    ['1s later', undefined],
  ])('%p lasts %p ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });
});
