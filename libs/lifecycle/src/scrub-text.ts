import { maskUri } from './mask-uri.js';
import { REDACTED } from './secret-names.js';
import { SecretValues } from './secret-values.js';

/** An error text is for reading; nothing after this many characters is looked at. */
const MAX_INPUT = 16_384;
const MAX_OUTPUT = 4_096;

/** `authorization: …`, `"api_key": "…"`, `password=…`, with the name as the end of a word, so that `max_tokens: 1` stays. */
const NAMED =
  /((?:api[-_ ]?key|access[-_]?token|auth[-_]?token|authorization|password|secret)["']?\s{0,4}[:=]\s{0,4}["']?(?:bearer\s+|basic\s+)?)[^\s"',;&]{6,}/gi;
/** A scheme and something that is not a plain word. */
const SCHEMED = /\b([Bb]earer|[Bb]asic)\s+(?=\S{0,200}[0-9A-Z])[\w.~+/=*-]{6,}/g;
/** Keys by their prefix: OpenAI and Anthropic (also as their errors print them, with asterisks), Google, AWS, GitHub, others. */
const PREFIXED =
  /(?<![A-Za-z0-9])(?:sk-[\w*-]{6,}|AIza[\w-]{20,}|A[KS]IA[0-9A-Z]{16}|gh[pousr]_\w{20,}|github_pat_\w{20,}|(?:gsk|hf|r8|xai|glpat)[_-][\w-]{16,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*)/g;
const URL_IN_TEXT = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]+|(?<=[\s"'(])\/[^\s"'<>?]*\?[^\s"'<>]+/g;

/**
 * A text that somebody else wrote (an upstream's error, an exception's message) made fit for the log: literal credentials, URL
 * parameters and userinfo, and whatever looks like a key replaced; cut to 4096 characters.
 */
export function scrubText(text: string, secrets: SecretValues = new SecretValues()): string {
  const scrubbed = secrets
    .replaceInCut(text.slice(0, MAX_INPUT))
    .replace(URL_IN_TEXT, (url) => maskUri(url))
    .replace(NAMED, `$1${REDACTED}`)
    .replace(SCHEMED, `$1 ${REDACTED}`)
    .replace(PREFIXED, REDACTED);
  return scrubbed.length > MAX_OUTPUT ? `${scrubbed.slice(0, MAX_OUTPUT)}…` : scrubbed;
}
