import { toText, type CanonicalBlock, type CanonicalRequest } from '#libs/llm';

/**
 * Claude Code searches by a request of its own whose only tool is Anthropic’s hosted search. Chat Completions has no such
 * tool, and a model without it would make its results up.
 *
 * @returns what is searched for when the request is such a one.
 */
export function lonelyWebSearch(request: CanonicalRequest): string | undefined {
  const [tool] = request.tools;
  if (request.tools.length !== 1 || tool?.type?.startsWith('web_search_') !== true) return undefined;
  const last = request.messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const block = typeof last === 'string' ? undefined : last.findLast(({ type }) => type === 'text');
  const text = typeof last === 'string' ? last : block?.type === 'text' ? block.text : '';
  const asked = toText(text, request.encoding);
  return /search for the query:\s*(.+)$/is.exec(asked)?.[1]?.trim() ?? asked.slice(0, 256);
}

/** Says in Anthropic’s own blocks that there is no search, so that the client goes on without. */
export function unavailableWebSearch(query: string): CanonicalBlock[] {
  const id = 'search';
  return [
    { type: 'web_search_call', id, query },
    { type: 'web_search_result', callId: id, outcome: { error: 'unavailable' } },
    {
      type: 'text',
      text: 'Web search is not available with this model: its API has no search tool. Answer from what is known, or fetch a page whose address is known.',
      citations: [],
      refusal: false,
    },
  ];
}
