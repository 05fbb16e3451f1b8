/** What stands in place of a credential, as Kong's serializer writes it. */
export const REDACTED = 'REDACTED';

/** Names that hold a credential by themselves: Google's `?key=`, a shared access signature's `sig`. */
const EXACT = new Set(['key', 'sig', 'pwd', 'pass']);

/**
 * Endings that name a credential in headers and query parameters alike. `idempotency-key`, `cache-key` and page tokens hold
 * none, so `key` and `token` need their company.
 */
const ENDING =
  /(?:auth|authorization|cookie|jwt|secret|password|passwd|credentials?|signature(?:-\d+)?|(?<!page-?)token|(?:api|access|secret|subscription|account|master|private|functions|auth)-?key)$/;

/** The same few names come with every exchange; the bound is for clients that make names up. */
const MEMO_SIZE = 2_000;
const memo = new Map<string, boolean>();

/**
 * Whether a header or query parameter of this name holds a credential. Case and `_` or `-` do not matter: `authorization`,
 * `proxy-authorization`, `x-api-key`, `api_key`, `apikey`, `cookie`, `set-cookie`, `x-goog-api-key`, `access_token`, …
 */
export function isSecretName(name: string): boolean {
  const known = memo.get(name);
  if (known !== undefined) return known;
  const plain = name.toLowerCase().replaceAll('_', '-');
  const secret = EXACT.has(plain) || ENDING.test(plain);
  if (memo.size < MEMO_SIZE) memo.set(name, secret);
  return secret;
}
