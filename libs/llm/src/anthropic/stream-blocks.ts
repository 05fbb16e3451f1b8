import { JsonTextBuffer } from '../canonical/json-text-buffer.js';
import type { Citation, ReasoningItem, WebSearchCallBlock, WebSearchResultBlock } from '../canonical/message.js';
import { isObjectJson, ObjectEndScanner } from '../canonical/tool-arguments.js';
import { fromJsonText, toJsonText, type JsonText } from '../canonical/text.js';
import { serverToolUseBlock, textBlock, thinkingBlock, toolUseBlock, webSearchResultBlock } from './blocks.js';
import type { DeltaKind } from './frames.js';

/** A content block while it is streamed, or while it waits for its turn. */
export type StreamBlock = TextStreamBlock | ThinkingStreamBlock | ToolStreamBlock | WholeStreamBlock;

const NOTHING = '' as JsonText;

export class TextStreamBlock {
  readonly kind = 'text';
  readonly delta: DeltaKind = 'text';
  readonly citations: Citation[] = [];
  readonly empty = textBlock(NOTHING, []);
  closed = false;

  constructor(
    readonly refusal: boolean,
    readonly body: JsonTextBuffer,
  ) {}
}

export class ThinkingStreamBlock {
  readonly kind = 'thinking';
  readonly delta: DeltaKind = 'thinking';
  /** What the client sees; stays empty when it wants thinking omitted. */
  readonly body = new JsonTextBuffer();
  /** What the model thought, when the client does not see it. */
  readonly hidden = new JsonTextBuffer();
  readonly empty = thinkingBlock(NOTHING, '');
  item: ReasoningItem | undefined;
  signature: string | undefined;
  closed = false;
}

export class ToolStreamBlock {
  readonly kind = 'tool';
  readonly delta: DeltaKind = 'input_json';
  readonly body = new JsonTextBuffer();
  readonly empty: string;
  /** The upstream said that the arguments are complete. */
  closed = false;
  /** Only made when something waits behind this call. */
  #scanner: ObjectEndScanner | undefined;

  constructor(
    readonly key: number,
    readonly id: string,
    readonly name: string,
  ) {
    this.empty = toolUseBlock(id, name, '{}');
  }

  /** Whether no more arguments can come. Looks at every character once, and only if it is ever asked. */
  get complete(): boolean {
    if (this.closed) return true;
    if (this.#scanner === undefined) {
      this.#scanner = new ObjectEndScanner();
      this.#scanner.feed(fromJsonText(this.body.text()));
    }
    return this.#scanner.complete;
  }

  append(delta: JsonText): void {
    this.body.append(delta);
    this.#scanner?.feed(fromJsonText(delta));
  }

  /** No arguments at all: the model's way to call a tool that takes none. */
  get isBlank(): boolean {
    return this.body.length < 16 && fromJsonText(this.body.text()).trim() === '';
  }

  /** The arguments; undefined unless they are a JSON object. */
  input(): string | undefined {
    const json = fromJsonText(this.body.text());
    return isObjectJson(json) ? json : undefined;
  }
}

/** A block that is complete from the beginning. */
export class WholeStreamBlock {
  readonly kind = 'whole';
  readonly delta: DeltaKind = 'input_json';
  readonly body = new JsonTextBuffer();
  readonly empty: string;
  /** The one delta; empty when the start event says it all. */
  readonly input: JsonText;
  /** JSON of the block with its content. */
  readonly json: string;
  closed = true;

  constructor(block: WebSearchCallBlock | WebSearchResultBlock) {
    if (block.type === 'web_search_call') {
      const input = JSON.stringify({ query: block.query });
      this.input = toJsonText(input);
      this.empty = serverToolUseBlock(block, '{}');
      this.json = serverToolUseBlock(block, input);
    } else {
      this.input = NOTHING;
      this.json = this.empty = webSearchResultBlock(block);
    }
  }
}
