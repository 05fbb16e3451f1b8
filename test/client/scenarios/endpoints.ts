import { expect } from '@jest/globals';
import type { Scenario } from '../harness/scenario.js';
import { call, gate, reply, text, textPart } from '../harness/script.js';

/** What the client asks for besides messages, and what the operator does meanwhile. */
export const endpoints: readonly Scenario[] = [
  {
    name: 'the client counts its context',
    call: { prompt: '/context' },
    model: [text('Never asked.')],
    check: ({ run, client, records, upstream }) => {
      const counts = client.filter(({ url }) => url.includes('/v1/messages/count_tokens'));
      expect(counts.length).toBeGreaterThanOrEqual(8);
      expect(new Set(records.map(({ response }) => response.status))).toEqual(new Set([200]));
      expect(run.stdout).toContain('## Context Usage');
      // When counting fails, older clients count with billed requests of one token.
      expect(upstream.filter(({ max_completion_tokens }) => max_completion_tokens === 1)).toEqual([]);
    },
  },
  {
    name: 'the client asks for the models',
    versions: ['2.1.330'],
    call: { env: { CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1' } },
    model: [text('Discovered.')],
    check: ({ result, client, records }) => {
      expect(result.result).toBe('Discovered.');
      const asked = client.filter(({ url }) => url.includes('/v1/models'));
      expect(asked.length).toBeGreaterThan(0);
      const answers = records.filter(({ request }) => request.uri.includes('/v1/models'));
      expect(answers.map(({ response }) => response.status)).toEqual(asked.map(() => 200));
    },
  },
  {
    name: 'credentials and headers of the client',
    settings: { apiKeyHelper: undefined },
    call: { env: { ANTHROPIC_AUTH_TOKEN: 'token-of-the-user-77', ANTHROPIC_CUSTOM_HEADERS: 'x-team: harbour' } },
    model: [text('Known.')],
    check: ({ result, client, records }) => {
      expect(result.result).toBe('Known.');
      expect(client[0]?.headers['authorization']).toBe('Bearer token-of-the-user-77');
      expect(JSON.stringify(records)).not.toContain('token-of-the-user-77');
      expect(records[0]?.request.headers['x-team']).toBe('harbour');
    },
  },
  reloaded(),
];

function reloaded(): Scenario {
  const middle = gate();
  return {
    name: 'the gateway is reloaded in the middle of an answer',
    model: [
      reply([
        textPart(['Let me', middle, ' see.']),
        ...call('Bash', { command: 'echo on', description: 'Says on' }).output,
      ]),
      text('Done.'),
    ],
    play: async ({ claude, prompt, serveModel }) => {
      const run = claude({ prompt, flags: ['--allowedTools', 'Bash'] });
      await middle.reached;
      await serveModel('gpt-5');
      middle.open();
      await run;
      await serveModel('gpt-5-mini');
    },
    check: ({ result, main }) => {
      expect(result.result).toBe('Done.');
      expect(main.map(({ model }) => model)).toEqual(['gpt-5-mini', 'gpt-5']);
    },
  };
}
