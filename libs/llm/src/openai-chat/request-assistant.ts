import type { Block, Message, ThinkingBlock, ToolUseBlock } from '../canonical/request.js';
import { toEncoding, toText } from '../canonical/text.js';
import type { CallIds } from '../openai/call-ids.js';
import { dropUnknown } from '../openai/request-content.js';
import type { RequestContext } from '../openai/request-context.js';
import { ServerToolNotes } from '../openai/server-tool-notes.js';
import type { PendingCall } from '../openai/turn-replies.js';
import { MessageDraft } from './request-draft.js';
import type { ToolCall } from './request-message.js';

export interface AssistantTurn {
  /** What the provider's own tools did in this turn, to be told before it. */
  readonly notes: readonly string[];
  /** Undefined when nothing of the turn can be sent. */
  readonly message: MessageDraft | undefined;
  readonly calls: readonly PendingCall[];
}

/** A server that demands `reasoning_content` refuses the empty string as well. */
const NO_REASONING = ' ';

/** Translates consecutive assistant messages, which are one turn: its texts, then its tool calls. */
export function translateAssistantTurn(
  messages: readonly Message[],
  ids: CallIds,
  context: RequestContext,
): AssistantTurn {
  const message = new MessageDraft('assistant', context);
  const serverTools = new ServerToolNotes(messages, context.form);
  const { notes } = serverTools;
  const calls: PendingCall[] = [];
  const toolCalls: ToolCall[] = [];
  const reasoning: string[] = [];

  for (const { content } of messages) {
    if (typeof content === 'string') message.plainText(content);
    else for (const block of content ?? []) translate(block);
  }
  message.toolCalls = toolCalls;
  if (message.isEmpty) return { notes, message: undefined, calls };
  message.reasoning = replayedReasoning(reasoning, context);
  return { notes, message, calls };

  function translate(block: Block): void {
    switch (block.type) {
      case 'text':
        message.text(block.text);
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
        dropUnknown(block, message, context);
    }
    if ('cache_control' in block && block.cache_control) context.breakpoints?.mark();
  }

  function addCall({ id, name, toolset_name: toolset, input }: ToolUseBlock): void {
    const fullName = toText(toolset ? `${toolset}__${name}` : name, context.form);
    const call = { clientId: id, id: ids.next(id), name: context.names.upstream(fullName) };
    calls.push(call);
    toolCalls.push({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(input ?? {}) },
    });
  }

  function addReasoning(block: ThinkingBlock): void {
    const text = visibleReasoning(block, context);
    if (text === undefined) context.ledger.add('thinking');
    else reasoning.push(text);
  }
}

/**
 * Only reasoning that this gateway has signed goes back, and only to a server that wants it. Thinking is never sent as text:
 * the model would take it for something it has said.
 */
function visibleReasoning({ thinking, signature }: ThinkingBlock, context: RequestContext): string | undefined {
  if (context.capabilities.reasoningContent === 'drop' || !signature) return undefined;
  const payload = context.envelope?.open(toText(signature, context.form), toText(thinking, context.form));
  if (payload?.p !== 'rc') return undefined;
  return payload.x === undefined ? thinking : toEncoding(payload.x, context.form);
}

function replayedReasoning(texts: readonly string[], { capabilities }: RequestContext): string | undefined {
  const text = texts.join('\n');
  if (text !== '') return text;
  return capabilities.reasoningContent === 'require' ? NO_REASONING : undefined;
}
