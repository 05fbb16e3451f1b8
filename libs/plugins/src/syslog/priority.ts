import type { LogRecord } from '#libs/plugin-api';

/** RFC 5424 table 2, under the names that Kong and syslog(3) have; the lower, the worse. */
export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** RFC 5424 table 1. */
const FACILITY_CODES = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;
export type Facility = keyof typeof FACILITY_CODES;
export const FACILITIES = Object.keys(FACILITY_CODES) as [Facility, ...Facility[]];

export interface PriorityRules {
  readonly log_level: Severity;
  readonly successful_severity: Severity;
  readonly client_errors_severity: Severity;
  readonly server_errors_severity: Severity;
  readonly facility: Facility;
}

/** PRI of a record's message (RFC 5424 section 6.2.1); undefined when it is less severe than what is wanted. */
export function priorityOf({ response: { status } }: Pick<LogRecord, 'response'>, rules: PriorityRules) {
  const severity = SEVERITIES.indexOf(severityOf(status, rules));
  return severity > SEVERITIES.indexOf(rules.log_level) ? undefined : FACILITY_CODES[rules.facility] * 8 + severity;
}

function severityOf(status: number, rules: PriorityRules): Severity {
  if (status >= 500) return rules.server_errors_severity;
  return status >= 400 ? rules.client_errors_severity : rules.successful_severity;
}
