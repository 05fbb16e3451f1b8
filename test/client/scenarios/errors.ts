import { expect } from '@jest/globals';
import type { Outcome, Scenario } from '../harness/scenario.js';
import { failure, html, text } from '../harness/script.js';

const RETRY_ONCE = { CLAUDE_CODE_MAX_RETRIES: '1' };
const OVERLOADED = { message: 'The server is currently overloaded.', type: 'server_error', code: 'server_overloaded' };

/** Refusals of the upstream: some pass, some do not. */
export const errors: readonly Scenario[] = [
  {
    name: 'a request that the upstream calls invalid',
    model: [failure(400, { message: "Invalid value: 'purple'.", param: 'messages[1].content', code: 'invalid_value' })],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    check: ({ result, main, version }) => {
      expect(result).toMatchObject({ is_error: true, result: expect.stringContaining("Invalid value: 'purple'.") });
      expect(main.length).toBeLessThanOrEqual({ '2.0.37': 2, '2.1.112': 1, '2.1.330': 6 }[version]);
    },
  },
  {
    name: "a key of the gateway's that the upstream refuses",
    call: { env: RETRY_ONCE },
    model: [failure(401, { message: 'Incorrect API key provided: sk-upst********6789.', code: 'invalid_api_key' })],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    check: ({ run, result, records }) => {
      expect(result.is_error).toBe(true);
      // A 401 would send the user to the login page, for a key that is not theirs.
      expect(new Set(statuses(records))).toEqual(new Set([502]));
      expect(run.stdout).not.toContain('sk-upst');
    },
  },
  {
    name: 'a region that the upstream does not serve',
    model: [
      failure(403, {
        message: 'Country, region, or territory not supported',
        type: 'request_forbidden',
        code: 'unsupported_country_region_territory',
      }),
    ],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    call: { timeLimit: 20_000 },
    check: ({ result, main }) => {
      expect(result).toMatchObject({ is_error: true, result: expect.stringContaining('not supported') });
      // With a key helper the newest client takes a 403 for a stale key and goes on trying for minutes.
      expect(main.length).toBeLessThanOrEqual(6);
    },
  },
  {
    name: 'a model that the upstream does not have',
    model: [
      failure(404, {
        message: 'The model `gpt-5-mini` does not exist or you do not have access to it.',
        code: 'model_not_found',
      }),
    ],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    check: ({ result, records }) => {
      expect(statuses(records)).toContain(404);
      expect(result.result).toMatch(/model/i);
    },
  },
  {
    name: 'too many requests, then an answer',
    model: [
      [
        failure(
          429,
          { message: 'Rate limit reached for gpt-5-mini.', type: 'tokens', code: 'rate_limit_exceeded' },
          { 'retry-after': '1' },
        ),
        text('At last.'),
      ],
    ],
    outcomes: ['upstream_failed'],
    check: recovers('At last.', 429),
  },
  {
    name: 'an exhausted quota is not tried again',
    model: [
      failure(429, {
        message: 'You exceeded your current quota, please check your plan and billing details.',
        type: 'insufficient_quota',
        code: 'insufficient_quota',
      }),
    ],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    check: ({ result, client, version }) => {
      expect(result.result).toContain('exceeded your current quota');
      expect(client.filter(({ body }) => body?.model === 'gpt-5-mini')).toHaveLength(version === '2.0.37' ? 2 : 1);
    },
  },
  {
    name: 'a fault of the upstream, then an answer',
    model: [
      [
        failure(500, { message: 'The server had an error processing your request.', type: 'server_error' }),
        text('Recovered.'),
      ],
    ],
    outcomes: ['upstream_failed'],
    check: recovers('Recovered.', 500),
  },
  {
    name: 'an overloaded upstream, then an answer',
    model: [[failure(503, OVERLOADED), text('Recovered.')]],
    outcomes: ['upstream_failed'],
    check: recovers('Recovered.', 529),
  },
  {
    name: 'an upstream that stays overloaded',
    call: { env: RETRY_ONCE },
    model: [failure(503, OVERLOADED)],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    check: ({ result, records }) => {
      expect(result.result).toMatch(/overloaded/i);
      expect(statuses(records)).toContain(529);
    },
  },
  {
    name: 'an upstream that cannot be reached',
    route: 'unreachable',
    call: { env: RETRY_ONCE },
    model: [text('Never said.')],
    exitCode: 1,
    outcomes: ['upstream_failed'],
    check: ({ result, upstream, records }) => {
      expect(result.is_error).toBe(true);
      expect(upstream).toEqual([]);
      expect(new Set(statuses(records))).toEqual(new Set([502]));
    },
  },
  {
    name: 'a fallback model of the client, after three refusals',
    versions: ['2.1.330'],
    call: { flags: ['--fallback-model', 'my-other-model'] },
    model: [[failure(503, OVERLOADED), failure(503, OVERLOADED), failure(503, OVERLOADED), text('From the other.')]],
    outcomes: ['upstream_failed'],
    check: ({ result, client }) => {
      expect(result.result).toBe('From the other.');
      expect(client.at(-1)?.body?.model).toBe('my-other-model');
    },
  },
  {
    name: 'a prompt larger than the gateway takes',
    route: 'narrow',
    call: ({ prompt }) => ({
      prompt: undefined,
      stdin: `${prompt}\n${'A long story. '.repeat(20_000)}`,
      env: RETRY_ONCE,
    }),
    model: [text('Never said.')],
    exitCode: 1,
    outcomes: ['rejected'],
    check: ({ result, main, records }) => {
      expect(result.is_error).toBe(true);
      expect(main).toEqual([]);
      expect(statuses(records)).toContain(413);
    },
  },
  {
    name: 'a page of a load balancer, then an answer',
    model: [[html(502, '<html><body><h1>502 Bad Gateway</h1></body></html>'), text('Recovered.')]],
    outcomes: ['upstream_failed'],
    check: (outcome) => {
      recovers('Recovered.', 502)(outcome);
      expect(outcome.run.stdout).not.toContain('<html>');
    },
  },
];

function recovers(answer: string, status: number): (outcome: Outcome) => void {
  return ({ result, main, records }) => {
    expect(result).toMatchObject({ is_error: false, result: answer });
    expect(main).toHaveLength(2);
    expect(statuses(records)).toContain(status);
  };
}

function statuses(records: Outcome['records']): number[] {
  return records.map(({ response }) => response.status).filter((status) => status !== 200);
}
