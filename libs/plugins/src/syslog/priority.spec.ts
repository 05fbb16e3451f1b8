import { expect, it } from '@jest/globals';
import { priorityOf, type PriorityRules } from './priority.js';
import { syslogConfig } from './syslog.config.js';

const rules = (more: Partial<PriorityRules> = {}): PriorityRules => syslogConfig.parse(more);
const priority = (status: number, more?: Partial<PriorityRules>) =>
  priorityOf({ response: { status } as never }, rules(more));

it('is user.info by default, for every status', () => {
  expect([0, 200, 399, 400, 499, 500, 599].map((status) => priority(status))).toEqual(Array(7).fill(14));
});

it('is facility × 8 + severity', () => {
  expect(priority(200, { facility: 'kern', successful_severity: 'emerg' })).toBe(0);
  expect(priority(200, { facility: 'local7', successful_severity: 'debug', log_level: 'debug' })).toBe(191);
});

it('knows three classes of status', () => {
  const severities = {
    successful_severity: 'notice',
    client_errors_severity: 'warning',
    server_errors_severity: 'err',
  } as const;
  expect([399, 400, 499, 500].map((status) => priority(status, severities))).toEqual([13, 12, 12, 11]);
});

it('leaves out what is less severe than log_level', () => {
  expect(priority(200, { log_level: 'notice' })).toBeUndefined();
  expect(priority(200, { log_level: 'notice', successful_severity: 'notice' })).toBe(13);
});
