import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

export interface FetchedDocument {
  readonly mediaType: 'application/pdf' | 'text/plain';
  readonly body: Buffer;
}

/** Where documents may come from. Tests have a rule of their own. */
export interface FetchRules {
  allowsAddress(address: string): boolean;
  allowsPort(port: number): boolean;
  /** More certificates to trust, PEM. */
  readonly ca?: string;
}

const PUBLIC_INTERNET: FetchRules = { allowsAddress: isPublicAddress, allowsPort: (port) => port === 443 };

/** The document cannot be had. The message is for the client, and the same for whatever lies behind the address. */
export class DocumentFetchError extends Error {}

/** Milliseconds for one document, from the look-up of its host to its last byte. */
const TIMEOUT = 20_000;

/**
 * Fetches documents that a client names by their address. A client must not reach through the gateway what it could not reach
 * itself: only HTTPS on its own port, only hosts all of whose addresses are public, connected to at the very address that was
 * checked, and no redirect is followed.
 */
export class DocumentFetcher {
  constructor(private readonly rules: FetchRules = PUBLIC_INTERNET) {}

  /**
   * @param limit bytes. @throws DocumentFetchError, or the reason of the signal
   */
  async fetch(address: string, limit: number, signal: AbortSignal): Promise<FetchedDocument> {
    const url = this.checked(address);
    const { ca } = this.rules;
    return new Promise((resolve, reject) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
      const headers = {
        accept: 'application/pdf, text/plain',
        'accept-encoding': 'identity',
        'user-agent': 'tidegate',
      };
      const options = { agent: false, headers, lookup: this.lookup, signal: deadline, ...(ca !== undefined && { ca }) };
      const request = get(url, options, (response) => {
        read(response, limit).then(resolve, (error: unknown) => {
          request.destroy();
          reject(error instanceof DocumentFetchError ? error : unreachable(error));
        });
      });
      request.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : unreachable(error)));
    });
  }

  private checked(address: string): URL {
    if (!URL.canParse(address)) throw new DocumentFetchError('the address is no URL');
    const url = new URL(address);
    if (url.protocol !== 'https:') throw new DocumentFetchError('only HTTPS URLs are supported');
    if (url.username !== '' || url.password !== '') throw new DocumentFetchError('the URL must not carry a user');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const isForeign = isIP(host) === 0 || this.rules.allowsAddress(host);
    if (!isForeign || !this.rules.allowsPort(Number(url.port || 443))) throw unreachable();
    return url;
  }

  /** A name that leads to a private address, be it one of several, leads nowhere. */
  private readonly lookup: LookupFunction = (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const first = addresses?.[0];
      if (error || !first) callback(error ?? new Error('no address'), []);
      else if (!addresses.every(({ address }) => this.rules.allowsAddress(address))) callback(new Error('private'), []);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** One sentence for every reason, so that nobody can look around in the gateway's network by asking for documents. */
function unreachable(cause?: unknown): DocumentFetchError {
  return new DocumentFetchError('the document cannot be fetched from this URL', { cause });
}

async function read(response: IncomingMessage, limit: number): Promise<FetchedDocument> {
  if (response.statusCode !== 200) throw unreachable();
  const tooLarge = new DocumentFetchError(`the document is larger than ${limit} bytes`);
  if (Number(response.headers['content-length'] ?? 0) > limit) throw tooLarge;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (body.subarray(0, 1024).includes('%PDF-')) return { mediaType: 'application/pdf', body };
  if (/^text\/(?:plain|markdown|csv)\b/i.test(response.headers['content-type'] ?? ''))
    return { mediaType: 'text/plain', body };
  throw new DocumentFetchError('it is neither a PDF nor plain text');
}
