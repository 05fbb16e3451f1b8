import type { LlmError } from './error.js';
import type { Citation, ReasoningItem, UpstreamMeta, WebSearchCallBlock, WebSearchResultBlock } from './message.js';
import type { StopDetail, StopReason } from './stop.js';
import type { JsonText } from './text.js';
import type { CanonicalUsage } from './usage.js';

/**
 * A streamed answer as calls, not as event objects: a decoder of an upstream's stream makes them, an encoder of a client's
 * stream takes them. Deltas are `JsonText`, so that a slice of the upstream's event becomes a slice of the client's event
 * without being unescaped and escaped again.
 *
 * The decoder reports what it reads in the order of reading; that blocks are serial, opened, closed and finished once is
 * the encoder's business alone. Every stream ends with `end` or `fail`; calls after that have no effect.
 */
export interface CanonicalStream {
  /** Once, as soon as the upstream says who answers. Writes nothing: a failure may still become a plain HTTP error. */
  start(meta: UpstreamMeta): void;
  text(delta: JsonText): void;
  /** Ends a piece of text: what comes next is another. Upstreams that do not say so leave it out. */
  textDone(): void;
  /** Text in which the model declines. */
  refusal(delta: JsonText): void;
  /** Belongs to the text reported last. */
  citation(citation: Citation): void;
  /** An empty delta shows that the model is thinking. */
  thinking(delta: JsonText): void;
  /** Ends a piece of reasoning. */
  thinkingDone(item?: ReasoningItem): void;
  /** @param key tells the calls of one answer apart and orders those that arrive interleaved. @param id may be empty. */
  toolOpen(key: number, id: string, name: string): void;
  /** A piece of the JSON text of the arguments. */
  toolDelta(key: number, delta: JsonText): void;
  /** The arguments are complete. Upstreams that do not say so leave it out. */
  toolClose(key: number): void;
  /** A hosted search: known in one piece. */
  webSearch(block: WebSearchCallBlock | WebSearchResultBlock): void;
  /** Cumulative: the last one counts. */
  usage(usage: CanonicalUsage): void;
  /** Why the model stopped; followed by `end`. */
  stop(reason: StopReason, detail?: StopDetail): void;
  end(): void;
  fail(error: LlmError): void;
}
