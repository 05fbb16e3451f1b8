import type { CanonicalRequest } from '#libs/llm';
import type { HeaderMap } from '#libs/plugin-api';

/** Chars of a text in which an instruction gives itself away. */
const BEGINNING = 2000;

const COMPACTION = 'Your task is to create a detailed summary of the ';
const TITLE = /\bisNewTopic\b|sentence-case title/;
const SUBAGENT = /\bYou are an? (?:agent|[\w ]{1,60}specialist) for Claude Code\b/;

type Judged = Pick<CanonicalRequest, 'system' | 'messages' | 'tools' | 'maxTokens'>;

/**
 * What a request of Claude Code is for, where the client does not say so (it does since 2.1.273, and only when it is asked to).
 * By what it has and what its prompts begin with; docs/log-record.md has the list. Other clients are not judged.
 */
export function requestClass(headers: HeaderMap, request: Judged): string | undefined {
  const userAgent = headers['user-agent'];
  if (typeof userAgent !== 'string' || !userAgent.startsWith('claude-cli/')) return undefined;
  const [tool] = request.tools;
  if (request.tools.length === 1 && tool?.type?.startsWith('web_search_') === true) return 'web_search';
  const asked = lastText(request);
  if (asked === 'Warmup') return 'warmup';
  if (asked === 'quota' && request.maxTokens === 1) return 'quota';
  if (asked.includes(COMPACTION)) return 'compaction';
  if (headers['x-claude-code-agent-id'] !== undefined) return 'subagent';
  const hasTools = request.tools.length > 0;
  if (hasTools) return anySystemText(request, SUBAGENT) ? 'subagent' : 'main';
  return anySystemText(request, TITLE) ? 'title' : 'auxiliary';
}

/** The beginning of what the user said last. */
function lastText({ messages }: Judged): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const block = typeof content === 'string' ? undefined : content.findLast(({ type }) => type === 'text');
  const text = typeof content === 'string' ? content : block?.type === 'text' ? block.text : '';
  return text.slice(0, BEGINNING);
}

function anySystemText({ system = '' }: Judged, pattern: RegExp): boolean {
  const texts = typeof system === 'string' ? [system] : system.map(({ text }) => text);
  return texts.some((text) => pattern.test(text.slice(0, BEGINNING)));
}
