import { countTextTokens, firstTokens } from '../text-tokens.js';
import { writtenText, type CanonicalBlock, type CanonicalMessage } from './message.js';

/**
 * Cuts an answer to as many tokens as the client asked for, where the upstream could not be asked for so few. A call of a tool
 * is cut as a whole; reasoning is not the answer and stays.
 */
export async function cutMessage(message: CanonicalMessage, tokens: number): Promise<CanonicalMessage> {
  const visible = message.blocks.filter(({ type }) => type !== 'thinking');
  if ((await countTextTokens(writtenText({ ...message, blocks: visible }))) <= tokens) return message;
  const blocks: CanonicalBlock[] = [];
  let left = tokens;
  for (const block of message.blocks) {
    if (block.type === 'text' && left > 0) {
      const text = await firstTokens(block.text, left);
      left -= await countTextTokens(block.text);
      if (text !== '') blocks.push({ ...block, text });
    } else if (block.type !== 'text' && block.type !== 'tool_call') blocks.push(block);
  }
  return { ...message, blocks, stop: 'max_tokens' };
}
