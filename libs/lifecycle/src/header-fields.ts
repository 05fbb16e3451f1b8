import { isPlainJson } from './json-text.js';
import { isSecretName, REDACTED } from './secret-names.js';

const URL_HEADERS = new Set([
  'referer',
  'location',
  'content-location',
  'link',
  'refresh',
  'origin',
  'x-forwarded-uri',
]);

/** A header as a member of a JSON object, and what its name alone tells of it. */
export class HeaderField {
  readonly secret: boolean;
  /** The value is a URL or the path of one, so that parameters in it may be secret. */
  readonly url: boolean;
  /** `,"name":"REDACTED"` */
  readonly masked: string;
  /** `,"name":` */
  private readonly key: string;
  private lastValue = '';
  private lastMember: string;

  constructor(name: string) {
    this.secret = isSecretName(name);
    this.url = URL_HEADERS.has(name);
    this.key = `,${JSON.stringify(name)}:`;
    this.masked = `${this.key}"${REDACTED}"`;
    this.lastMember = `${this.key}""`;
  }

  /** `,"name":"value"`. Most headers have the value they had in the exchange before; that one is remembered. */
  member(value: string): string {
    if (value !== this.lastValue) {
      this.lastMember = this.key + (isPlainJson(value) ? `"${value}"` : JSON.stringify(value));
      this.lastValue = value;
    }
    return this.lastMember;
  }

  /** `,"name":["value", …]` */
  list(values: readonly string[]): string {
    return this.key + JSON.stringify(values);
  }
}

/** The same few names come with every exchange; the bound is for clients that make names up. */
const MEMO_SIZE = 2_000;
const memo = new Map<string, HeaderField>();

/** @param name lower-case. */
export function headerField(name: string): HeaderField {
  let field = memo.get(name);
  if (field === undefined) {
    field = new HeaderField(name);
    if (memo.size < MEMO_SIZE) memo.set(name, field);
  }
  return field;
}
