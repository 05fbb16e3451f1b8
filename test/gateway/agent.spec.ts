import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentFacts } from '#libs/plugin-api';
import { post } from '../support/index.js';
import { CLAUDE_CODE, question, Stage } from './stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage.close());

const DEVICE = 'd'.repeat(64);
const ACCOUNT = '11111111-2222-3333-4444-555555555555';
const SESSION = '99999999-8888-7777-6666-555555555555';
/** As Claude Code writes `metadata.user_id` since 2.1, and as it did before. */
const SHAPES = {
  json: JSON.stringify({ device_id: DEVICE, account_uuid: ACCOUNT, session_id: SESSION }),
  underscores: `user_${DEVICE}_account_${ACCOUNT}_session_${SESSION}`,
};

async function agentOf(userId: string, headers: Record<string, string> = {}): Promise<AgentFacts | undefined> {
  const body = question({ metadata: { user_id: userId } });
  const answer = await post(`${stage.gateway.proxy}/anything/v1/messages`, body, { ...CLAUDE_CODE, ...headers });
  return (await stage.recordOf(answer)).agent;
}

describe('who works', () => {
  it.each(Object.entries(SHAPES))('is read from metadata.user_id: %s', async (_, userId) => {
    const agent = await agentOf(userId);
    expect(agent).toMatchObject({ session_id: SESSION, client: 'claude-cli', client_version: '2.0.37' });
    expect(agent?.user_hash).toMatch(/^[0-9a-f]{16}$/);
    expect((await agentOf(userId))?.user_hash).toBe(agent?.user_hash);
  });

  it('is read from headers first', async () => {
    const headers = { 'x-claude-code-session-id': 's-of-the-header', 'x-claude-code-agent-id': 'a-1' };
    expect(await agentOf(SHAPES.json, headers)).toMatchObject({
      session_id: 's-of-the-header',
      agent_id: 'a-1',
      request_class: 'subagent',
    });
  });

  it('never stands in the log by name', async () => {
    await agentOf('ada@example.com');
    await agentOf(SHAPES.json);
    const log = await readFile(stage.place.logPath, 'utf8');
    for (const name of ['ada@example.com', DEVICE, ACCOUNT]) expect(log).not.toContain(name);
  });
});
