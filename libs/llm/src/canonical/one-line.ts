/** Longest message shown to a client, in characters. */
const MESSAGE_LIMIT = 1024;

/** Longest text of an upstream kept for the log, in characters. */
export const UPSTREAM_TEXT_LIMIT = 2048;

/**
 * Foreign text made fit for a client or a log: one line, bounded, without credentials, names of accounts or addresses of
 * internal hosts.
 *
 * @param limit in characters.
 */
export function oneLine(text: string, limit = MESSAGE_LIMIT): string {
  // Cutting first bounds the work; the margin keeps a secret at the border whole enough to be recognised.
  const line = scrub(
    text
      .slice(0, limit * 2)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
  );
  return line.length > limit ? `${line.slice(0, limit - 1).trimEnd()}…` : line;
}

/** Credentials and account names → `REDACTED`, internal addresses → `[address]`. */
export function scrub(text: string): string {
  return SECRETS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text).replace(
    URL_PATTERN,
    (url, host: string) => (isPublicHost(host) && !url.includes('@') ? url : '[address]'),
  );
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/*=-]{4,}/gi, '$1 REDACTED'],
  [/\b(?:sk|rk|pk|sess)-[\w*.-]{4,}/g, 'REDACTED'],
  [/\b(?:gsk|xai|ghp|gho|glpat|hf|pplx|r8|tvly|csk|nvapi)[_-](?=[\w*-]*\d)[\w*-]{8,}/g, 'REDACTED'],
  [/\bAIza[\w-]{10,}/g, 'REDACTED'],
  [/\bA(?:KIA|SIA)[A-Z0-9]{8,}/g, 'REDACTED'],
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, 'REDACTED'],
  [/\b(?:org|proj|user)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{8,}/g, 'REDACTED'],
  [
    /\b((?:x-)?api[_ -]?key|access[_ -]?token|secret|password|authorization)(["']?\s*[:=]\s*["']?)[^\s"',;]{4,}/gi,
    '$1$2REDACTED',
  ],
  // Whatever is long, unbroken and mixes letters with digits is more likely a key than a word.
  [/\b(?=[A-Za-z*]*\d)(?=[\d*]*[A-Za-z])[A-Za-z0-9*]{40,}/g, 'REDACTED'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '[address]'],
];

const URL_PATTERN = /\bhttps?:\/\/(?:[^\s/"'@]*@)?([^\s/:"'?#)\]]+)[^\s"')\]]*/gi;

function isPublicHost(host: string): boolean {
  return /\.[a-z]{2,}$/i.test(host) && !/\.(?:internal|local|localdomain|svc|cluster|lan|intranet|corp)$/i.test(host);
}
