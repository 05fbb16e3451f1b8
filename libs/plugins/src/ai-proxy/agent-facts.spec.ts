import { describe, expect, it } from '@jest/globals';
import { agentFacts } from './agent-facts.js';

describe('agentFacts', () => {
  it('reads Claude Code’s headers and user agent', () => {
    expect(
      agentFacts(
        {
          'user-agent': 'claude-cli/2.1.330 (external, cli)',
          'x-claude-code-session-id': 's-1',
          'x-claude-code-agent-id': 'a-1',
          'x-claude-code-parent-agent-id': 'p-1',
          'x-claude-code-request-class': 'subagent',
        },
        'other',
      ),
    ).toEqual({
      session_id: 's-1',
      agent_id: 'a-1',
      parent_agent_id: 'p-1',
      request_class: 'subagent',
      client: 'claude-cli',
      client_version: '2.1.330',
    });
  });

  it('falls back to the session of the body', () => {
    expect(agentFacts({}, 's-2')).toEqual({ session_id: 's-2' });
  });

  it('bounds what a client can write into the log', () => {
    expect(agentFacts({ 'x-claude-code-session-id': 'x'.repeat(5000) }, undefined)?.session_id).toHaveLength(256);
  });

  it('is undefined when nothing is known', () => {
    expect(agentFacts({ 'user-agent': '(nothing)' }, undefined)).toBeUndefined();
  });
});
