import type { UpstreamAttempt } from '#libs/plugin-api';
import type { FinishedExchange } from '../finished-exchange.js';

/** One attempt with what is to be told of it. */
export interface AttemptResult {
  readonly attempt: UpstreamAttempt;
  readonly index: number;
  /** The one whose answer the client got, if any. */
  readonly last: boolean;
  readonly endedMono: number;
  /** `error.type`: why it failed, one of few; undefined when it did not. */
  readonly error: string | undefined;
}

/** The attempts of an exchange, which lie within it. */
export function attemptResults(event: FinishedExchange): AttemptResult[] {
  const { exchange, at } = event;
  const { attempts } = exchange;
  return attempts.map((attempt, index) => {
    const last = index === attempts.length - 1;
    const ended = attempt.finishedMono ?? attempts[index + 1]?.startedMono ?? at;
    return {
      attempt,
      index,
      last,
      endedMono: Math.max(attempt.startedMono, Math.min(ended, at)),
      error: errorOf(attempt, last, event),
    };
  });
}

function errorOf(
  { status, failure }: UpstreamAttempt,
  last: boolean,
  { record, error }: FinishedExchange,
): string | undefined {
  if (failure !== undefined && failure !== 'aborted') return failure;
  if (status !== undefined && status >= 400) return String(status);
  if (!last) return failure;
  switch (record.exchange.outcome) {
    case 'client_aborted':
    case 'interrupted':
      return record.exchange.outcome;
    case 'upstream_failed':
      return error?.code ?? record.error?.code ?? 'upstream_error';
    default:
      return undefined;
  }
}

/** Host and port of an origin such as `https://api.openai.com`. */
export function serverOf(origin: string): { address: string; port: number } {
  const known = servers.get(origin);
  if (known) return known;
  let server = { address: origin, port: 0 };
  if (URL.canParse(origin)) {
    const { hostname, port, protocol } = new URL(origin);
    server = { address: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  }
  if (servers.size < MOST_SERVERS) servers.set(origin, server);
  return server;
}

/** Origins can come from templates, so their number must have a bound. */
const MOST_SERVERS = 256;
const servers = new Map<string, { address: string; port: number }>();
