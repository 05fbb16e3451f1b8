import { isSecretName, REDACTED } from './secret-names.js';

export type QueryArguments = Record<string, string | true | (string | true)[]>;

/** `user:password@` of a URL, wherever it stands in a text. */
const USERINFO = /(\/\/)[^\s/?#"'<>]+@/g;
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * A URI, absolute or from the path on, with userinfo and the values of secret query parameters masked, also those of a URI that
 * is itself a parameter's value.
 * @param secretNames lower-case names that hold a credential beside those that `isSecretName` knows.
 */
export function maskUri(uri: string, secretNames = NO_NAMES): string {
  if (uri.includes('@')) uri = uri.replace(USERINFO, `$1${REDACTED}@`);
  const start = uri.indexOf('?');
  if (start === -1 || !uri.includes('=', start)) return uri;
  let masked = uri.slice(0, start + 1);
  for (const part of uri.slice(start + 1).split('&')) {
    if (masked.length > start + 1) masked += '&';
    const equals = part.indexOf('=');
    masked += equals === -1 ? part : part.slice(0, equals + 1) + maskRawValue(part, equals, secretNames);
  }
  return masked;
}

/**
 * Query arguments as Kong's serializer writes them: decoded, an argument without `=` is `true`, repeated ones are arrays.
 * @param query without `?`.
 */
export function maskedQuery(query: string, secretNames = NO_NAMES): QueryArguments {
  const result: QueryArguments = {};
  if (query === '') return result;
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    if (name === '' && equals <= 0) continue;
    const value = equals === -1 || maskValue(name, decode(part.slice(equals + 1)), secretNames);
    const earlier = Object.hasOwn(result, name) ? result[name] : undefined;
    if (earlier === undefined) define(result, name, value);
    else if (Array.isArray(earlier)) earlier.push(value);
    else result[name] = [earlier, value];
  }
  return result;
}

function maskRawValue(part: string, equals: number, secretNames: ReadonlySet<string>): string {
  const raw = part.slice(equals + 1);
  const value = decode(raw);
  const masked = maskValue(decode(part.slice(0, equals)), value, secretNames);
  if (masked === value) return raw;
  return masked === REDACTED ? REDACTED : encodeURIComponent(masked);
}

function maskValue(name: string, value: string, secretNames: ReadonlySet<string>): string {
  if (isSecretName(name) || secretNames.has(name.toLowerCase())) return value === '' ? '' : REDACTED;
  return value.includes('?') || value.includes('@') ? maskUri(value, secretNames) : value;
}

/** As nginx decodes arguments: `+` is a space; what is not valid percent-encoding stays as it is. */
function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** An assignment to `__proto__` would set the prototype. */
function define(target: QueryArguments, name: string, value: string | true): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[name] = value;
  }
}
