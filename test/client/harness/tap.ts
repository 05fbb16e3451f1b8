import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A request as the client sent it. */
export interface ClientRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, `undefined` without one. */
  readonly body: ClientBody | undefined;
}

/** What the suites look at in a body of Anthropic's Messages API. */
export interface ClientBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly metadata?: { readonly user_id?: string };
  readonly max_tokens?: number;
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly name: string; readonly type?: string }[];
}

/**
 * A relay of bytes between client and gateway that reads along: it alters nothing, passes half-closed and reset
 * connections on, and keeps what was said for assertions and for the report of a failed scenario.
 */
export class Tap {
  readonly requests: ClientRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #said: string[] = [];

  static async start(target: { readonly host: string; readonly port: number }): Promise<Tap> {
    const tap = new Tap(target);
    tap.#server.listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const gateway = connect({ ...target, allowHalfOpen: true, noDelay: true });
      const reader = new RequestReader((request) => this.requests.push(request));
      this.#relay(client, gateway, (bytes) => {
        this.#said.push(`\n>>> ${bytes.toString('utf8')}`);
        reader.push(bytes);
      });
      this.#relay(gateway, client, (bytes) => this.#said.push(`\n<<< ${bytes.toString('utf8')}`));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Both directions, in the order of their arrival. */
  get transcript(): string {
    return this.#said.join('');
  }

  /** Forgets what was said, for the next scenario. */
  clear(): void {
    this.requests.length = 0;
    this.#said = [];
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #relay(from: Socket, to: Socket, read: (bytes: Buffer) => void): void {
    this.#sockets.add(from);
    from.on('data', (bytes: Buffer) => {
      read(bytes);
      if (!to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => to.end());
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!from.readableEnded) to.destroy();
    });
  }
}

/** Cuts one connection's bytes into requests: heads with a content-length, as every version of the client sends them. */
class RequestReader {
  #bytes = Buffer.alloc(0);

  constructor(private readonly found: (request: ClientRequest) => void) {}

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const [start = '', ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const whole = end + 4 + Number(headers['content-length'] ?? 0);
      if (this.#bytes.length < whole) return;
      const [method = '', url = ''] = start.split(' ');
      const text = this.#bytes.toString('utf8', end + 4, whole);
      this.#bytes = this.#bytes.subarray(whole);
      this.found({ method, url, headers, body: text === '' ? undefined : (JSON.parse(text) as ClientBody) });
    }
  }
}
