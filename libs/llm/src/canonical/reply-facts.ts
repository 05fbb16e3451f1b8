import type { LlmError } from './error.js';
import type { CanonicalUsage } from './usage.js';

/** What the gateway wants to know of an answer, whether it translated it or only watched it pass by. */
export interface ReplyFacts {
  /** The model that answered, in the upstream's words. */
  readonly model: string | undefined;
  /** The answer's id, in the upstream's words. */
  readonly upstreamId: string | undefined;
  /** A first piece of text, reasoning or tool call went by. */
  readonly firstContent: boolean;
  /** Names of the tools called, as the client knows them, in order. */
  readonly toolCalls: readonly string[];
  /** In the words of the client's format. */
  readonly stopReason: string | undefined;
  readonly tokens: CanonicalUsage | undefined;
  /** The upstream's failure, if it failed. */
  readonly failure: LlmError | undefined;
}

/** The beginning of a text, ordinary text, and by how much the whole is longer: enough to count its tokens by. */
export interface TextSample {
  readonly text: string;
  readonly scale: number;
}

/** What is known of an answer that goes by untouched. */
export interface WatchedFacts extends ReplyFacts {
  /** False while `tokens` are only those that a stream tells at its beginning: what the model wrote is not among them. */
  readonly usageIsFinal: boolean;
  /** What the model wrote, to count it where the upstream has not. */
  sample(): TextSample;
}
