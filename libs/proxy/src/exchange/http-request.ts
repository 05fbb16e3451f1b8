import type { IncomingMessage } from 'node:http';
import type { ExchangeRequest, HeaderMap } from '#libs/plugin-api';
import type { Connection } from './connection.js';
import { RequestBody } from './request-body.js';

const SLASH = 0x2f;

/** A request as `node:http` has read it. */
export class HttpRequest implements ExchangeRequest {
  readonly method: string;
  readonly uri: string;
  readonly path: string;
  readonly query: string;
  readonly body: RequestBody;
  private authority: string | undefined;
  private hostName: string | undefined;

  /** @param invite see `RequestBody` */
  constructor(
    readonly message: IncomingMessage,
    private readonly connection: Connection,
    invite: (() => void) | undefined,
  ) {
    this.method = message.method ?? '';
    this.uri = message.url ?? '';
    let target = this.uri;
    // The absolute form, `GET http://host/path`, must be understood as well (RFC 9112, section 3.2.2).
    const absolute = target.charCodeAt(0) === SLASH ? null : /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
    if (absolute) {
      this.authority = absolute[1];
      target = absolute[2]?.replace(/^(?!\/)/, '/') ?? '/';
    }
    const mark = target.indexOf('?');
    this.path = mark === -1 ? target : target.slice(0, mark);
    this.query = mark === -1 ? '' : target.slice(mark + 1);
    this.body = new RequestBody(message, invite);
  }

  get scheme(): 'http' | 'https' {
    return this.connection.secure ? 'https' : 'http';
  }

  get host(): string {
    return (this.hostName ??= (this.authority ?? this.message.headers.host ?? '').toLowerCase().replace(/:\d*$/, ''));
  }

  get port(): number {
    return this.connection.localPort;
  }

  get headers(): HeaderMap {
    return this.message.headers;
  }

  get clientIp(): string {
    return this.connection.clientIp;
  }

  readBody(limit: number): Promise<Buffer> {
    return this.body.read(limit);
  }

  /** Bytes received: request line, headers and body, without the framing of a chunked one. */
  get size(): number {
    const { rawHeaders, httpVersion } = this.message;
    // `METHOD SP target SP HTTP/1.1 CRLF`, the fields with `: ` and CRLF each, and the empty line.
    let size = this.method.length + this.uri.length + httpVersion.length + 11 + this.body.received;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      size += (rawHeaders[i]?.length ?? 0) + (rawHeaders[i + 1]?.length ?? 0) + 4;
    }
    return size;
  }
}
