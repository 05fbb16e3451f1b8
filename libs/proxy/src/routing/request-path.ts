const NOTHING_TO_DO = /^(?!.*(?:%|\/\/|\/\.))/s;
const PERCENT_TRIPLET = /%([0-9a-fA-F]{2})/g;
/** RFC 3986, section 2.2, and `%` itself: decoding one of these would change what the path means. */
const RESERVED = new Set(Array.from("!*'();:@&=+$,/?%#[]", (char) => char.charCodeAt(0)));
const MUST_BE_ENCODED = /[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]/g;

/**
 * The form of a path that routes are compared with, as Kong normalises it: percent-encoded characters decoded except the
 * reserved ones, dot segments removed (RFC 3986, section 5.2.4), adjacent slashes merged. No way leads above the root.
 * A char of the result stands for one byte.
 */
export function normalizePath(path: string): string {
  if (NOTHING_TO_DO.test(path)) return path;
  const decoded = path.replace(PERCENT_TRIPLET, (triplet: string, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return RESERVED.has(code) ? triplet.toUpperCase() : String.fromCharCode(code);
  });
  const segments: string[] = [];
  const given = decoded.split('/');
  for (const segment of given) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const last = given.at(-1);
  const endsOpen = segments.length > 0 && (last === '' || last === '.' || last === '..');
  return `/${segments.join('/')}${endsOpen ? '/' : ''}`;
}

/** Makes a normalised path fit for a request line: what `normalizePath` has decoded and a URI may not hold is encoded again. */
export function encodePath(path: string): string {
  return path.replace(MUST_BE_ENCODED, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
