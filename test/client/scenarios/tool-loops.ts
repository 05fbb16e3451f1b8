import { expect } from '@jest/globals';
import { blocksOf } from '../harness/claude.js';
import type { Scenario } from '../harness/scenario.js';
import { call, calls, interleavedCalls, text, textOf, toolResults, type ChatMessage } from '../harness/script.js';

const STEPS = 10;

/** Several calls: in one turn, in many turns, in odd chunks. */
export const toolLoops: readonly Scenario[] = [
  {
    name: 'three calls in one turn',
    model: ({ path }) => [
      calls([
        ['Write', { file_path: path('a.txt'), content: 'a' }],
        ['Write', { file_path: path('b.txt'), content: 'b' }],
        ['Bash', { command: 'echo c', description: 'Says c' }],
      ]),
      text('All three.'),
    ],
    check: ({ result, workspace, main }) => {
      expect([workspace.read('a.txt'), workspace.read('b.txt')]).toEqual(['a', 'b']);
      expect(result.result).toBe('All three.');
      expect(resultsFollowCalls(main[1]!.messages)).toBe(true);
      expect(toolResults(main[1])).toHaveLength(3);
    },
  },
  {
    name: 'results that come in another order than the calls',
    model: [
      calls([
        ['Bash', { command: 'sleep 0.4; echo slow', description: 'Slow' }],
        ['Read', { file_path: '/nonexistent/file' }],
        ['Bash', { command: 'echo quick', description: 'Quick' }],
      ]),
      text('In order.'),
    ],
    check: ({ main }) => {
      expect(resultsFollowCalls(main[1]!.messages)).toBe(true);
      expect(toolResults(main[1])[0]).toContain('slow');
    },
  },
  {
    name: 'calls whose chunks are mixed',
    model: ({ path }) => [
      interleavedCalls([
        ['Write', { file_path: path('first.txt'), content: 'the first file' }],
        ['Write', { file_path: path('second.txt'), content: 'the second, longer file' }],
      ]),
      text('Both.'),
    ],
    check: ({ workspace }) => {
      expect(workspace.read('first.txt')).toBe('the first file');
      expect(workspace.read('second.txt')).toBe('the second, longer file');
    },
  },
  {
    name: 'text before a call',
    model: [call('Bash', { command: 'echo yes', description: 'Says yes' }, { say: 'Let me look.' }), text('Yes.')],
    check: ({ result, main, run }) => {
      expect(result.result).toBe('Yes.');
      const assistant = main[1]!.messages.find(({ role }) => role === 'assistant');
      expect(textOf(assistant)).toContain('Let me look.');
      expect(assistant?.tool_calls).toHaveLength(1);
      expect(blocksOf(run).map(({ type }) => type)).toEqual(['text', 'tool_use', 'text']);
    },
  },
  {
    name: 'a call stopped with the reason "stop"',
    model: [call('Bash', { command: 'echo on', description: 'Says on' }, { finish: 'stop' }), text('Went on.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('Went on.');
      expect(toolResults(main[1])[0]).toContain('on');
    },
  },
  {
    name: 'arguments full of escapes',
    model: ({ path }) => [call('Write', { file_path: path('ünï😀.txt'), content: '"\\\n\t😀' }), text('Written.')],
    check: ({ workspace }) => expect(workspace.read('ünï😀.txt')).toBe('"\\\n\t😀'),
  },
  {
    name: 'a call cut by the limit of tokens is not run',
    exitCode: { '2.0.37': 1 },
    model: ({ path }) => [
      [
        call('Write', `{"file_path": "${path('half.txt')}", "content": "ha`, { finish: 'length' }),
        text('I was cut off.'),
      ],
    ],
    check: ({ result, workspace, version, main }) => {
      expect(workspace.read('half.txt')).toBeUndefined();
      // The oldest client gives up, newer ones leave the half call out and ask the model to go on.
      expect(main).toHaveLength(version === '2.0.37' ? 1 : 2);
      expect(result.result).toMatch(version === '2.0.37' ? /output token maximum/ : /^I was cut off\.$/);
    },
  },
  {
    name: 'a loop of ten turns',
    model: () => [
      ...Array.from({ length: STEPS }, (_, step) =>
        call('Bash', { command: `echo step ${step} >> steps.txt; wc -l < steps.txt`, description: 'Steps' }),
      ),
      text('Ten steps.'),
    ],
    check: ({ result, workspace, main }) => {
      expect(workspace.read('steps.txt')?.split('\n')).toHaveLength(STEPS + 1);
      expect(result.result).toBe('Ten steps.');
      expect(main).toHaveLength(STEPS + 1);
      expect(toolResults(main.at(-1))).toHaveLength(STEPS);
      // What was said stays said in the same words, or the upstream's prompt cache would be lost.
      for (const [index, request] of main.slice(0, -1).entries()) {
        const unchanged = request.messages.slice(0, -1);
        expect(main[index + 1]!.messages.slice(0, unchanged.length)).toEqual(unchanged);
      }
    },
  },
];

/** True when the tool messages after the last calls answer them one by one, in the order of the calls. */
function resultsFollowCalls(messages: readonly ChatMessage[]): boolean {
  const at = messages.findLastIndex(({ tool_calls }) => tool_calls !== undefined);
  const wanted = messages[at]?.tool_calls?.map(({ id }) => id) ?? [];
  const found = messages.slice(at + 1, at + 1 + wanted.length).map(({ tool_call_id }) => tool_call_id);
  return wanted.length > 0 && JSON.stringify(wanted) === JSON.stringify(found);
}
