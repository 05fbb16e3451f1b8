import type { CanonicalBlock, CanonicalMessage, TextBlock } from '../canonical/message.js';
import { settleStop, type StopReason } from '../canonical/stop.js';
import { toJsonText } from '../canonical/text.js';
import type { CanonicalUsage } from '../canonical/usage.js';
import { TextFilter } from '../text-filter.js';
import {
  citationOf,
  serverToolUseBlock,
  textBlock,
  thinkingBlock,
  toolUseBlock,
  webSearchResultBlock,
} from './blocks.js';
import { messageJson, messageTail } from './frames.js';
import { ToolUseIds } from './ids.js';
import type { AnthropicReplyOptions } from './reply-options.js';
import { encodeUsage } from './usage.js';

export interface EncodedMessage {
  /** JSON in UTF-8. */
  readonly body: Buffer;
  readonly stopReason: StopReason;
  /** Names of the tools called, as the client knows them. */
  readonly toolCalls: readonly string[];
}

/**
 * A whole answer in Anthropic's format, equal to what a client puts together from the same answer streamed.
 *
 * @param usage the message's own, or counted by the gateway when it has none.
 */
export function encodeAnthropicMessage(
  message: CanonicalMessage,
  usage: CanonicalUsage,
  options: AnthropicReplyOptions,
): EncodedMessage {
  const { blocks, stopSequence } = filterText(message.blocks, options);
  const ids = new ToolUseIds();
  const toolCalls: string[] = [];
  const content = blocks.map((block) => {
    if (block.type !== 'tool_call') return encodeBlock(block, options);
    const name = options.toolNames.client(block.name);
    toolCalls.push(name);
    return toolUseBlock(ids.take(block.id), name, block.input);
  });
  const refusal = refusalOf(blocks);
  const stopReason = settleStop(stopSequence === undefined ? message.stop : 'stop_sequence', {
    calledTools: toolCalls.length > 0,
    refused: refusal !== undefined,
    refusalAs: options.refusal ?? 'refusal',
    contextWindow: options.contextWindow,
    totalTokens: usage.total,
  });
  const tail = messageTail(
    stopReason,
    stopSequence ?? message.detail.sequence,
    refusal ?? message.detail.explanation,
    encodeUsage(usage),
    options.contextManagement,
  );
  const json = messageJson(options, { ...tail, content: `[${content.join(',')}]` });
  return { body: Buffer.from(json, 'latin1'), stopReason, toolCalls };
}

function encodeBlock(block: Exclude<CanonicalBlock, { type: 'tool_call' }>, options: AnthropicReplyOptions): string {
  switch (block.type) {
    case 'text':
      return textBlock(
        toJsonText(block.text),
        block.citations.map((citation) => citationOf(citation, block.text)),
      );
    case 'thinking': {
      const shown = options.thinking === 'omitted' ? '' : block.text;
      return thinkingBlock(toJsonText(shown), options.seal(shown, block.text, block.item));
    }
    case 'web_search_call':
      return serverToolUseBlock(block, JSON.stringify({ query: block.query }));
    default:
      return webSearchResultBlock(block);
  }
}

/** Removes a repeated prefill and everything from a stop sequence on. Refusals are not the text the client asked about. */
function filterText(
  blocks: readonly CanonicalBlock[],
  options: AnthropicReplyOptions,
): { blocks: readonly CanonicalBlock[]; stopSequence: string | undefined } {
  const filter = TextFilter.for(options);
  if (filter === undefined) return { blocks, stopSequence: undefined };
  const kept: CanonicalBlock[] = [];
  for (const block of blocks) {
    if (block.type !== 'text' || block.refusal) {
      kept.push(block);
      continue;
    }
    const text = filter.push(block.text) + filter.flush();
    if (text !== '') kept.push({ ...block, text });
    if (filter.matched !== undefined) return { blocks: kept, stopSequence: filter.matched };
  }
  return { blocks: kept, stopSequence: undefined };
}

function refusalOf(blocks: readonly CanonicalBlock[]): string | undefined {
  const refusals = blocks.filter((block): block is TextBlock => block.type === 'text' && block.refusal);
  return refusals.length === 0 ? undefined : refusals.map((block) => block.text).join('');
}
