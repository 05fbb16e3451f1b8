import { z } from '#libs/plugin-api';

/** The types that Kong's entities share: https://developer.konghq.com/gateway/entities/. Sentences tell what is allowed. */

const KONG_PROTOCOLS = ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp', 'ws', 'wss'] as const;

/** The protocols that this gateway carries; Kong's other ones are told apart from misspelt ones. */
export const httpProtocol = z.enum(['http', 'https'], {
  error: ({ input }) =>
    (KONG_PROTOCOLS as readonly unknown[]).includes(input)
      ? `the protocol ${String(input)} is not supported by this gateway; allowed: http, https`
      : undefined,
});

/** Where only a filter is meant, every protocol of Kong may be named. */
export const kongProtocol = z.enum(KONG_PROTOCOLS);

export const uuid = z.guid('must be a UUID, e.g. 0dc6f45b-8f8d-40d2-a504-473544ee190b');

export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9._~\u0080-\u{10ffff}-]+$/u,
    'must consist of letters, digits, ".", "-", "_" and "~", and not be empty',
  );

export const tags = z.array(
  z
    .string()
    .regex(
      /^[ !-+\-.0-~\u0080-\u{10ffff}]+$/u,
      'a tag consists of printable characters without "," and "/", and is not empty',
    ),
);

/** Unix seconds. */
export const timestamp = z.int().min(0);

/** Milliseconds. */
export const timeout = z
  .int()
  .min(1)
  .max(2 ** 31 - 2);

export const port = z.int().min(0).max(65535);

const LABELS =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
const IPV6 = /^\[[0-9A-Fa-f:.]+\]$/;
const BARE_IPV6 = /^[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*$/;

function isHost(text: string): boolean {
  return LABELS.test(text) || IPV6.test(text) || BARE_IPV6.test(text);
}

export const host = z.string().refine(isHost, 'must be a host name or an IP address, without scheme, port and path');

/** `example.com`, `*.example.com`, `example.*`, with or without port. */
export const routeHost = z
  .string()
  .refine(
    (text) => /^(\*\.[^*]+|[^*]+\.\*|[^*]+)$/.test(text) && isHost(text.replace('*', 'any').replace(/:\d{1,5}$/, '')),
    'must be a host name, optionally with a port; one "*" may stand for the leftmost or rightmost label',
  );

// RFC 3986: unreserved, sub-delims, ":", "@" and percent-encoded triplets.
const PATH = /^\/([\w.\-~/:@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

export const servicePath = z
  .string()
  .regex(PATH, 'must start with "/" and hold only characters that a URL path can have, others percent-encoded')
  .refine((path) => !path.includes('//'), 'must not have empty segments (//)');

/** A route's path: a prefix such as `/v1`, or `~/` and a regular expression that is anchored at its start. */
export const routePath = z.string().superRefine((path, context) => {
  const problem = /^~(\(\?i\))?\//.test(path) ? regexProblem(path.slice(1)) : prefixProblem(path);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

function prefixProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'should start with: / (fixed path) or ~/ (regex path)';
  if (path.includes('//')) return 'must not have empty segments (//)';
  if (!PATH.test(path)) {
    return 'must hold only characters that a URL path can have, others percent-encoded; a regex path starts with ~/';
  }
  if (/\/\.{1,2}(\/|$)/.test(path)) return 'must not have the segments "." and ".."';
  return undefined;
}

function regexProblem(pattern: string): string | undefined {
  try {
    compileRoutePath(`~${pattern}`);
    return undefined;
  } catch {
    return 'this regular expression cannot be compiled; JavaScript syntax is taken, e.g. ~/v1/(?<model>[^/]+)';
  }
}

/**
 * The expression of a regex path (`~/…`), anchored at the start as Kong does. Its named groups become `uri_captures`. Two habits
 * of PCRE are translated: `(?i)` in front, and `(?P<name>`.
 * @throws SyntaxError
 */
export function compileRoutePath(path: string): RegExp {
  const [, insensitive, pattern = ''] = /^~(\(\?i\))?(.*)$/s.exec(path) ?? [];
  return new RegExp(`^(?:${pattern.replaceAll('(?P<', '(?<')})`, insensitive === undefined ? '' : 'i');
}

/** A value of a header that a route matches: itself, or `~*` and a regular expression. */
export const headerValue = z.string().refine((value) => {
  try {
    return !value.startsWith('~*') || new RegExp(value.slice(2), 'i') instanceof RegExp;
  } catch {
    return false;
  }
}, 'behind ~* must stand a regular expression in JavaScript syntax');

export const method = z.string().regex(/^[A-Z]+$/, 'must be an HTTP method in capital letters, e.g. POST');

export const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be a header name');
