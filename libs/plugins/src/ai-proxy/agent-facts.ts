import type { AgentFacts, HeaderMap } from '#libs/plugin-api';

const HEADERS: readonly [header: string, field: keyof AgentFacts][] = [
  ['x-claude-code-session-id', 'session_id'],
  ['x-claude-code-agent-id', 'agent_id'],
  ['x-claude-code-parent-agent-id', 'parent_agent_id'],
  ['x-claude-code-request-class', 'request_class'],
];

const LONGEST = 256;

/**
 * Who works, as far as the client tells it: Claude Code's headers first, the session named in `metadata.user_id` next,
 * client and version from the user agent (`claude-cli/2.1.330 (external, cli)`).
 */
export function agentFacts(headers: HeaderMap, sessionId: string | undefined): AgentFacts | undefined {
  const facts: AgentFacts = {};
  for (const [header, field] of HEADERS) {
    const value = headers[header];
    if (typeof value === 'string' && value !== '') facts[field] = value.slice(0, LONGEST);
  }
  if (facts.session_id === undefined && sessionId !== undefined) facts.session_id = sessionId.slice(0, LONGEST);
  const userAgent = headers['user-agent'];
  if (typeof userAgent === 'string') {
    const product = /^([^\s/()]{1,64})(?:\/([^\s()]{1,64}))?/.exec(userAgent);
    if (product?.[1]) facts.client = product[1];
    if (product?.[2]) facts.client_version = product[2];
  }
  for (const _ in facts) return facts;
  return undefined;
}
