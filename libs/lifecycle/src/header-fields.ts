import { isSecretName, REDACTED } from './secret-names.js';

/** What is known of a header by its name, and the JSON around its value. */
export interface HeaderField {
  readonly secret: boolean;
  /** The value is a URL or the path of one, so that parameters in it may be secret. */
  readonly url: boolean;
  /** Set when a value of it has been seen that JSON has to escape, as of `alt-svc` and `etag`: the next ones will too. */
  escaped: boolean;
  /** `,"name":` */
  readonly key: string;
  /** `,"name":"` */
  readonly open: string;
  /** `,"name":"REDACTED"` */
  readonly masked: string;
}

const URL_HEADERS = new Set([
  'referer',
  'location',
  'content-location',
  'link',
  'refresh',
  'origin',
  'x-forwarded-uri',
]);

/** The same few names come with every exchange; the bound is for clients that make names up. */
const MEMO_SIZE = 2_000;
const memo = new Map<string, HeaderField>();

/** @param name lower-case. */
export function headerField(name: string): HeaderField {
  let field = memo.get(name);
  if (field === undefined) {
    const key = `,${JSON.stringify(name)}:`;
    field = {
      secret: isSecretName(name),
      url: URL_HEADERS.has(name),
      escaped: false,
      key,
      open: `${key}"`,
      masked: `${key}"${REDACTED}"`,
    };
    if (memo.size < MEMO_SIZE) memo.set(name, field);
  }
  return field;
}
