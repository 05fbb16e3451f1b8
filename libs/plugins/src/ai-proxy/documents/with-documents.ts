import type { CanonicalRequest } from '#libs/llm';
import { ClientGoneError, type Exchange } from '#libs/plugin-api';
import { DocumentFetcher } from './document-fetcher.js';
import { inlineDocuments } from './inline-documents.js';

const fetcher = new DocumentFetcher();

/** The request of this exchange with the documents that it names by URL; given up when the client leaves. */
export async function withDocuments(exchange: Exchange, request: CanonicalRequest): Promise<CanonicalRequest> {
  const gone = new AbortController();
  const unwatch = exchange.onClientGone(() => gone.abort(new ClientGoneError()));
  try {
    return await inlineDocuments(request, (url, limit) => fetcher.fetch(url, limit, gone.signal));
  } finally {
    unwatch();
  }
}
