import type { Block, Message, ThinkingBlock, ToolUseBlock } from '../canonical/request.js';
import { toText } from '../canonical/text.js';
import type { CallIds } from '../openai/call-ids.js';
import { dropUnknown } from '../openai/request-content.js';
import type { RequestContext } from '../openai/request-context.js';
import { ServerToolNotes } from '../openai/server-tool-notes.js';
import type { OpenAiTarget } from '../openai/target.js';
import type { PendingCall } from '../openai/turn-replies.js';
import type { AssistantMessage, FunctionCall, Reasoning } from './input-items.js';
import { openReasoningItem } from './reasoning-item.js';

export interface AssistantTurn {
  /** What the provider's own tools did in this turn, to be told before it. */
  readonly notes: readonly string[];
  readonly items: readonly (AssistantMessage | FunctionCall | Reasoning)[];
  readonly calls: readonly PendingCall[];
}

/** What the turns of one conversation share. */
export interface ConversationState {
  readonly ids: CallIds;
  /** OpenAI refuses an item that comes twice. */
  readonly reasoningIds: Set<string>;
}

/** Translates consecutive assistant messages, which are one turn. The order of the blocks is kept. */
export function translateAssistantTurn(
  messages: readonly Message[],
  { ids, reasoningIds }: ConversationState,
  context: RequestContext,
  target: OpenAiTarget,
): AssistantTurn {
  const items: (AssistantMessage | FunctionCall | Reasoning)[] = [];
  const calls: PendingCall[] = [];
  const serverTools = new ServerToolNotes(messages, context.form);
  /** Of the message that follows the reasoning just added. */
  let phase: string | undefined;

  for (const { content } of messages) {
    if (typeof content === 'string') addText(content);
    else for (const block of content ?? []) translate(block);
  }
  // "… of type 'reasoning' was provided without its required following item": an answer that was cut there.
  while (items.at(-1)?.type === 'reasoning') {
    reasoningIds.delete((items.pop() as Reasoning).id);
    context.ledger.add('thinking');
  }
  return { notes: serverTools.notes, items, calls };

  function translate(block: Block): void {
    switch (block.type) {
      case 'text':
        addText(block.text);
        break;
      case 'tool_use':
        addCall(block);
        break;
      case 'thinking':
        addReasoning(block);
        break;
      case 'redacted_thinking':
        context.ledger.add('thinking');
        break;
      case 'server_tool_use':
      case 'mcp_tool_use':
        serverTools.use(block);
        break;
      case 'web_search_tool_result':
      case 'web_fetch_tool_result':
      case 'code_execution_tool_result':
      case 'bash_code_execution_tool_result':
      case 'text_editor_code_execution_tool_result':
      case 'tool_search_tool_result':
      case 'mcp_tool_result':
        serverTools.result(block);
        break;
      case 'compaction':
        // Only one whose summary failed is left; the history it would have replaced is still there.
        break;
      default:
        dropUnknown(block, { text: addText, media: () => undefined }, context);
    }
    if ('cache_control' in block && block.cache_control) context.breakpoints?.mark();
  }

  function addText(text: string): void {
    if (text === '') return;
    const part = { type: 'output_text', text } as const;
    const last = items.at(-1);
    if (last?.type === 'message') last.content.push(part);
    else items.push({ type: 'message', role: 'assistant', content: [part], ...(phase !== undefined && { phase }) });
    phase = undefined;
  }

  function addCall({ id, name, toolset_name: toolset, input }: ToolUseBlock): void {
    const fullName = toText(toolset ? `${toolset}__${name}` : name, context.form);
    const call = { clientId: id, id: ids.next(id), name: context.names.upstream(fullName) };
    phase = undefined;
    calls.push(call);
    items.push({
      type: 'function_call',
      call_id: call.id,
      name: call.name,
      arguments: JSON.stringify(input ?? {}),
    });
  }

  function addReasoning(block: ThinkingBlock): void {
    const opened = openReasoningItem(block, context, target);
    if (!opened || reasoningIds.has(opened.item.id)) {
      context.ledger.add('thinking');
      return;
    }
    reasoningIds.add(opened.item.id);
    items.push(opened.item);
    ({ phase } = opened);
  }
}
