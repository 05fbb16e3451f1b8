import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { eventually } from '../support/index.js';
import { decodeLogs, decodeMetrics, decodeTraces } from './protobuf.js';
import { flattened, type LogEntry, type Point, type Span } from './signals.js';

/** One message as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const GRPC_PREFIX = 5;

/** An OpenTelemetry collector: OTLP over HTTP (protobuf and JSON) and over gRPC, each on a free port. */
export class Collector {
  readonly received: Received[] = [];
  readonly spans: Span[] = [];
  readonly logs: LogEntry[] = [];
  /** Of the last message with metrics. */
  points: readonly Point[] = [];
  /** The resource of the last message. */
  resource: Readonly<Record<string, unknown>> = {};
  /** Answered to requests over HTTP. */
  status = 200;
  private readonly sockets = new Set<Socket>();
  private look: () => void = () => {};
  private port = 0;
  private grpcPort = 0;
  private http: Server;
  private readonly http2: Http2Server;

  private constructor() {
    this.http = this.httpServer();
    this.http2 = createHttp2Server();
    this.http2.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => {});
      stream.on('end', () => {
        this.take(String(headers[':path']), headers, Buffer.concat(chunks).subarray(GRPC_PREFIX));
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.alloc(GRPC_PREFIX));
      });
    });
    this.http2.on('session', ({ socket }) => this.watch(socket));
  }

  static async start(): Promise<Collector> {
    const collector = new Collector();
    await collector.up();
    collector.http2.listen(0, '127.0.0.1');
    await once(collector.http2, 'listening');
    collector.grpcPort = (collector.http2.address() as AddressInfo).port;
    return collector;
  }

  /** Base URL of OTLP over HTTP. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get grpcUrl(): string {
    return `http://127.0.0.1:${this.grpcPort}`;
  }

  /** Stops listening for HTTP; the port stays its own for `up`. */
  async down(): Promise<void> {
    const closed = once(this.http, 'close');
    this.http.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async up(): Promise<void> {
    this.http = this.httpServer();
    this.http.listen(this.port, '127.0.0.1');
    await once(this.http, 'listening');
    this.port = (this.http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.http.listening) await this.down();
    for (const socket of this.sockets) socket.destroy();
    this.http2.close();
  }

  /** Forgets what has arrived. */
  reset(): void {
    this.received.length = 0;
    this.spans.length = 0;
    this.logs.length = 0;
    this.points = [];
    this.status = 200;
  }

  /** Waits for the server span of an answer and whatever else its trace has. @returns server span first, attempts in order */
  trace(requestId: unknown): Promise<readonly [server: Span, ...clients: Span[]]> {
    return this.until(
      () => {
        const server = this.spans.find(({ attributes }) => attributes['kong.request.id'] === requestId);
        if (!server) return undefined;
        const clients = this.spans.filter(({ parentSpanId }) => parentSpanId === server.spanId);
        return [server, ...clients.toSorted((a, b) => Number(a.start - b.start))] as const;
      },
      `spans of ${String(requestId)}`,
    );
  }

  /** Waits for a log record of this name, e.g. `tidegate.exchange`. */
  logOf(name: string): Promise<LogEntry> {
    return this.until(() => this.logs.find(({ eventName }) => eventName === name), `a log record ${name}`);
  }

  until<T>(found: () => T | undefined | false, what: string): Promise<T> {
    return eventually(() => found() || undefined, {
      within: 40_000,
      what,
      wake: (look) => {
        this.look = look;
        return () => (this.look = () => {});
      },
    });
  }

  private httpServer(): Server {
    const server = createHttpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status } = this;
        if (status === 200) {
          const body = Buffer.concat(chunks);
          const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
          this.take(request.url ?? '', request.headers, plain);
        }
        response.writeHead(status).end();
      });
    });
    server.on('connection', (socket: Socket) => this.watch(socket));
    return server;
  }

  private watch(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }

  private take(path: string, headers: IncomingHttpHeaders, body: Buffer): void {
    this.received.push({ path, headers, body });
    const json = headers['content-type'] === 'application/json';
    const parsed = json ? (JSON.parse(body.toString()) as object) : undefined;
    if (/trace/i.test(path)) {
      const { spans, resource } = flattened(parsed ?? decodeTraces(body));
      this.spans.push(...spans);
      this.resource = resource;
    } else if (/log/i.test(path)) {
      const { logs, resource } = flattened(parsed ?? decodeLogs(body));
      this.logs.push(...logs);
      this.resource = resource;
    } else {
      const { points, resource } = flattened(parsed ?? decodeMetrics(body));
      this.points = points;
      this.resource = resource;
    }
    this.look();
  }
}
