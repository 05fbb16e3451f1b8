import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from './environment.js';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Paths that the status port serves; the admin port serves everything. */
const STATUS_PATHS = /^\/(?:metrics|status(?:\/live|\/ready)?)\/?(?:\?|$)/;

/** The ports beside the traffic: one application behind both, the status port shows a part of it. */
export class SideServers {
  private readonly servers: Server[] = [];

  constructor(private readonly handle: RequestHandler) {}

  /** Serves everything; resolves with the base URL. */
  admin(address: ListenAddress): Promise<string> {
    return this.listen(address, this.handle);
  }

  /** Serves health and metrics only; resolves with the base URL. */
  status(address: ListenAddress): Promise<string> {
    return this.listen(address, (request, response) => {
      if (STATUS_PATHS.test(request.url ?? '')) this.handle(request, response);
      else response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not found"}');
    });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.servers.map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }

  private listen(address: ListenAddress, handle: RequestHandler): Promise<string> {
    const server = createServer(handle);
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, () => {
        server.off('error', reject);
        resolve(baseUrl({ host: address.host, port: (server.address() as AddressInfo).port }));
      });
    });
  }
}

export function baseUrl({ host, port }: ListenAddress): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
