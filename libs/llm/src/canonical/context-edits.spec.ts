import { describe, expect, it } from '@jest/globals';
import type { ContextEdit, Message } from './request.js';
import { applyContextEdits, CLEARED_RESULT } from './context-edits.js';

const use = (id: string, name = 'Read') => ({ type: 'tool_use' as const, id, name, input: { path: 'x'.repeat(80) } });
const result = (id: string) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'y'.repeat(400) });
const user = (...content: object[]) => ({ role: 'user', content }) as unknown as Message;
const assistant = (...content: object[]) => ({ role: 'assistant', content }) as unknown as Message;
const thought = { type: 'thinking', thinking: 'z'.repeat(40), signature: 's' };

const history: readonly Message[] = Object.freeze([
  { role: 'user', content: 'q' },
  assistant(thought, use('1')),
  user(result('1')),
  assistant(use('2', 'Keep')),
  user(result('2')),
  assistant(thought, use('3')),
  user(result('3')),
  assistant(use('4')),
  user(result('4')),
] as Message[]);

const edit = (...contextEdits: ContextEdit[]) =>
  applyContextEdits({ messages: history, contextEdits, system: undefined, tools: [] });

const clearing: Extract<ContextEdit, { type: 'clear_tool_uses_20250919' }> = {
  type: 'clear_tool_uses_20250919',
  trigger: { type: 'tool_uses', value: 2 },
  keep: 1,
  clearAtLeast: 0,
  excludeTools: [],
  clearToolInputs: false,
};

const cleared = (messages: readonly Message[]) =>
  messages.flatMap(({ content }) =>
    Array.isArray(content)
      ? content.filter((block) => block.content === CLEARED_RESULT).map((block) => block.tool_use_id)
      : [],
  );

describe('applyContextEdits', () => {
  it('clears the results of old tool uses and keeps the last ones', () => {
    const { messages, applied } = edit(clearing);
    expect(cleared(messages)).toEqual(['1', '2', '3']);
    expect(applied).toEqual([
      { type: 'clear_tool_uses_20250919', cleared_tool_uses: 3, cleared_input_tokens: expect.any(Number) },
    ]);
    expect(applied[0]!.cleared_input_tokens).toBeGreaterThan(250);
    expect(messages[1]).toEqual(history[1]);
    expect(cleared(history)).toEqual([]);
  });

  it('spares the tools that the client excludes', () => {
    expect(cleared(edit({ ...clearing, excludeTools: ['Keep'] }).messages)).toEqual(['1', '3']);
  });

  it('clears inputs where the client wants it', () => {
    const inputs = (clearToolInputs: boolean | string[]) =>
      edit({ ...clearing, clearToolInputs }).messages.flatMap(({ content }) =>
        Array.isArray(content) ? content.filter((block) => block.type === 'tool_use').map((block) => block.input) : [],
      );
    const full = use('').input;
    expect(inputs(false)).toEqual([full, full, full, full]);
    expect(inputs(true)).toEqual([{}, {}, {}, full]);
    expect(inputs(['Keep'])).toEqual([full, {}, full, full]);
  });

  it.each<[string, Partial<typeof clearing>]>([
    ['the number of uses', { trigger: { type: 'tool_uses', value: 4 } }],
    ['the number of tokens', { trigger: { type: 'input_tokens', value: 100_000 } }],
    ['what would be gained', { clearAtLeast: 100_000 }],
    ['what is to be kept', { keep: 4 }],
  ])('does nothing below the threshold: %s', (_, change) => {
    const { messages, applied } = edit({ ...clearing, ...change });
    expect(messages).toBe(history);
    expect(applied).toEqual([]);
  });

  it('is triggered by tokens', () => {
    expect(cleared(edit({ ...clearing, trigger: { type: 'input_tokens', value: 100 } }).messages)).toHaveLength(3);
  });

  it('drops thinking of older turns', () => {
    const left = (keep: number | 'all') => {
      const { messages, applied } = edit({ type: 'clear_thinking_20251015', keep });
      return { turns: messages.map(({ content }) => JSON.stringify(content).includes('"thinking"')), applied };
    };
    expect(left(1).turns.indexOf(true)).toBe(5);
    expect(left(1).applied).toEqual([
      { type: 'clear_thinking_20251015', cleared_thinking_turns: 1, cleared_input_tokens: 10 },
    ]);
    expect(left(0).turns).not.toContain(true);
    expect(left('all').applied).toEqual([]);
    expect(left(2).applied).toEqual([]);
  });

  it('makes several edits in turn and names those that it cannot make', () => {
    const { applied, unsupported } = edit(
      { type: 'clear_thinking_20251015', keep: 0 },
      { type: 'unsupported', name: 'compact_20260112' },
      clearing,
    );
    expect(applied.map(({ type }) => type)).toEqual(['clear_thinking_20251015', 'clear_tool_uses_20250919']);
    expect(unsupported).toEqual(['compact_20260112']);
  });
});
