const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What no field value holds (RFC 9110, section 5.5); chars beyond one byte among it. */
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const BAD_TARGET = /[^\x21-\x7e\x80-\xff]/;

/** Names that have been found good; the same few come with every request. */
const MEMO_SIZE = 1000;
const goodNames = new Set<string>();

export interface RequestHead {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Of the origin; used when `headers` have none. */
  readonly host: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  /** Bytes of the body, undefined when it is sent in chunks, null when there is none. */
  readonly length: number | undefined | null;
}

/**
 * A request's head as it goes on the wire, one char a byte.
 * @throws Error when a part of it cannot be sent.
 */
export function requestHead({ method, path, host, headers, length }: RequestHead): string {
  if (!isName(method)) throw new Error('the method is none');
  if (!path.startsWith('/') || BAD_TARGET.test(path)) throw new Error('the path cannot be sent');
  let fields = '';
  let hasHost = false;
  let framed = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!isName(name) || BAD_VALUE.test(value)) throw new Error('a header cannot be sent');
    if (name.length === 4 || name.length === 10 || name.length === 14 || name.length === 17) {
      const lower = name.toLowerCase();
      if (lower === 'connection' || lower === 'transfer-encoding') continue;
      if (lower === 'host') hasHost = true;
      if (lower === 'content-length') {
        if (typeof length === 'number' && Number(value) !== length)
          throw new Error('content-length is not that of the body');
        framed = true;
      }
    }
    fields += `${name}: ${value}\r\n`;
  }
  let head = `${method} ${path} HTTP/1.1\r\n`;
  if (!hasHost) head += `host: ${host}\r\n`;
  head += `connection: keep-alive\r\n${fields}`;
  if (!framed) head += framing(method, length);
  return `${head}\r\n`;
}

function framing(method: string, length: RequestHead['length']): string {
  if (length === undefined) return 'transfer-encoding: chunked\r\n';
  if (length !== null) return `content-length: ${length}\r\n`;
  // A method that gives its body a meaning says that there is none (RFC 9110, section 8.6).
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 'content-length: 0\r\n' : '';
}

function isName(name: string): boolean {
  if (goodNames.has(name)) return true;
  if (!TOKEN.test(name)) return false;
  if (goodNames.size < MEMO_SIZE) goodNames.add(name);
  return true;
}
