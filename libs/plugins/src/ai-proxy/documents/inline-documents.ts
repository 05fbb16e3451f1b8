import { invalidRequest, toEncoding, toText, type Block, type CanonicalRequest, type DocumentBlock } from '#libs/llm';
import { DocumentFetchError, type FetchedDocument } from './document-fetcher.js';

/** Documents of one request, and bytes of all of them together. */
const MOST_DOCUMENTS = 10;
const LARGEST_TOTAL = 32 * 1024 * 1024;

type Fetch = (address: string, limit: number) => Promise<FetchedDocument>;

/**
 * The request with the documents that it names by their address in place of the addresses, because Chat Completions takes them
 * in no other way. The same object when there are none. Documents of an address that stands more than once are fetched once.
 *
 * @throws LlmError 400 that names the block, in words on which Claude Code leaves the document out
 */
export async function inlineDocuments(request: CanonicalRequest, fetch: Fetch): Promise<CanonicalRequest> {
  const found = new Map<string, string>();
  for (const [at, { content }] of request.messages.entries()) collect(content, `messages.${at}.content`, found);
  if (found.size === 0) return request;
  if (found.size > MOST_DOCUMENTS)
    throw invalidRequest(`Could not process PDF: more than ${MOST_DOCUMENTS} documents by URL`);
  const fetched = new Map<string, FetchedDocument>();
  let left = LARGEST_TOTAL;
  for (const [url, path] of found) {
    const document = await fetch(toText(url, request.encoding), left).catch((error: unknown) => {
      if (!(error instanceof DocumentFetchError)) throw error;
      throw invalidRequest(`${path}.document.source.url: Could not process PDF: ${error.message}`);
    });
    left -= document.body.length;
    fetched.set(url, document);
  }
  const inlined = (block: Block): Block => {
    if (isRemote(block)) return { ...block, source: sourceOf(fetched.get(block.source.url)!, request) };
    return block.type === 'tool_result' && Array.isArray(block.content)
      ? { ...block, content: (block.content as readonly Block[]).map(inlined) }
      : block;
  };
  const messages = request.messages.map((message) =>
    Array.isArray(message.content)
      ? { ...message, content: (message.content as readonly Block[]).map(inlined) }
      : message,
  );
  return { ...request, messages };
}

type RemoteDocument = DocumentBlock & { readonly source: { readonly type: 'url'; readonly url: string } };

function isRemote(block: Block): block is RemoteDocument {
  return block.type === 'document' && block.source.type === 'url';
}

/** Address → the place where it stands first. */
function collect(
  content: string | readonly Block[] | null | undefined,
  path: string,
  found: Map<string, string>,
): void {
  if (!Array.isArray(content)) return;
  for (const [at, block] of (content as readonly Block[]).entries()) {
    if (isRemote(block) && !found.has(block.source.url)) found.set(block.source.url, `${path}.${at}`);
    if (block.type === 'tool_result') collect(block.content, `${path}.${at}.content`, found);
  }
}

function sourceOf({ mediaType, body }: FetchedDocument, { encoding }: CanonicalRequest): DocumentBlock['source'] {
  return mediaType === 'text/plain'
    ? { type: 'text', media_type: mediaType, data: toEncoding(body.toString('utf8'), encoding) }
    : { type: 'base64', media_type: mediaType, data: body.toString('base64') };
}
