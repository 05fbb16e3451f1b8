import type { PayloadCapture } from '#libs/plugin-api';
import type { RawHeaders } from './exchange-result.js';
import { headerField } from './header-fields.js';
import { isPlainJson } from './json-text.js';
import { maskedQuery, maskUri, type QueryArguments } from './mask-uri.js';
import { REDACTED } from './secret-names.js';
import { SecretValues } from './secret-values.js';
import { scrubText } from './scrub-text.js';

type HeaderValue = string | number | readonly string[];

/** Of these the value is worth looking for elsewhere; cookies are many and long and never meant for an upstream. */
const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;

/**
 * Takes the credentials of one exchange out of whatever leaves it, in two steps: each part is masked by the names in it (headers,
 * query parameters) as it is taken over, and what has been let through is searched once for the literal credentials.
 * Only if one is found is everything gone through value by value.
 */
export class Redactor {
  private readonly secrets: SecretValues;
  /** Set when a header that has been let through holds a literal credential. */
  private leaking = false;
  /** All other values from outside that have been let through. */
  private elsewhere = '';

  /**
   * @param names lower-case names of headers and parameters that hold a credential, beside the well-known ones.
   * @param values literal credentials.
   * @param requestHeaders raw; the credentials in them are looked for everywhere else.
   */
  constructor(
    private readonly names: ReadonlySet<string>,
    values: Iterable<string>,
    requestHeaders: RawHeaders,
  ) {
    this.secrets = new SecretValues(values);
    for (const name of CREDENTIAL_HEADERS) this.learn(requestHeaders[name]);
    for (const name of names) this.learn(requestHeaders[name]);
  }

  /** The masked headers as the text of a JSON object: every record needs the text, few need the object. */
  headers(headers: RawHeaders): string {
    let members = '';
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      const field = headerField(name);
      if (field.secret || this.names.has(name)) members += field.masked;
      else if (typeof value === 'string' && !field.url) members += field.member(value);
      else if (typeof value === 'object') members += field.list(field.url ? value.map((one) => this.url(one)) : value);
      else members += field.member(field.url ? this.url(String(value)) : String(value));
    }
    this.leaking ||= this.secrets.isIn(members);
    return `{${members.slice(1)}}`;
  }

  /** Path and query, or a whole URL. */
  uri(uri: string): string {
    return this.pass(this.url(uri));
  }

  query(query: string): QueryArguments {
    const result = maskedQuery(query, this.names);
    for (const name in result) this.elsewhere += name + String(result[name]);
    return result;
  }

  /** A short value as it came from outside: a model's name, a session's id. */
  pass(value: string): string {
    this.elsewhere += value;
    return value;
  }

  /** An error's text. */
  text(text: string): string {
    return scrubText(text, this.secrets);
  }

  /** The text of a body: literal credentials and the JSON members that the route names as credentials. */
  payload({ text, truncated }: PayloadCapture): string {
    const scrubbed = truncated ? this.secrets.replaceInCut(text) : this.secrets.replaceIn(text);
    return this.maskMembers(scrubbed);
  }

  /** Whether no value that has been let through, headers aside, needs an escape in JSON. */
  get plain(): boolean {
    return isPlainJson(this.elsewhere);
  }

  /** Whether a literal credential has been let through; then `clean` is needed. */
  get leaks(): boolean {
    return this.leaking || this.secrets.isIn(this.elsewhere);
  }

  /** A copy of plain JSON data without the literal credentials, in names and values. */
  clean(value: unknown): unknown {
    if (typeof value === 'string') return this.secrets.replaceIn(value);
    if (Array.isArray(value)) return value.map((one) => this.clean(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [this.secrets.replaceIn(name), this.clean(member)]),
    );
  }

  private learn(value: HeaderValue | undefined): void {
    if (typeof value === 'string') this.secrets.add(value);
    else if (typeof value === 'object') for (const one of value) this.secrets.add(one);
  }

  private url(value: string): string {
    return maskUri(value, this.names);
  }

  private maskMembers(json: string): string {
    for (const name of this.names) {
      if (!json.includes(`"${name}"`)) continue;
      const quoted = name.replace(/[^\w-]/g, String.raw`\$&`);
      const member = new RegExp(`("${quoted}"\\s{0,16}:\\s{0,16})"(?:[^"\\\\]|\\\\.)*(?:"|$)`, 'g');
      json = json.replace(member, `$1"${REDACTED}"`);
    }
    return json;
  }
}
