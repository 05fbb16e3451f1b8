import type { StopDetail, StopReason } from './stop.js';
import type { CanonicalUsage } from './usage.js';

/** What the upstream says about the answer as a whole. */
export interface UpstreamMeta {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly serviceTier: string | undefined;
}

/** A source the model names for a piece of its text. */
export interface Citation {
  readonly url: string;
  readonly title: string | undefined;
  /** Where the cited words stand in the text block, in UTF-16 units; the end is exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
  readonly citations: readonly Citation[];
  /** The model declines here; its words become the explanation of the stop. */
  readonly refusal: boolean;
}

export interface ThinkingBlock {
  readonly type: 'thinking';
  readonly text: string;
  /** What the upstream wants back in the next turn, where it wants something. */
  readonly item: ReasoningItem | undefined;
}

/** Reasoning that the provider keeps to itself but for a summary, to be given back to it whole, byte for byte. */
export interface ReasoningItem {
  /** The ciphertext is bound to it. */
  readonly id: string;
  readonly encrypted: string;
  readonly summary: readonly string[];
  /** Of the message that followed: `commentary`, `final_answer`. */
  readonly phase: string | undefined;
}

export interface ToolCallBlock {
  readonly type: 'tool_call';
  /** May be empty. */
  readonly id: string;
  readonly name: string;
  /** JSON text of an object, as the model wrote it: numbers and the order of keys stay exact. */
  readonly input: string;
}

/** A hosted web search the upstream ran. */
export interface WebSearchCallBlock {
  readonly type: 'web_search_call';
  readonly id: string;
  readonly query: string;
}

export interface WebSearchResultBlock {
  readonly type: 'web_search_result';
  /** The `id` of the call. */
  readonly callId: string;
  /** The sources found, or why there are none (`unavailable`, `max_uses_exceeded`, …). */
  readonly outcome:
    readonly { readonly url: string; readonly title: string | undefined }[] | { readonly error: string };
}

export type CanonicalBlock = TextBlock | ThinkingBlock | ToolCallBlock | WebSearchCallBlock | WebSearchResultBlock;

/** A whole answer. Strings are ordinary text. */
export interface CanonicalMessage {
  readonly meta: UpstreamMeta;
  readonly blocks: readonly CanonicalBlock[];
  /** As the upstream gave it; `settleStop` makes it agree with the blocks. */
  readonly stop: StopReason;
  readonly detail: StopDetail;
  /** Undefined: the upstream gave none, the caller counts. */
  readonly usage: CanonicalUsage | undefined;
  /** What could not be carried over, e.g. `response.audio`. */
  readonly lossy: readonly string[];
}

/** Everything the model wrote, for counting tokens when the upstream gave no usage. */
export function writtenText(message: CanonicalMessage): string {
  return message.blocks
    .map((block) => {
      if (block.type === 'text' || block.type === 'thinking') return block.text;
      return block.type === 'tool_call' ? `${block.name}${block.input}` : '';
    })
    .join('');
}
