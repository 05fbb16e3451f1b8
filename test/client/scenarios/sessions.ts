import { expect } from '@jest/globals';
import type { Scenario } from '../harness/scenario.js';
import { call, failure, text, textOf, userText, type Conversation, type ReplyScript } from '../harness/script.js';

const OVERFLOW = failure(400, {
  message:
    "This model's maximum context length is 400000 tokens. However, your messages resulted in 412345 tokens. Please reduce the length of the messages.",
  param: 'messages',
  code: 'context_length_exceeded',
});
const SUMMARY = '<analysis>Short.</analysis>\n<summary>The user asked about the treasure.</summary>';

/** Conversations over several runs, and conversations that grow too long. */
export const sessions: readonly Scenario[] = [
  {
    name: 'a session is resumed by its id',
    model: [text('The treasure is in the cellar.'), text('In the cellar, as I said.')],
    play: async ({ claude, prompt }) => {
      const first = await claude({ prompt });
      await claude({ prompt: 'Where was it?', flags: ['--resume', first.result?.session_id ?? ''] });
    },
    check: ({ result, main }) => {
      expect(result.result).toBe('In the cellar, as I said.');
      const [first, second] = main;
      const said = second!.messages.filter(({ role }) => role === 'assistant').map(textOf);
      expect(said).toEqual(['The treasure is in the cellar.']);
      expect(textOf(second!.messages.at(-1)) + userText(second!)).toContain('Where was it?');
      expect(first!.messages.length).toBeLessThan(second!.messages.length);
    },
  },
  {
    name: 'the last session is continued, tools and all',
    model: [call('Bash', { command: 'echo chest', description: 'Looks' }), text('A chest.'), text('Still a chest.')],
    play: async ({ claude, prompt }) => {
      await claude({ prompt, flags: ['--allowedTools', 'Bash'] });
      await claude({ prompt: 'And now?', flags: ['--continue'] });
    },
    check: ({ result, main }) => {
      expect(result.result).toBe('Still a chest.');
      const roles = main[2]!.messages.map(({ role }) => role).filter((role) => role !== 'developer');
      expect(roles.filter((role) => role !== 'user')).toEqual(['assistant', 'tool', 'assistant']);
    },
  },
  {
    name: 'the user has the conversation compacted',
    prompt: 'Tell me about the treasure.',
    model: [text('The treasure is in the cellar.'), text('Nothing to sum up.')],
    others: compaction(text('In the cellar.')),
    play: async ({ claude, prompt }) => {
      const { result } = await claude({ prompt });
      const compaction = await claude({ prompt: '/compact', flags: ['--resume', result?.session_id ?? ''] });
      await claude({ prompt: 'Where was it?', flags: ['--resume', compaction.result?.session_id ?? ''] });
    },
    check: ({ result, upstream }) => {
      expect(result.result).toBe('In the cellar.');
      expect(userText(upstream.at(-1)!)).toContain('The user asked about the treasure.');
    },
  },
  {
    name: 'a conversation too long for the model',
    call: { flags: ['--allowedTools', 'Bash'] },
    model: [
      call('Bash', { command: 'echo treasure', description: 'Looks' }),
      call('Bash', { command: 'echo more', description: 'Looks on' }),
      OVERFLOW,
    ],
    others: compaction(text('Compacted.')),
    exitCode: { '2.0.37': 1, '2.1.112': 1 },
    outcomes: ['upstream_failed'],
    check: ({ result, run, version, transcript }) => {
      expect(transcript).toContain('prompt is too long: 412345 tokens > 400000 maximum');
      // Only the newest client makes room by itself here.
      if (version === '2.1.330') expect(result.result).toBe('Compacted.');
      else expect(`${result.result}`).toMatch(/prompt is too long/i);
      expect(run.timedOut).toBe(false);
    },
  },
  {
    name: 'a context that the usage shows to be almost full',
    call: ({ prompt, version }) => ({
      prompt,
      flags: ['--allowedTools', 'Bash'],
      env: version === '2.1.330' ? { CLAUDE_CODE_MAX_CONTEXT_TOKENS: '200000' } : {},
    }),
    model: [
      call(
        'Bash',
        { command: 'echo treasure', description: 'Looks' },
        { usage: { prompt: 190_000, completion: 20, cached: 100_000 } },
      ),
      text('Not compacted.'),
    ],
    others: compaction(text('Compacted.')),
    check: ({ result, run }) => {
      expect(result.result).toBe('Compacted.');
      expect(run.events.some(({ subtype }) => subtype === 'compact_boundary')).toBe(true);
    },
  },
  {
    name: 'an answer in the shape of a JSON schema',
    versions: ['2.1.112', '2.1.330'],
    call: ({ prompt }) => ({
      prompt,
      flags: [
        '--json-schema',
        JSON.stringify({ type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] }),
      ],
    }),
    model: [call('StructuredOutput', { sum: 42 }), text('Done.')],
    check: ({ result }) => expect(result.structured_output).toEqual({ sum: 42 }),
  },
  {
    name: 'a command of the project',
    files: { '.claude/commands/tide.md': 'Tell the tide of $ARGUMENTS on Friday.' },
    prompt: 'Tell the tide of Brest on Friday.',
    call: { prompt: '/tide Brest' },
    model: [text('High at noon.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('High at noon.');
      expect(main).toHaveLength(1);
    },
  },
];

/** The client's wish for a summary, and what the model says once the summary stands for the conversation. */
function compaction(afterwards: ReplyScript): Conversation[] {
  return [
    { marker: 'create a detailed summary of', turns: [text(SUMMARY)] },
    { marker: 'This session is being continued', turns: [afterwards] },
  ];
}
