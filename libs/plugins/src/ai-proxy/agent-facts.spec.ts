import { describe, expect, it } from '@jest/globals';
import { agentFacts, openAiBodyFacts } from './agent-facts.js';
import { UserHashes } from './user-hashes.js';

const USERS = new UserHashes(Buffer.alloc(32, 7));

describe('agentFacts', () => {
  it('reads Claude Code’s headers and user agent; they come before the body', () => {
    expect(
      agentFacts(
        {
          'user-agent': 'claude-cli/2.1.330 (external, cli)',
          'x-claude-code-session-id': 's-1',
          'x-claude-code-agent-id': 'a-1',
          'x-claude-code-parent-agent-id': 'p-1',
          'x-claude-code-request-class': 'workflow',
        },
        { session: 'other', requestClass: 'main' },
        USERS,
      ),
    ).toEqual({
      session_id: 's-1',
      agent_id: 'a-1',
      parent_agent_id: 'p-1',
      request_class: 'workflow',
      client: 'claude-cli',
      client_version: '2.1.330',
    });
  });

  it('falls back to what the body tells', () => {
    expect(agentFacts({}, { session: 's-2', requestClass: 'main' }, USERS)).toEqual({
      session_id: 's-2',
      request_class: 'main',
    });
    expect(agentFacts({ 'session-id': 'codex-1' }, { session: 'other' }, USERS)).toEqual({ session_id: 'codex-1' });
  });

  it('hashes who it works for: the same person, the same hash; another key, another one', () => {
    const hash = (user: string, users = USERS): string | undefined => agentFacts({}, { user }, users)?.user_hash;
    expect(hash('ada@example.com')).toMatch(/^[0-9a-f]{16}$/);
    expect(hash('ada@example.com')).toBe(hash('ada@example.com'));
    expect(hash('bob@example.com')).not.toBe(hash('ada@example.com'));
    expect(hash('ada@example.com', new UserHashes(Buffer.alloc(32, 8)))).not.toBe(hash('ada@example.com'));
  });

  it('bounds what a client can write into the log', () => {
    expect(agentFacts({ 'x-claude-code-session-id': 'x'.repeat(5000) }, {}, USERS)?.session_id).toHaveLength(256);
    expect(agentFacts({}, { session: 'x'.repeat(5000) }, USERS)?.session_id).toHaveLength(256);
  });

  it('is undefined when nothing is known', () => {
    expect(agentFacts({ 'user-agent': '(nothing)' }, { session: '', user: undefined }, USERS)).toBeUndefined();
  });
});

describe('openAiBodyFacts', () => {
  it('takes the conversation and the user', () => {
    expect(openAiBodyFacts({ prompt_cache_key: 'c', user: 'u' })).toEqual({ session: 'c', user: 'u' });
    expect(openAiBodyFacts({ safety_identifier: 's', user: 'u' })).toEqual({ session: undefined, user: 's' });
    expect(openAiBodyFacts({ prompt_cache_key: 5, user: {} })).toEqual({ session: undefined, user: undefined });
  });
});
