import type { Citation, WebSearchCallBlock, WebSearchResultBlock } from '../canonical/message.js';
import { toJsonText, type JsonText } from '../canonical/text.js';

/** Anthropic's own citations quote at most this much; in UTF-16 units. */
const CITED_TEXT_LIMIT = 150;

/** A JSON string literal in bytes, one char each. */
export function quote(text: string): string {
  return `"${toJsonText(text)}"`;
}

/** Ordinary text as bytes, one char each. */
export function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/*
 * JSON of whole content blocks, one char per UTF-8 byte. Deltas and arguments are spliced in as they are; the arguments of
 * a call must be valid JSON.
 */

export function textBlock(text: JsonText, citations: readonly string[]): string {
  return `{"type":"text","text":"${text}","citations":${citations.length === 0 ? 'null' : `[${citations.join(',')}]`}}`;
}

export function thinkingBlock(thinking: JsonText, signature: string): string {
  return `{"type":"thinking","thinking":"${thinking}","signature":${quote(signature)}}`;
}

/** @param input JSON in ordinary text. */
export function toolUseBlock(id: string, name: string, input: string): string {
  return `{"type":"tool_use","id":${quote(id)},"name":${quote(name)},"input":${bytes(input)},"caller":{"type":"direct"}}`;
}

/** @param input JSON in ordinary text. */
export function serverToolUseBlock({ id }: WebSearchCallBlock, input: string): string {
  return `{"type":"server_tool_use","id":${quote(serverToolUseId(id))},"name":"web_search","input":${bytes(input)},"caller":{"type":"direct"}}`;
}

export function webSearchResultBlock({ callId, outcome }: WebSearchResultBlock): string {
  const content = Array.isArray(outcome)
    ? `[${outcome.map(webSearchResult).join(',')}]`
    : `{"type":"web_search_tool_result_error","error_code":${quote((outcome as { error: string }).error)}}`;
  return `{"type":"web_search_tool_result","tool_use_id":${quote(serverToolUseId(callId))},"content":${content},"caller":{"type":"direct"}}`;
}

/** Anthropic's ids of hosted calls begin alike; what follows is the upstream's own, so that call and result agree. */
function serverToolUseId(id: string): string {
  return id.startsWith('srvtoolu_') ? id : `srvtoolu_${id.replace(/[^A-Za-z0-9_]/g, '_')}`;
}

function webSearchResult({ url, title }: { url: string; title: string | undefined }): string {
  return (
    `{"type":"web_search_result","url":${quote(url)},"title":${quote(title ?? hostOf(url))},"page_age":null,` +
    `"encrypted_content":${quote(opaque(url))}}`
  );
}

/** @param text of the block the citation belongs to. */
export function citationOf({ url, title, start, end }: Citation, text: string): string {
  const cited = text.slice(start, Math.min(end, start + CITED_TEXT_LIMIT));
  return (
    `{"type":"web_search_result_location","url":${quote(url)},"title":${title === undefined ? 'null' : quote(title)},` +
    `"cited_text":${quote(cited)},"encrypted_index":${quote(opaque(url))}}`
  );
}

/** Anthropic's encrypted references are opaque to clients, but must not be empty. */
function opaque(url: string): string {
  return Buffer.from(url).toString('base64url');
}

function hostOf(url: string): string {
  return /^[a-z][\w+.-]*:\/\/([^/?#]+)/i.exec(url)?.[1] ?? url;
}
