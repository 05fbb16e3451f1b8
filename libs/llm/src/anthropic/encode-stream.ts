import { LlmError } from '../canonical/error.js';
import type {
  Citation,
  ReasoningItem,
  UpstreamMeta,
  WebSearchCallBlock,
  WebSearchResultBlock,
} from '../canonical/message.js';
import { oneLine, UPSTREAM_TEXT_LIMIT } from '../canonical/one-line.js';
import type { ReplyFacts } from '../canonical/reply-facts.js';
import { settleStop, type StopDetail, type StopReason } from '../canonical/stop.js';
import type { CanonicalStream } from '../canonical/stream.js';
import { fromJsonText, toJsonText, type JsonText } from '../canonical/text.js';
import type { CanonicalUsage } from '../canonical/usage.js';
import { TextFilter } from '../text-filter.js';
import { BlockSequence } from './block-sequence.js';
import { errorEvent } from './encode-error.js';
import * as frames from './frames.js';
import { ToolUseIds } from './ids.js';
import type { AnthropicReplyOptions } from './reply-options.js';
import {
  TextStreamBlock,
  ThinkingStreamBlock,
  ToolStreamBlock,
  WholeStreamBlock,
  type StreamBlock,
} from './stream-blocks.js';
import { encodeDeltaUsage, encodeStartUsage, encodeUsage } from './usage.js';
import { blockJson, WrittenReply } from './written-reply.js';

export interface AnthropicStreamOptions extends AnthropicReplyOptions {
  /** Tokens of the prompt as far as known when the answer begins; asked once. */
  readonly estimate: () => number;
  /** For error events: the `request-id` header of the same answer. */
  readonly requestId: string;
  /** Keep the whole answer for `captured`. */
  readonly capture?: boolean | undefined;
}

/**
 * Writes Anthropic's stream and owns its grammar: `message_start`, then blocks one after the other, then `message_delta`
 * with reason and usage, then `message_stop`. Or, at any time, an `error` event and nothing more: an answer that broke off
 * must not look finished.
 *
 * Output is collected and handed over by `take`, one string for all that one upstream read gave. Nothing is written
 * before there is something to say, so that an early failure can still be answered with its own HTTP status: then
 * `failure` is set and `started` is not.
 */
export class AnthropicStreamEncoder implements CanonicalStream, ReplyFacts {
  /** `message_start` is written. */
  started = false;
  /** Nothing more will be written. */
  ended = false;
  /** All content is written; the end waits for `finishWith`, because the upstream gave no usage. */
  needsUsage = false;
  /** A stop sequence was found: the rest of the upstream's answer is not wanted. */
  stoppedByGateway = false;
  failure: LlmError | undefined;
  /** Set at the end. */
  stopReason: StopReason | undefined;
  tokens: CanonicalUsage | undefined;
  readonly toolCalls: string[] = [];

  #meta: UpstreamMeta = { id: undefined, model: undefined, serviceTier: undefined };
  readonly #blocks: BlockSequence;
  readonly #calls = new Map<number, ToolStreamBlock>();
  readonly #ids = new ToolUseIds();
  readonly #written: WrittenReply;
  readonly #filter: TextFilter | undefined;
  readonly #hidesThinking: boolean;
  #stop: StopReason = 'end_turn';
  #detail: StopDetail = {};
  #refusal: string | undefined;
  #calledTools = false;

  constructor(private readonly options: AnthropicStreamOptions) {
    this.#filter = TextFilter.for(options);
    this.#written = new WrittenReply(options.capture === true);
    this.#hidesThinking = options.thinking === 'omitted';
    this.#blocks = new BlockSequence({
      begin: () => this.begin(),
      opened: (block) => this.#opened(block),
      finished: (block) => this.#written.add(block),
      seal: (block) => this.#seal(block),
      broken: (block) => this.#failArguments(block),
    });
  }

  /** What was written since the last call; one char is one byte. */
  take(): string {
    const out = this.#blocks.out;
    this.#blocks.out = '';
    return out;
  }

  get model(): string | undefined {
    return this.#meta.model;
  }

  get upstreamId(): string | undefined {
    return this.#meta.id;
  }

  get firstContent(): boolean {
    return this.#blocks.hasContent;
  }

  // What the relay asks for while the upstream is silent.

  /** Writes `message_start` if it is not written yet. */
  begin(): void {
    if (this.started || this.ended) return;
    this.started = true;
    const usage = encodeStartUsage(this.options.estimate(), this.#meta.serviceTier);
    this.#blocks.out += frames.messageStart(this.options, usage);
  }

  ping(): void {
    if (this.ended) return;
    this.begin();
    this.#blocks.out += frames.PING;
  }

  /**
   * A delta without content. Claude Code resets its watchdog only for so many pings in a row; a long silent thought needs
   * an event of the message itself from time to time.
   */
  heartbeat(): void {
    if (this.ended || this.needsUsage) return;
    this.begin();
    if (this.#blocks.open === undefined) this.#blocks.enqueue(new ThinkingStreamBlock());
    this.#blocks.writeNothing();
  }

  // What the decoder reports.

  start(meta: UpstreamMeta): void {
    this.#meta = meta;
  }

  text(delta: JsonText): void {
    const open = this.#blocks.open;
    if (this.#filter !== undefined) this.#addFiltered(delta, this.#filter);
    else if (open !== undefined && open.kind === 'text' && !open.refusal) this.#blocks.write(open, delta);
    else this.#addText(delta, false);
  }

  textDone(): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    const last = this.#blocks.last('text');
    if (last === undefined) return;
    last.closed = true;
    if (last === this.#blocks.open) this.#blocks.close();
  }

  refusal(delta: JsonText): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    this.#refusal = (this.#refusal ?? '') + fromJsonText(delta);
    this.#addText(delta, true);
  }

  citation(citation: Citation): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    this.#blocks.cite(citation);
  }

  thinking(delta: JsonText): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    const block = this.#thinkingBlock();
    if (this.#hidesThinking) block.hidden.append(delta);
    else if (delta !== '') this.#blocks.append(block, delta);
  }

  thinkingDone(item?: ReasoningItem): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    const block = this.#thinkingBlock();
    block.item = item;
    block.closed = true;
    if (block === this.#blocks.open) this.#blocks.close();
  }

  toolOpen(key: number, id: string, name: string): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    const block = new ToolStreamBlock(key, this.#ids.take(id), this.options.toolNames.client(name));
    this.#calls.set(key, block);
    this.#blocks.enqueue(block);
  }

  toolDelta(key: number, delta: JsonText): void {
    const block = this.#calls.get(key);
    if (block === undefined || delta === '' || this.#isDeaf()) return;
    if (this.#blocks.takesMore(block)) this.#blocks.append(block, delta);
    else if (fromJsonText(delta).trim() !== '') this.#failArguments(block);
  }

  toolClose(key: number): void {
    const block = this.#calls.get(key);
    if (block === undefined || this.#isDeaf()) return;
    block.closed = true;
    if (block !== this.#blocks.open || this.#blocks.close()) this.#blocks.advance();
  }

  webSearch(block: WebSearchCallBlock | WebSearchResultBlock): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    this.#blocks.enqueue(new WholeStreamBlock(block));
  }

  usage(usage: CanonicalUsage): void {
    if (!this.ended) this.tokens = usage;
  }

  stop(reason: StopReason, detail: StopDetail = {}): void {
    if (this.#isDeaf()) return;
    this.#stop = reason;
    this.#detail = detail;
  }

  end(): void {
    this.#releaseHeldText();
    if (this.#isDeaf()) return;
    this.#closeMessage();
  }

  /** The usage counted by the gateway, when `needsUsage`. */
  finishWith(usage: CanonicalUsage): void {
    if (!this.needsUsage || this.ended) return;
    this.tokens = usage;
    this.#finish(usage);
  }

  fail(error: LlmError): void {
    // An answer that is whole but for its usage is not lost.
    if (this.#isDeaf()) return;
    this.ended = true;
    this.failure = error;
    // The open block is not closed: so the client knows that it is not to be used.
    this.#blocks.abandon();
    if (this.started) this.#blocks.out += errorEvent(error, this.options.requestId);
  }

  // What the record wants to know.

  /** The beginning of what was written, for counting tokens, and by how much the whole is longer. */
  sample(): { readonly text: string; readonly scale: number } {
    return this.#written.sample(this.#blocks.open);
  }

  /** With `capture`: the answer so far as one message of Anthropic's API, in JSON. */
  captured(): Buffer {
    const open = this.#blocks.open;
    const content = open ? [...this.#written.content, blockJson(open)] : this.#written.content;
    const tail = this.#tail(this.tokens ? encodeUsage(this.tokens) : 'null');
    return Buffer.from(frames.messageJson(this.options, { ...tail, content: `[${content.join(',')}]` }), 'latin1');
  }

  /** Whether nothing the decoder says matters any more. */
  #isDeaf(): boolean {
    return this.ended || this.needsUsage;
  }

  #addText(delta: JsonText, refusal: boolean): void {
    if (delta === '' || this.#isDeaf()) return;
    const last = this.#blocks.last('text');
    const fits = last?.kind === 'text' && last.refusal === refusal;
    const block = fits ? last : this.#blocks.enqueue(new TextStreamBlock(refusal, this.#written.textBuffer()));
    this.#blocks.append(block, delta);
  }

  #addFiltered(delta: JsonText, filter: TextFilter): void {
    if (this.#isDeaf()) return;
    this.#addText(toJsonText(filter.push(fromJsonText(delta))), false);
    this.#obeyStopSequence(filter);
  }

  /** The text ends here, for now: what might have become a stop sequence did not. */
  #releaseHeldText(): void {
    const filter = this.#filter;
    if (filter === undefined) return;
    this.#addText(toJsonText(filter.flush()), false);
    this.#obeyStopSequence(filter);
  }

  #obeyStopSequence(filter: TextFilter): void {
    if (filter.matched === undefined || this.#isDeaf()) return;
    this.stoppedByGateway = true;
    this.#stop = 'stop_sequence';
    this.#detail = { sequence: filter.matched };
    this.#closeMessage();
  }

  #thinkingBlock(): ThinkingStreamBlock {
    const last = this.#blocks.last('thinking');
    return last?.kind === 'thinking' ? last : this.#blocks.enqueue(new ThinkingStreamBlock());
  }

  #opened(block: StreamBlock): void {
    if (block.kind !== 'tool') return;
    this.toolCalls.push(block.name);
    this.#calledTools = true;
  }

  #seal(block: ThinkingStreamBlock): string {
    const shown = fromJsonText(block.body.text());
    return this.options.seal(shown, this.#hidesThinking ? fromJsonText(block.hidden.text()) : shown, block.item);
  }

  #failArguments(block: ToolStreamBlock): void {
    this.fail(
      new LlmError(`The model produced invalid arguments for the tool ${block.name}`, {
        status: 502,
        type: 'api_error',
        upstream: { message: oneLine(fromJsonText(block.body.text()), UPSTREAM_TEXT_LIMIT) },
      }),
    );
  }

  #closeMessage(): void {
    if (!this.#blocks.closeAll(this.#stop === 'max_tokens')) return;
    this.begin();
    if (this.tokens === undefined) this.needsUsage = true;
    else this.#finish(this.tokens);
  }

  #finish(usage: CanonicalUsage): void {
    this.needsUsage = false;
    this.ended = true;
    this.stopReason = settleStop(this.#stop, {
      calledTools: this.#calledTools,
      refused: this.#refusal !== undefined,
      refusalAs: this.options.refusal ?? 'refusal',
      contextWindow: this.options.contextWindow,
      totalTokens: usage.total,
    });
    this.#blocks.out += frames.messageDelta(this.#tail(encodeDeltaUsage(usage))) + frames.MESSAGE_STOP;
  }

  #tail(usage: string): frames.MessageTail {
    const explanation = this.#refusal ?? this.#detail.explanation;
    return frames.messageTail(
      this.stopReason,
      this.#detail.sequence,
      explanation,
      usage,
      this.options.contextManagement,
    );
  }
}
