import { contentEstimate, estimateInputTokens, textEstimate } from '../token-estimate.js';
import type { Block, CanonicalRequest, ContextEdit, Message, ToolResultBlock, ToolUseBlock } from './request.js';

/** What became of an edit, as `context_management.applied_edits` of the answer reports it. */
export type AppliedEdit =
  | {
      readonly type: 'clear_tool_uses_20250919';
      readonly cleared_tool_uses: number;
      readonly cleared_input_tokens: number;
    }
  | {
      readonly type: 'clear_thinking_20251015';
      readonly cleared_thinking_turns: number;
      readonly cleared_input_tokens: number;
    };

export interface EditedHistory {
  readonly messages: readonly Message[];
  /** Edits that changed something, in the order asked for. */
  readonly applied: readonly AppliedEdit[];
  /** Types of edits that the gateway cannot make. */
  readonly unsupported: readonly string[];
}

/** Stands where a tool result was cleared. */
export const CLEARED_RESULT = '[Old tool result cleared]';

type ClearToolUses = Extract<ContextEdit, { type: 'clear_tool_uses_20250919' }>;

/**
 * Makes the edits of `context_management` that Anthropic makes on its servers (docs, "Context editing"). Token numbers are
 * estimates. The given messages are not changed.
 */
export function applyContextEdits(
  request: Pick<CanonicalRequest, 'messages' | 'contextEdits' | 'system' | 'tools'>,
): EditedHistory {
  let { messages } = request;
  const applied: AppliedEdit[] = [];
  const unsupported: string[] = [];
  for (const edit of request.contextEdits ?? []) {
    if (edit.type === 'unsupported') {
      unsupported.push(edit.name);
      continue;
    }
    const result =
      edit.type === 'clear_thinking_20251015'
        ? clearThinking(messages, edit.keep)
        : clearToolUses({ ...request, messages }, edit);
    if (!result) continue;
    messages = result.messages;
    applied.push(result.applied);
  }
  return { messages, applied, unsupported };
}

interface EditResult {
  readonly messages: readonly Message[];
  readonly applied: AppliedEdit;
}

function clearThinking(messages: readonly Message[], keep: number | 'all'): EditResult | undefined {
  if (keep === 'all') return undefined;
  const turns = messages.filter((message) => message.role === 'assistant' && blocksOf(message).some(isThinking));
  const old = new Set(turns.slice(0, Math.max(0, turns.length - keep)));
  if (old.size === 0) return undefined;
  let tokens = 0;
  const edited = messages.map((message) => {
    if (!old.has(message)) return message;
    for (const block of blocksOf(message)) if (block.type === 'thinking') tokens += textEstimate(block.thinking);
    return { ...message, content: blocksOf(message).filter((block) => !isThinking(block)) };
  });
  return {
    messages: edited,
    applied: {
      type: 'clear_thinking_20251015',
      cleared_thinking_turns: old.size,
      cleared_input_tokens: Math.ceil(tokens),
    },
  };
}

function clearToolUses(
  request: Pick<CanonicalRequest, 'messages' | 'system' | 'tools'>,
  edit: ClearToolUses,
): EditResult | undefined {
  const { messages } = request;
  const excluded = new Set(edit.excludeTools);
  const uses = messages
    .flatMap((message) => (message.role === 'assistant' ? blocksOf(message) : []))
    .filter((block): block is ToolUseBlock => block.type === 'tool_use' && !excluded.has(block.name));
  const size = edit.trigger.type === 'tool_uses' ? uses.length : estimateInputTokens(request);
  if (size <= edit.trigger.value) return undefined;

  const old = new Set(uses.slice(0, Math.max(0, uses.length - edit.keep)).map((use) => use.id));
  const clearsInputOf = inputFilter(edit.clearToolInputs);

  let cleared = 0;
  let tokens = 0;
  const edited = mapBlocks(messages, (block) => {
    if (block.type === 'tool_result' && old.has(block.tool_use_id) && block.content !== CLEARED_RESULT) {
      cleared++;
      tokens += Math.max(0, contentEstimate(block.content) - textEstimate(CLEARED_RESULT));
      return { ...block, content: CLEARED_RESULT } satisfies ToolResultBlock;
    }
    if (block.type === 'tool_use' && old.has(block.id) && clearsInputOf(block)) {
      tokens += contentEstimate([block]) - textEstimate(block.name);
      return { ...block, input: {} } satisfies ToolUseBlock;
    }
    return block;
  });
  if (cleared === 0 || tokens < edit.clearAtLeast) return undefined;
  return {
    messages: edited,
    applied: {
      type: 'clear_tool_uses_20250919',
      cleared_tool_uses: cleared,
      cleared_input_tokens: Math.ceil(tokens),
    },
  };
}

function inputFilter(clear: boolean | readonly string[]): (use: ToolUseBlock) => boolean {
  if (typeof clear === 'boolean') return () => clear;
  const names = new Set(clear);
  return ({ name }) => names.has(name);
}

function mapBlocks(messages: readonly Message[], change: (block: Block) => Block): readonly Message[] {
  return messages.map((message) =>
    blocksOf(message).length === 0 ? message : { ...message, content: blocksOf(message).map(change) },
  );
}

function blocksOf(message: Message): readonly Block[] {
  return Array.isArray(message.content) ? message.content : [];
}

function isThinking(block: Block): boolean {
  return block.type === 'thinking' || block.type === 'redacted_thinking';
}
