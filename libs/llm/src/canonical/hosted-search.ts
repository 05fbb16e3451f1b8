import type { Block, CanonicalRequest, Message, Tool } from './request.js';
import { toText } from './text.js';

/** A request that wants the provider to search the web. */
export interface HostedSearch {
  readonly tool: Tool;
  /**
   * Nothing but the search is asked for, as in the side request of Claude Code's WebSearch. An upstream without a hosted
   * search can then be spared: the gateway answers that the search is unavailable.
   */
  readonly only: boolean;
  /** `tool_choice` demands the search. */
  readonly forced: boolean;
  /** What is to be searched, as far as the last user message tells it; ordinary text. */
  readonly query: string;
}

/** Claude Code words its side request like this. */
const QUERY_INTRODUCTION = /^\s*Perform a web search for the query:\s*/;

/** Finds a web search that the provider is to run (`web_search_20250305` and later); undefined when none is offered. */
export function hostedSearch(
  request: Pick<CanonicalRequest, 'tools' | 'toolChoice' | 'messages' | 'encoding'>,
): HostedSearch | undefined {
  const { tools, toolChoice: choice } = request;
  const tool = tools.find(({ type }) => type?.startsWith('web_search_'));
  if (!tool) return undefined;
  const only = tools.length === 1;
  return {
    tool,
    only,
    forced: (choice?.type === 'tool' && choice.name === tool.name) || (choice?.type === 'any' && only),
    query: toText(lastUserText(request.messages), request.encoding).replace(QUERY_INTRODUCTION, '').trim(),
  };
}

function lastUserText(messages: readonly Message[]): string {
  const content = messages.findLast((message) => message.role === 'user')?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((block: Block) => (block.type === 'text' ? block.text : '')).join('\n');
}
