import { parseDuration } from '../duration.js';

/** Whose key the request was sent with: only the quota of their own key concerns the client. */
export type KeyOwner = 'client' | 'gateway';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * OpenAI's `x-ratelimit-*` headers in Anthropic's names. With the gateway's own key they are left out: what is left of the
 * organisation's quota must not look like the user's. Everything else that tells about the organisation is never copied.
 *
 * @param headers of the upstream, lower-case names. @param now in milliseconds since 1970.
 */
export function rateLimitHeaders(headers: Headers, owner: KeyOwner, now = Date.now()): Record<string, string> {
  const limits: Record<string, string> = {};
  if (owner === 'gateway') return limits;
  for (const [unit, names] of Object.entries(UNITS)) {
    for (const kind of ['limit', 'remaining', 'reset']) {
      const value = headers[`x-ratelimit-${kind}-${unit}`];
      const text = typeof value === 'string' ? value.trim() : undefined;
      if (text === undefined) continue;
      const translated = kind === 'reset' ? resetTime(text, now) : count(text);
      if (translated !== undefined)
        for (const name of names) limits[`anthropic-ratelimit-${name}-${kind}`] = translated;
    }
  }
  return limits;
}

const UNITS: Readonly<Record<string, readonly string[]>> = {
  requests: ['requests'],
  tokens: ['tokens', 'input-tokens'],
};

function count(text: string): string | undefined {
  return /^\d+$/.test(text) ? text : undefined;
}

function resetTime(text: string, now: number): string | undefined {
  const wait = parseDuration(text);
  // RFC 3339 in whole seconds, as Anthropic writes it; rounded up, so that nobody comes too early.
  return wait === undefined
    ? undefined
    : new Date(Math.ceil((now + wait) / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
