import type { AgentFacts, HeaderMap } from '#libs/plugin-api';
import type { UserHashes } from './user-hashes.js';

/** Headers that tell a fact; of several for one fact the first that is there counts. */
const HEADERS: readonly [header: string, field: keyof AgentFacts][] = [
  ['x-claude-code-session-id', 'session_id'],
  // Codex.
  ['session-id', 'session_id'],
  ['session_id', 'session_id'],
  ['x-claude-code-agent-id', 'agent_id'],
  ['x-claude-code-parent-agent-id', 'parent_agent_id'],
  ['x-claude-code-request-class', 'request_class'],
];

const LONGEST = 256;

/** What the body of a request tells beside. */
export interface BodyFacts {
  readonly session?: string | undefined;
  /** What the client calls the person or the account that it works for. */
  readonly user?: string | undefined;
  /** What the request is for, judging by what is in it. */
  readonly requestClass?: string | undefined;
}

/**
 * Who works, as far as the client tells it: headers first, then the body; client and version from the user agent
 * (`claude-cli/2.1.330 (external, cli)`). Ids of persons and accounts are hashed.
 */
export function agentFacts(headers: HeaderMap, body: BodyFacts, users: UserHashes): AgentFacts | undefined {
  const facts: AgentFacts = {};
  for (const [header, field] of HEADERS) {
    const value = headers[header];
    if (typeof value === 'string') note(facts, field, value);
  }
  note(facts, 'session_id', body.session);
  note(facts, 'request_class', body.requestClass);
  if (body.user) facts.user_hash = users.of(body.user);
  noteClient(facts, headers['user-agent']);
  for (const _ in facts) return facts;
  return undefined;
}

/** The first one that tells a fact counts. */
function note(facts: AgentFacts, field: keyof AgentFacts, value: string | undefined): void {
  if (value !== undefined && value !== '' && facts[field] === undefined) facts[field] = value.slice(0, LONGEST);
}

function noteClient(facts: AgentFacts, userAgent: HeaderMap[string]): void {
  if (typeof userAgent !== 'string') return;
  const product = /^([^\s/()]{1,64})(?:\/([^\s()]{1,64}))?/.exec(userAgent);
  if (product?.[1]) facts.client = product[1];
  if (product?.[2]) facts.client_version = product[2];
}

/** What a request of OpenAI's API tells: the field that keeps a conversation on one cache, and who its user is. */
export function openAiBodyFacts(fields: Readonly<Record<string, unknown>>): BodyFacts {
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  return { session: text('prompt_cache_key'), user: text('safety_identifier') ?? text('user') };
}
