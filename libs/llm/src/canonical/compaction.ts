import type { Block, CompactionBlock, Message, ToolChangeBlock } from './request.js';

export interface CompactedHistory {
  readonly messages: readonly Message[];
  /** Changes to the set of tools that happened in the part that is gone. */
  readonly toolChanges: readonly ToolChangeBlock[];
}

const SUMMARY = 'Summary of earlier conversation:\n\n';

/**
 * Puts the last summary of the conversation in the place of everything before it: a `compaction` block, whose text the model
 * sees as a user message. A block without text stands for a summary that failed; the history then stays. The given messages
 * are not changed.
 */
export function applyCompaction(messages: readonly Message[]): CompactedHistory {
  for (let i = messages.length - 1; i >= 0; i--) {
    const { content, role } = messages[i]!;
    if (role !== 'assistant' || !Array.isArray(content)) continue;
    const at = content.findLastIndex((block: Block) => block.type === 'compaction' && Boolean(block.content));
    if (at === -1) continue;
    const { content: summary, tool_changes: changes } = content[at] as CompactionBlock;
    const rest: Message[] = at + 1 < content.length ? [{ role: 'assistant', content: content.slice(at + 1) }] : [];
    return {
      messages: [{ role: 'user', content: SUMMARY + summary }, ...rest, ...messages.slice(i + 1)],
      toolChanges: changes ?? [],
    };
  }
  return { messages, toolChanges: [] };
}
