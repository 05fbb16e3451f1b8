import type { AppliedEdit } from '../canonical/context-edits.js';
import type { ToolNames } from '../canonical/tool-names.js';

/** Where an image or a file of the upstream's request comes from. */
export interface MediaOrigin {
  /** As an OpenAI error names it: `messages[4].content[1]`, `input[4].output[1]`. */
  readonly upstream: string;
  /** In the client's own request: `messages.2.content.0.image`. */
  readonly client: string;
}

/** A request in the form of one of OpenAI's endpoints, and what the answer has to be read with. */
export interface EncodedRequest {
  /** UTF-8 JSON. */
  readonly body: Buffer;
  /** What could not be carried over, e.g. `lossy:top_k`. */
  readonly lossy: string[];
  readonly toolNames: ToolNames;
  /** About how many input tokens it has, at least 1. */
  readonly inputEstimate: number;
  /** Text that the answer may begin with although the client has it already. */
  readonly prefill: string | undefined;
  /** To be looked for in the answer: OpenAI does not tell which one it met, and reasoning models take none. */
  readonly stopSequences: readonly string[];
  /** For `context_management` of the answer; undefined when the client asked for no edits. */
  readonly appliedEdits: readonly AppliedEdit[] | undefined;
  readonly media: readonly MediaOrigin[];
  /** Ids of the reasoning items that are sent. */
  readonly reasoning?: readonly string[] | undefined;
  /** Tokens after which the answer is to be cut, because the endpoint cannot be asked for so few. Such a request is not streamed. */
  readonly outputLimit?: number | undefined;
}
