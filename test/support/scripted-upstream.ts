import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Resolves when the exchange is over: true when whoever asked has left before. */
  readonly left: Promise<boolean>;
}

export interface ScriptedAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each piece leaves in a write of its own. */
  readonly pieces?: readonly (string | Buffer)[];
  /** The connection is lost behind the last piece. */
  readonly breaks?: boolean;
  /** Nothing follows the last piece, not even an end. */
  readonly hangs?: boolean;
  /** Not even a head comes. */
  readonly silent?: boolean;
}

/** An upstream of any format: it answers what it is told, in order, and keeps what it was asked. */
export class ScriptedUpstream {
  readonly requests: SeenRequest[] = [];
  private readonly answers: ScriptedAnswer[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedUpstream> {
    const server = createServer({ keepAliveTimeout: 75_000 });
    const upstream = new ScriptedUpstream(server);
    server.on('request', (incoming, response) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('end', () => {
        const { method = '', url = '', headers } = incoming;
        const left = once(response, 'close').then(() => !response.writableFinished);
        upstream.requests.push({ method, url, headers, body: Buffer.concat(pieces), left });
        const {
          status = 200,
          headers: own = {},
          pieces: body = [],
          breaks = false,
          hangs = false,
          silent = false,
        } = upstream.answers.shift() ?? {};
        if (silent) return;
        response.writeHead(status, { 'content-type': 'application/json', ...own });
        response.flushHeaders();
        const next = (index: number): void => {
          const piece = body[index];
          if (piece !== undefined) response.write(piece, () => setImmediate(next, index + 1));
          else if (breaks) response.destroy();
          else if (!hangs) response.end();
        };
        // The head leaves alone, as it does when the model takes its time.
        setImmediate(next, 0);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The request that came last. */
  get last(): SeenRequest {
    const request = this.requests.at(-1);
    if (!request) throw new Error('nobody has asked');
    return request;
  }

  enqueue(...answers: readonly ScriptedAnswer[]): void {
    this.answers.push(...answers);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
