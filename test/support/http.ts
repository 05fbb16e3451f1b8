import { once } from 'node:events';
import { Agent, request as nodeRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface HttpOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Objects are sent as JSON. */
  readonly body?: string | Buffer | object;
}

/** A complete answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** Parses the body. */
  json(): unknown;
}

/** One request on a connection of its own. */
export async function http(url: string, options: HttpOptions = {}): Promise<HttpAnswer> {
  const stream = await openStream(url, options);
  const body = await stream.rest();
  const text = body.toString();
  return { status: stream.status, headers: stream.headers, body, text, json: () => JSON.parse(text) as unknown };
}

export const get = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> =>
  http(url, { headers });

export const post = (
  url: string,
  body: string | Buffer | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> => http(url, { method: 'POST', body, headers });

/** The head of an answer; the body is read piece by piece. Resolves as soon as the head is there. */
export async function openStream(url: string, options: HttpOptions = {}): Promise<StreamedAnswer> {
  const { method = options.body === undefined ? 'GET' : 'POST', headers = {} } = options;
  const body = encoded(options.body);
  const isJson = typeof options.body === 'object' && !Buffer.isBuffer(options.body);
  const outgoing = nodeRequest(url, {
    method,
    agent: new Agent({ keepAlive: false }),
    headers: {
      ...(isJson && { 'content-type': 'application/json' }),
      ...(body && { 'content-length': body.length }),
      ...headers,
    },
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return new StreamedAnswer(incoming);
}

function encoded(body: HttpOptions['body']): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A body read by the test, in the pieces in which it arrives. Nothing is read ahead of the test but one socket buffer. */
export class StreamedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  private readonly pieces: AsyncIterator<Buffer>;
  private read: Buffer = Buffer.alloc(0);

  constructor(private readonly incoming: IncomingMessage) {
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    this.pieces = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** All that the test has read so far. */
  get received(): Buffer {
    return this.read;
  }

  /** The next piece; undefined at the regular end. @throws when the connection breaks before */
  async next(): Promise<Buffer | undefined> {
    const step = await this.pieces.next();
    if (step.done === true) return undefined;
    this.read = Buffer.concat([this.read, step.value]);
    return step.value;
  }

  /** Reads until the body holds this text. @returns everything received so far @throws when it ends without */
  async until(text: string): Promise<string> {
    while (!this.read.includes(text)) {
      if ((await this.next()) === undefined)
        throw new Error(`the body ended without "${text}": ${this.read.toString()}`);
    }
    return this.read.toString();
  }

  /** Reads to the regular end. @returns the whole body @throws when the connection breaks before */
  async rest(): Promise<Buffer> {
    const pieces: Buffer[] = [this.read];
    for (let step = await this.pieces.next(); step.done !== true; step = await this.pieces.next()) {
      pieces.push(step.value);
    }
    return (this.read = Buffer.concat(pieces));
  }

  /** Leaves as a client that loses interest: the connection is closed with the answer half read. */
  leave(): void {
    this.incoming.destroy();
  }
}

/** A connection without any HTTP of its own: what is sent and when it is read is up to the test. */
export class RawConnection {
  private constructor(private readonly socket: Socket) {}

  /** @param url only host and port matter */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Resolves when the kernel has the bytes. */
  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Reads up to `size` bytes, at least one; undefined when the other side has ended. Nobody reads between two calls. */
  async read(size = 65_536): Promise<Buffer | undefined> {
    while (!this.socket.readableEnded && !this.socket.destroyed) {
      const piece = this.socket.read(Math.min(size, this.socket.readableLength) || undefined) as Buffer | null;
      if (piece) return piece;
      await settled(this.socket);
    }
    return undefined;
  }

  /** Reads until this text has come. @throws when the other side ends before */
  async readUntil(text: string): Promise<string> {
    let received: Buffer = Buffer.alloc(0);
    while (!received.includes(text)) {
      const piece = await this.read();
      if (!piece) throw new Error(`the connection ended without "${text}": ${received.toString()}`);
      received = Buffer.concat([received, piece]);
    }
    return received.toString();
  }

  /** Reads to the end of the connection. */
  async readAll(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let piece = await this.read(); piece; piece = await this.read()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Says that nothing more will be sent, and goes on reading. */
  endSending(): void {
    this.socket.end();
  }

  close(): void {
    this.socket.destroy();
  }

  /** Closes with a TCP reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** Something has happened to the readable side: data, the end, or the loss of the connection. */
function settled(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['readable', 'end', 'close']) socket.off(event, done);
      resolve();
    };
    for (const event of ['readable', 'end', 'close']) socket.once(event, done);
  });
}
