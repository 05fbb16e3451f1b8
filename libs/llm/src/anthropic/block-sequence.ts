import type { Citation } from '../canonical/message.js';
import { fromJsonText, type JsonText } from '../canonical/text.js';
import { citationOf } from './blocks.js';
import { blockStart, blockStop, citationsDelta, DELTA_TAIL, deltaHead, signatureDelta } from './frames.js';
import type { StreamBlock, TextStreamBlock, ThinkingStreamBlock, ToolStreamBlock } from './stream-blocks.js';

/** Whom the blocks belong to. */
export interface BlockHost {
  /** Called before a block is opened. */
  begin(): void;
  opened(block: StreamBlock): void;
  /** The block is written, or left open for ever. */
  finished(block: StreamBlock): void;
  seal(block: ThinkingStreamBlock): string;
  /** The block's arguments are not JSON: the stream has to fail. */
  broken(block: ToolStreamBlock): void;
}

/**
 * The content blocks of a stream: strictly one after the other, indices 0, 1, 2 …, none opened twice. What arrives while a
 * tool call is unfinished waits behind it, because a block that was closed takes no more deltas.
 */
export class BlockSequence {
  /** Events not yet taken; one char is one byte. */
  out = '';
  open: StreamBlock | undefined;
  /** Something a user can see was written. */
  hasContent = false;
  #index = -1;
  /** What stands before a delta of the open block. */
  #head = '';
  #waiting: StreamBlock[] = [];

  constructor(private readonly host: BlockHost) {}

  /** Adds to the open block, without any check. */
  write(block: StreamBlock, delta: JsonText): void {
    this.out += this.#head + delta + DELTA_TAIL;
    block.body.append(delta);
  }

  /** A delta that says nothing, on the open block. */
  writeNothing(): void {
    this.out += this.#head + DELTA_TAIL;
  }

  /** The block that comes last, if it is of this kind and can take more. */
  last(kind: StreamBlock['kind']): StreamBlock | undefined {
    this.advance();
    const last = this.#waiting.at(-1) ?? this.open;
    return last?.kind === kind && !last.closed ? last : undefined;
  }

  /** Adds to an open or waiting block. */
  append(block: StreamBlock, delta: JsonText): void {
    if (block === this.open) {
      this.out += this.#head + delta + DELTA_TAIL;
      this.hasContent = true;
    }
    if (block.kind === 'tool') block.append(delta);
    else block.body.append(delta);
    if (this.#waiting.length > 0) this.advance();
  }

  cite(citation: Citation): boolean {
    const block = this.#waiting.at(-1) ?? this.open;
    if (block?.kind !== 'text') return false;
    block.citations.push(citation);
    if (block === this.open) this.#writeCitation(citation, block);
    return true;
  }

  /** Opens the block, or lets it wait behind an unfinished tool call. */
  enqueue<Block extends StreamBlock>(block: Block): Block {
    this.advance();
    if (this.#isBusy()) this.#wait(block);
    else if (this.close()) this.#start(block);
    return block;
  }

  takesMore(block: StreamBlock): boolean {
    return block === this.open || this.#waiting.includes(block);
  }

  /** Moves on to the waiting blocks as far as no unfinished call stands before them. */
  advance(): void {
    while (this.#waiting.length > 0 && !this.#isBusy()) {
      if (!this.close()) return;
      this.#startNext();
    }
  }

  /**
   * Closes the open block, if there is one.
   * @returns false when the host was told that the block is broken.
   */
  close(): boolean {
    const block = this.open;
    if (block === undefined) return true;
    if (block.kind === 'tool') {
      if (block.isBlank) this.write(block, '{}' as JsonText);
      if (block.input() === undefined) {
        this.host.broken(block);
        return false;
      }
    } else if (block.kind === 'thinking') {
      block.signature ??= this.host.seal(block);
      this.out += signatureDelta(this.#index, block.signature);
    }
    block.closed = true;
    this.out += blockStop(this.#index);
    this.abandon();
    return true;
  }

  /** Nothing more is written to the open block, and it is not closed: clients take it for cut. */
  abandon(): void {
    const block = this.open;
    this.open = undefined;
    if (block !== undefined) this.host.finished(block);
  }

  /**
   * Writes all that waits and closes all that is open.
   *
   * @param cut the answer ended at the output limit: a call with half of its arguments then stays open and is the last
   * block. So Claude Code tells it from one that it may run.
   * @returns false when the host was told that a block is broken.
   */
  closeAll(cut: boolean): boolean {
    do {
      const block = this.open;
      if (cut && block?.kind === 'tool' && !block.closed && block.input() === undefined) {
        this.#waiting = [];
        this.abandon();
        return true;
      }
      if (!this.close()) return false;
    } while (this.#startNext());
    return true;
  }

  #isBusy(): boolean {
    return this.open?.kind === 'tool' && !this.open.complete;
  }

  /** Calls wait in the order of their keys, everything else in the order of arrival. */
  #wait(block: StreamBlock): void {
    const isLater = (other: StreamBlock): boolean =>
      block.kind === 'tool' && other.kind === 'tool' && other.key > block.key;
    const at = this.#waiting.findIndex(isLater);
    this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, block);
  }

  #startNext(): boolean {
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    this.#start(next);
    return true;
  }

  #start(block: StreamBlock): void {
    this.host.begin();
    this.host.opened(block);
    this.open = block;
    this.#index++;
    this.#head = deltaHead(block.delta, this.#index);
    this.out += blockStart(this.#index, block.empty);
    if (block.kind === 'tool' || block.kind === 'whole') this.hasContent = true;
    const content = block.kind === 'whole' ? block.input : block.body.text();
    if (content !== '') {
      this.out += this.#head + content + DELTA_TAIL;
      this.hasContent = true;
    }
    if (block.kind === 'text') for (const citation of block.citations) this.#writeCitation(citation, block);
    // What was complete before its turn came takes nothing more.
    if (block.kind !== 'tool' && block.closed) this.close();
  }

  #writeCitation(citation: Citation, block: TextStreamBlock): void {
    this.out += citationsDelta(this.#index, citationOf(citation, fromJsonText(block.body.text())));
  }
}
