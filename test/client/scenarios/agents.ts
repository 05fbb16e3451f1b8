import { expect } from '@jest/globals';
import type { ClientVersion } from '../harness/program.js';
import type { Scenario } from '../harness/scenario.js';
import { call, calls, text, toolResults, userText } from '../harness/script.js';

const LOOK = 'Look for the treasure in the cellar.';
const CLIMB = 'Look for the treasure in the attic.';

/** Sub-agents: conversations of their own that end as the result of a tool. */
export const agents: readonly Scenario[] = [
  {
    name: 'a sub-agent',
    model: (scene) => [agent(scene.version, LOOK), text('The cellar is empty.')],
    others: [{ marker: LOOK, turns: [text('Nothing but spiders.')] }],
    check: ({ result, main, upstream, records, version }) => {
      expect(result.result).toBe('The cellar is empty.');
      expect(toolResults(main[1])[0]).toContain('Nothing but spiders.');
      const inner = upstream.filter((request) => userText(request).includes(LOOK));
      expect(inner).toHaveLength(1);
      // 2.0.37 asks for claude-sonnet here.
      expect(inner[0]!.model).toBe('gpt-5-mini');
      if (version === '2.1.330') expect(records.some(({ agent }) => agent?.agent_id !== undefined)).toBe(true);
    },
  },
  {
    name: 'a sub-agent that uses tools',
    files: { 'cellar.txt': 'a chest' },
    model: (scene) => [agent(scene.version, LOOK), text('A chest.')],
    others: [
      {
        marker: LOOK,
        turns: [call('Bash', { command: 'cat cellar.txt', description: 'Looks' }), text('There is a chest.')],
      },
    ],
    check: ({ result, main, upstream }) => {
      expect(result.result).toBe('A chest.');
      expect(toolResults(main[1])[0]).toContain('There is a chest.');
      const inner = upstream.filter((request) => userText(request).includes(LOOK));
      expect(toolResults(inner[1])).toEqual([expect.stringContaining('a chest')]);
    },
  },
  {
    name: 'two sub-agents at once',
    model: (scene) => [
      calls([agentCall(scene.version, LOOK), agentCall(scene.version, CLIMB)]),
      text('Neither here nor there.'),
    ],
    others: [
      { marker: LOOK, turns: [text('Spiders in the cellar.')] },
      { marker: CLIMB, turns: [text('Bats in the attic.')] },
    ],
    check: ({ result, main }) => {
      expect(result.result).toBe('Neither here nor there.');
      const results = toolResults(main[1]);
      expect(results[0]).toContain('Spiders in the cellar.');
      expect(results[1]).toContain('Bats in the attic.');
    },
  },
];

function agentCall(version: ClientVersion, prompt: string): [name: string, args: object] {
  return [
    version === '2.0.37' ? 'Task' : 'Agent',
    {
      description: 'Look around',
      prompt,
      subagent_type: 'general-purpose',
      ...(version === '2.1.330' && { run_in_background: false }),
    },
  ];
}

function agent(version: ClientVersion, prompt: string) {
  return calls([agentCall(version, prompt)]);
}
