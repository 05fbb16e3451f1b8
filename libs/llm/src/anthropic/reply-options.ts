import type { ReasoningItem } from '../canonical/message.js';
import type { ToolNames } from '../canonical/tool-names.js';

/** What of the request an answer in Anthropic's format depends on. Strings are ordinary text. */
export interface AnthropicReplyOptions {
  /** `msg_` and at least 20 letters and digits. */
  readonly id: string;
  /** The model the client named: it compares what it asked for with what it got. */
  readonly model: string;
  readonly toolNames: ToolNames;
  /**
   * The signature of a thinking block. Never empty: clients drop a turn of unsigned thinking.
   *
   * @param shown the block's text as the client gets it. @param reasoning what the model thought; differs when thinking is omitted.
   * @param item what the upstream wants back.
   */
  readonly seal: (shown: string, reasoning: string, item: ReasoningItem | undefined) => string;
  /** `omitted`: the client asked for thinking blocks without their text. Default `shown`. */
  readonly thinking?: 'shown' | 'omitted' | undefined;
  /** Found by the gateway, in the text only. */
  readonly stopSequences?: readonly string[] | undefined;
  /** The beginning of the answer given by the client; removed if the upstream repeats it. */
  readonly prefill?: string | undefined;
  /** How a refusal is reported. Default `refusal`. */
  readonly refusal?: 'refusal' | 'end_turn' | undefined;
  /** The model's window in tokens, when the client knows the stop reason `model_context_window_exceeded`. */
  readonly contextWindow?: number | undefined;
  /** Edits of the history the client asked for and the gateway made; `null` when it asked for none. */
  readonly contextManagement?: { readonly applied_edits: readonly unknown[] } | null | undefined;
}
