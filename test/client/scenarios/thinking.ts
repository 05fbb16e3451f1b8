import { expect } from '@jest/globals';
import { blocksOf } from '../harness/claude.js';
import type { Scenario } from '../harness/scenario.js';
import { call, reasoning, reply, text, textPart } from '../harness/script.js';

const THOUGHT = 'The user wants the sum. First I add, then I check.';

/** How hard the model is to think, and what it shows of it. */
export const thinking: readonly Scenario[] = [
  {
    name: 'the effort of an ordinary prompt',
    model: [text('Fine.')],
    check: ({ main, version }) => {
      // The oldest client asks for no thinking: the model's own default holds.
      expect(main[0]!.reasoning_effort).toBe(version === '2.0.37' ? undefined : 'high');
    },
  },
  {
    name: 'a budget of thinking tokens becomes an effort',
    call: { env: { MAX_THINKING_TOKENS: '8000' } },
    model: [text('Fine.')],
    check: ({ main, version }) => expect(main[0]!.reasoning_effort).toBe(version === '2.0.37' ? 'medium' : 'high'),
  },
  {
    name: 'an effort without thinking',
    versions: ['2.1.112', '2.1.330'],
    call: { env: { MAX_THINKING_TOKENS: '0' } },
    model: [text('Fine.')],
    check: ({ main }) => expect(main[0]!.reasoning_effort).toBe('high'),
  },
  {
    name: 'the word ultrathink',
    prompt: 'Please ultrathink about this.',
    model: [text('Fine.')],
    check: ({ main }) => expect(main[0]!.reasoning_effort).toBe('high'),
  },
  {
    name: 'an effort chosen by flag',
    versions: ['2.1.112', '2.1.330'],
    call: { flags: ['--effort', 'low'] },
    model: [text('Fine.')],
    check: ({ main }) => expect(main[0]!.reasoning_effort).toBe('low'),
  },
  {
    name: 'an effort that the model does not have is lowered',
    versions: ['2.1.112', '2.1.330'],
    call: { flags: ['--effort', 'max'] },
    model: [text('Fine.')],
    check: ({ main }) => expect(main[0]!.reasoning_effort).toBe('high'),
  },
  {
    name: 'visible reasoning is shown and given back',
    route: 'deepseek',
    model: [
      reply([reasoning(THOUGHT), ...call('Bash', { command: 'echo 4', description: 'Adds' }).output]),
      reply([reasoning('Done.'), textPart('4')]),
    ],
    check: ({ run, result, main }) => {
      expect(result.result).toBe('4');
      const thoughts = blocksOf(run).filter(({ type }) => type === 'thinking');
      expect(thoughts.map((block) => block.thinking)).toEqual([THOUGHT, 'Done.']);
      expect(thoughts.every(({ signature }) => signature !== undefined && signature !== '')).toBe(true);
      const said = main[1]!.messages.find(({ role }) => role === 'assistant');
      expect(said?.reasoning_content).toBe(THOUGHT);
    },
  },
  {
    name: 'only reasoning, no answer',
    route: 'deepseek',
    model: [reply([reasoning(THOUGHT)])],
    check: ({ result }) => expect(result.result ?? '').toBe(''),
  },
];
