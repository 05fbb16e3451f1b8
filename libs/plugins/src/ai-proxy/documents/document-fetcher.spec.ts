import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { selfSigned } from '../../../../../test/support/index.js';
import { DocumentFetcher, DocumentFetchError, type FetchRules } from './document-fetcher.js';

const PDF = Buffer.from('%PDF-1.7\nhello');
const NOBODY = new AbortController().signal;

describe('a document of the public internet', () => {
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let fetcher: DocumentFetcher;
  let requests = 0;
  const url = (path = '/a.pdf'): string => `https://localhost:${(server.address() as AddressInfo).port}${path}`;
  const here = (more: Partial<FetchRules> = {}): FetchRules => ({
    allowsAddress: () => true,
    allowsPort: () => true,
    ...more,
  });

  beforeEach(async () => {
    requests = 0;
    const { certificate, key } = selfSigned();
    server = createServer({ cert: certificate, key }, (request, response) => {
      requests += 1;
      answer(request, response);
    });
    server.on('tlsClientError', () => {});
    server.listen(0);
    await once(server, 'listening');
    fetcher = new DocumentFetcher(here({ ca: certificate }));
    answer = (_, response) => response.end(PDF);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('is fetched, whatever its type says', async () => {
    expect(await fetcher.fetch(url(), 1000, NOBODY)).toEqual({ mediaType: 'application/pdf', body: PDF });
  });

  it('may be a text', async () => {
    answer = (_, response) => response.setHeader('content-type', 'text/plain; charset=utf-8').end('größe');
    expect(await fetcher.fetch(url(), 1000, NOBODY)).toEqual({ mediaType: 'text/plain', body: Buffer.from('größe') });
  });

  it('may not be anything else', async () => {
    answer = (_, response) => response.setHeader('content-type', 'text/html').end('<html>');
    await expect(fetcher.fetch(url(), 1000, NOBODY)).rejects.toThrow('neither a PDF nor plain text');
  });

  it.each([true, false])('may not be larger than the limit, its length told: %s', async (told) => {
    answer = (_, response) => {
      if (!told) response.write(PDF);
      response.end(Buffer.alloc(2000));
    };
    await expect(fetcher.fetch(url(), 1000, NOBODY)).rejects.toThrow('larger than 1000 bytes');
  });

  it('is not where a redirect leads', async () => {
    answer = (request, response) =>
      request.url === '/b.pdf' ? response.end(PDF) : response.writeHead(302, { location: url('/b.pdf') }).end();
    await expect(fetcher.fetch(url(), 1000, NOBODY)).rejects.toThrow('cannot be fetched');
    expect(requests).toBe(1);
  });

  it('comes from a host that proves who it is', async () => {
    await expect(new DocumentFetcher(here()).fetch(url(), 1000, NOBODY)).rejects.toThrow('cannot be fetched');
    expect(requests).toBe(0);
  });

  it('is given up with the reason of the signal', async () => {
    const gone = new AbortController();
    answer = () => gone.abort(new Error('the client left'));
    await expect(fetcher.fetch(url(), 1000, gone.signal)).rejects.toThrow('the client left');
  });

  it('has a connection that breaks', async () => {
    answer = (_, response) => {
      response.write(PDF, () => response.destroy());
    };
    await expect(fetcher.fetch(url(), 1000, NOBODY)).rejects.toThrow(DocumentFetchError);
  });

  it('is asked for only when each address of its name may be asked', async () => {
    const seen: string[] = [];
    const rules = here({
      allowsAddress: (address) => {
        seen.push(address);
        return false;
      },
    });
    await expect(new DocumentFetcher(rules).fetch(url(), 1000, NOBODY)).rejects.toThrow('cannot be fetched');
    expect(seen.length).toBeGreaterThan(0);
    expect(requests).toBe(0);
  });
});

describe('what is no document of the public internet', () => {
  const fetcher = new DocumentFetcher();
  it.each([
    'http://example.com/a.pdf',
    'file:///etc/passwd',
    'ftp://example.com/a.pdf',
    'https://user:pass@example.com/a.pdf',
    'https://example.com:8443/a.pdf',
    'https://127.0.0.1/a.pdf',
    'https://2130706433/a.pdf',
    'https://0x7f.1/a.pdf',
    'https://0177.0.0.1/a.pdf',
    'https://127.1/a.pdf',
    'https://[::1]/a.pdf',
    'https://[::ffff:169.254.169.254]/latest/meta-data',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/a.pdf',
    'https://LOCALHOST./a.pdf',
    'no url',
    '',
  ])('is refused: %s', async (address) => {
    await expect(fetcher.fetch(address, 1000, NOBODY)).rejects.toThrow(DocumentFetchError);
  });
});
