import type { Capabilities } from '../capabilities.js';
import type { Effort } from '../canonical/request.js';
import type { ReasoningEnvelope } from '../reasoning-envelope.js';

/** What the operator sets for a model; wins over the client where both speak. */
export interface ModelOptions {
  readonly max_tokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
  /** Only where the client asks for no effort of its own. */
  readonly reasoning_effort?: Effort | undefined;
}

/** Choices of the operator about the translation; each has the default that serves most. */
export interface EncodeSwitches {
  /** Refuse a request that ends with an assistant message, as current Claude models do. Default: continue it. */
  readonly strictPrefill?: boolean | undefined;
  /** Keep the line `x-anthropic-billing-header: …`, which changes with every request and spoils the prompt cache. */
  readonly keepAttribution?: boolean | undefined;
  /** Drop `safeguards` instead of refusing it. The refusal makes Claude Code run its own check. */
  readonly ignoreSafeguards?: boolean | undefined;
  /** Serve `speed: fast` as OpenAI's priority tier, which costs more. */
  readonly fastAsPriority?: boolean | undefined;
  /** Before the text of a failed tool result; default `[tool error] `. */
  readonly errorPrefix?: string | undefined;
}

export interface OpenAiTarget {
  /** Name of the model at the upstream. */
  readonly model: string;
  readonly capabilities: Capabilities;
  readonly options?: ModelOptions | undefined;
  /** Reads the reasoning that earlier answers put into signatures. */
  readonly envelope?: ReasoningEnvelope | undefined;
  /** Provider and account: reasoning that came from elsewhere is not sent. */
  readonly origin?: string | undefined;
  /** Ids of reasoning items that the upstream has refused: they are not sent again. */
  readonly refusedReasoning?: { has(id: string): boolean } | undefined;
  /** The client's session where it names one outside the body; keeps a conversation on one prompt cache. */
  readonly session?: string | undefined;
  readonly switches?: EncodeSwitches | undefined;
}
