import type { CanonicalBlock, CanonicalMessage } from './message.js';
import type { CanonicalStream } from './stream.js';
import { toJsonText } from './text.js';

/**
 * Gives a whole answer to an encoder of streams: for a client that streams while its upstream does not, or when the
 * gateway answers by itself. Without usage the encoder asks for it as it does after a stream.
 */
export function playMessage(message: CanonicalMessage, target: CanonicalStream): void {
  target.start(message.meta);
  message.blocks.forEach((block, key) => playBlock(block, key, target));
  if (message.usage) target.usage(message.usage);
  target.stop(message.stop, message.detail);
  target.end();
}

function playBlock(block: CanonicalBlock, key: number, target: CanonicalStream): void {
  switch (block.type) {
    case 'text':
      if (block.refusal) target.refusal(toJsonText(block.text));
      else target.text(toJsonText(block.text));
      for (const citation of block.citations) target.citation(citation);
      target.textDone();
      break;
    case 'thinking':
      target.thinking(toJsonText(block.text));
      target.thinkingDone(block.item);
      break;
    case 'tool_call':
      target.toolOpen(key, block.id, block.name);
      target.toolDelta(key, toJsonText(block.input));
      target.toolClose(key);
      break;
    case 'web_search_call':
    case 'web_search_result':
      target.webSearch(block);
  }
}
