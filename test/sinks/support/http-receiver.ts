import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SelfSigned } from '../../support/index.js';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Port of the client: tells connections apart. */
  readonly from: number;
}

/** An HTTP server that keeps all requests and answers with the statuses it is given, then with 200. `0`: no answer at all. */
export class HttpReceiver {
  readonly requests: ReceivedRequest[] = [];
  readonly statuses: number[] = [];

  private constructor(
    private readonly server: Server,
    private readonly scheme: string,
  ) {}

  static async start(tls?: SelfSigned): Promise<HttpReceiver> {
    const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }) : createServer();
    const receiver = new HttpReceiver(server, tls ? 'https' : 'http');
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers, socket } = request;
        const body = Buffer.concat(chunks).toString();
        receiver.requests.push({ method, url, headers, body, from: socket.remotePort ?? 0 });
        const status = receiver.statuses.shift() ?? 200;
        if (status !== 0) response.writeHead(status, { 'content-type': 'text/plain' }).end('an answer');
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  /** @param userinfo `user:password@` */
  url(userinfo = ''): string {
    return `${this.scheme}://${userinfo}127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
