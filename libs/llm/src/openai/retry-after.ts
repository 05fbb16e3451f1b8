import { parseDuration } from '../duration.js';
import { header, type UpstreamFault } from './upstream-fault.js';

/** A client that is told to wait longer gives up at once; seconds. */
const LONGEST_WAIT = 24 * 3600;

/**
 * When to try again: the upstream's own `retry-after-ms` or `retry-after`, else what its message says ("Please try again in
 * 1.5s"). Both forms are given, because SDKs read the one and proxies the other.
 */
export function retryHeaders(fault: UpstreamFault): Record<string, string> {
  if (cannotFit(fault.message)) return { 'x-should-retry': 'false' };
  const milliseconds = header(fault.headers, 'retry-after-ms');
  const seconds = header(fault.headers, 'retry-after');
  if (milliseconds !== undefined && /^\d+(?:\.\d+)?$/.test(milliseconds)) return wait(Number(milliseconds));
  if (seconds !== undefined && /^\d+(?:\.\d+)?$/.test(seconds)) return wait(Number(seconds) * 1000);
  if (seconds !== undefined && !Number.isNaN(Date.parse(seconds))) return { 'retry-after': seconds };
  const said = /try again in ([\dhms.]*\d(?:ms|s|m|h))/i.exec(fault.message)?.[1];
  const duration = said === undefined ? undefined : parseDuration(said.toLowerCase());
  return duration === undefined ? {} : wait(duration);
}

function wait(milliseconds: number): Record<string, string> {
  const bounded = Math.min(Math.ceil(milliseconds), LONGEST_WAIT * 1000);
  return { 'retry-after-ms': String(bounded), 'retry-after': String(Math.ceil(bounded / 1000)) };
}

/** One request above the limit per minute will not fit in the next minute either. */
function cannotFit(message: string): boolean {
  const [, limit, requested] = /request too large.*\blimit:? (\d+).*\brequested:? (\d+)/is.exec(message) ?? [];
  return limit !== undefined && Number(requested) > Number(limit);
}
