import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { once } from 'node:events';
import { selfSigned } from './certificate.js';

/**
 * The world outside, as the client sees it: a forward proxy that refuses every host but one, `pages.test`, which it
 * serves itself over TLS. What the client asked for is kept in `asked` as `host:port`.
 */
export class Outside {
  readonly asked: string[] = [];

  /** Path → HTML of `https://pages.test<path>`. */
  #pages: Readonly<Record<string, string>> = {};
  readonly #proxy: Server;
  readonly #site: TlsServer;
  readonly #sockets = new Set<Socket>();
  /** PEM of the certificate a client must trust to read `pages.test`. */
  readonly certificate: string;

  static async start(): Promise<Outside> {
    const outside = new Outside();
    outside.#proxy.listen(0, '127.0.0.1');
    outside.#site.listen(0, '127.0.0.1');
    await Promise.all([once(outside.#proxy, 'listening'), once(outside.#site, 'listening')]);
    return outside;
  }

  private constructor() {
    const { key, cert } = selfSigned('pages.test');
    this.certificate = cert;
    this.#site = createTlsServer({ key, cert }, (request, response) => {
      const page = this.#pages[request.url ?? '/'];
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(page ?? 'not here');
    });
    this.#proxy = createServer((request, response) => {
      this.asked.push(String(request.url));
      response.writeHead(403).end();
    });
    this.#proxy.on('connect', (request, socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
      this.asked.push(String(request.url));
      if (request.url !== 'pages.test:443') {
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      const site = connect((this.#site.address() as AddressInfo).port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(site).pipe(socket);
      });
      site.on('error', () => socket.destroy());
      socket.on('close', () => site.destroy());
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** Forgets what was asked and serves these pages. */
  clear(pages: Readonly<Record<string, string>>): void {
    this.asked.length = 0;
    this.#pages = pages;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = Promise.all([once(this.#proxy, 'close'), once(this.#site, 'close')]);
    this.#proxy.close();
    this.#proxy.closeAllConnections();
    this.#site.close();
    this.#site.closeAllConnections();
    await closed;
  }
}
