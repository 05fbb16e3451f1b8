import { joined, type ModelReply, type OutputPart } from './script/script.js';
import { countText } from './tokens.js';

/** Tokens of one reply, whichever endpoint reports them. */
export interface ReplyUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  /** Undefined: not reported, which is usual for models without cache breakpoints. */
  readonly cacheWrite: number | undefined;
  readonly reasoning: number;
}

/** The tokens of a prompt, and what the prompt cache did for them. */
export interface PromptCount {
  readonly tokens: number;
  readonly cached: number;
  /** Undefined on models that do not report it. */
  readonly written: number | undefined;
}

/**
 * What a reply reports: the script's numbers, or a count of the prompt and the output.
 * `null` when the script wants none.
 */
export function usageOf(reply: ModelReply, countPrompt: () => PromptCount): ReplyUsage | null {
  if (reply.usage === null) return null;
  if (reply.usage) return { cached: 0, cacheWrite: undefined, reasoning: 0, ...reply.usage };
  const { tokens, cached, written } = countPrompt();
  const reasoning = reply.output.reduce((sum, part) => sum + reasoningTokens(part), 0);
  const visible = reply.output.reduce((sum, part) => sum + visibleTokens(part), 0);
  return { prompt: tokens, cached, cacheWrite: written, reasoning, completion: reasoning + visible };
}

function reasoningTokens(part: OutputPart): number {
  if (part.type !== 'reasoning') return 0;
  return part.tokens ?? countText(part.summary.map(joined).join('\n\n'));
}

function visibleTokens(part: OutputPart): number {
  switch (part.type) {
    case 'reasoning':
      return 0;
    case 'toolCall':
      return countText(part.name) + countText(joined(part.pieces)) + 8;
    case 'webSearch':
      return countText(part.query) + 8;
    default:
      return countText(joined(part.pieces));
  }
}
