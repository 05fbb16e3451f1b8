/** Of a response's headers: lower-case names, a repeated one is an array. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

/** How the end of a body is found (RFC 9112, section 6.3): its bytes, the chunked coding, or the end of the connection. */
export type Framing = number | 'chunked' | 'close';

export interface ResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly framing: Framing;
  /** Whether the upstream keeps the connection. */
  readonly keepAlive: boolean;
  /** Milliseconds that it says it keeps it for; undefined when it does not say. */
  readonly keepAliveFor: number | undefined;
}

/** What the upstream sent is no HTTP/1.1. */
export class MalformedResponse extends Error {
  constructor(what: string) {
    super(`malformed response: ${what}`);
    this.name = 'MalformedResponse';
  }
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const MOST_FIELDS = 1000;

/** Field names as upstreams write them → lower case. The same few come with every response. */
const MEMO_SIZE = 1000;
const names = new Map<string, string>();

/**
 * Reads a response's head, as strictly as llhttp, the parser of node: no folded lines, no bare CR or LF, one length.
 *
 * @param text one char a byte, from the status line to the last field's line end.
 * @param bodyless true for the answer to HEAD.
 * @throws MalformedResponse
 */
export function parseResponseHead(text: string, bodyless: boolean): ResponseHead {
  let lineEnd = text.indexOf('\r\n');
  const line = STATUS_LINE.exec(text.slice(0, lineEnd));
  if (!line) throw new MalformedResponse('its status line');
  const status = Number(line[2]);
  const headers: ResponseHeaders = {};
  let at = lineEnd + 2;
  for (let fields = 0; at < text.length; fields++) {
    if (fields > MOST_FIELDS) throw new MalformedResponse('too many header fields');
    lineEnd = text.indexOf('\r\n', at);
    addField(headers, text, at, lineEnd);
    at = lineEnd + 2;
  }
  const connection = textOf(headers['connection']).toLowerCase();
  const keepAlive = line[1] === '1' ? !listHas(connection, 'close') : listHas(connection, 'keep-alive');
  return {
    status,
    headers,
    framing: framingOf(status, headers, bodyless),
    keepAlive,
    keepAliveFor: headers['keep-alive'] === undefined ? undefined : keepAliveTimeout(textOf(headers['keep-alive'])),
  };
}

function addField(headers: ResponseHeaders, text: string, start: number, end: number): void {
  const colon = text.indexOf(':', start);
  if (colon <= start || colon >= end) throw new MalformedResponse('a header field');
  const name = lowerName(text.slice(start, colon));
  let from = colon + 1;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  const value = text.slice(from, to);
  if (BAD_VALUE.test(value)) throw new MalformedResponse('a header value');
  // An object does not take this name as it is, and nobody needs it.
  if (name === '__proto__') return;
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (before === undefined) headers[name] = value;
  else if (typeof before === 'string') headers[name] = [before, value];
  else before.push(value);
}

function lowerName(written: string): string {
  const known = names.get(written);
  if (known !== undefined) return known;
  if (!TOKEN.test(written)) throw new MalformedResponse('a header name');
  const name = written.toLowerCase();
  if (names.size < MEMO_SIZE) names.set(written, name);
  return name;
}

function framingOf(status: number, headers: ResponseHeaders, bodyless: boolean): Framing {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined && length !== undefined) throw new MalformedResponse('a length beside a transfer coding');
  const size = length === undefined ? undefined : lengthOf(length);
  if (bodyless || status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) return /(?:^|,)[ \t]*chunked$/i.test(textOf(coding)) ? 'chunked' : 'close';
  return size ?? 'close';
}

/** Several equal lengths are one. */
function lengthOf(value: string | string[]): number {
  const [first = '', ...others] = typeof value === 'string' ? [value] : value;
  if (!/^\d{1,15}$/.test(first) || others.some((other) => other !== first)) throw new MalformedResponse('its length');
  return Number(first);
}

function keepAliveTimeout(value: string): number | undefined {
  const seconds = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(',');
}

function listHas(list: string, word: string): boolean {
  return list === word || list.split(',').some((one) => one.trim() === word);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
