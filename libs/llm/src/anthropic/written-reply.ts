import { JsonTextBuffer } from '../canonical/json-text-buffer.js';
import { fromJsonText, type JsonText } from '../canonical/text.js';
import { citationOf, textBlock, thinkingBlock, toolUseBlock } from './blocks.js';
import type { StreamBlock } from './stream-blocks.js';

/** Enough text to count tokens by, in chars. */
const SAMPLE_LIMIT = 64 * 1024;

/** Remembers what was streamed: a bounded sample always, the whole blocks when asked. */
export class WrittenReply {
  /** JSON of the blocks, one char per byte; stays empty unless blocks are kept. */
  readonly content: string[] = [];
  readonly #sample = new JsonTextBuffer(SAMPLE_LIMIT);
  #length = 0;

  constructor(private readonly keepsBlocks: boolean) {}

  /** A buffer for the text of a block: all of it only when blocks are kept. */
  textBuffer(): JsonTextBuffer {
    return new JsonTextBuffer(this.keepsBlocks ? undefined : SAMPLE_LIMIT);
  }

  /** The block is finished, or will never be. */
  add(block: StreamBlock): void {
    this.#length += block.body.length;
    this.#sample.append(clip(block.body.text()));
    if (this.keepsBlocks) this.content.push(blockJson(block));
  }

  /**
   * The beginning of everything written, for counting tokens.
   *
   * @param open the block not yet added. @returns ordinary text, and by how much the whole is longer than it.
   */
  sample(open: StreamBlock | undefined): { readonly text: string; readonly scale: number } {
    const sampled = (this.#sample.text() + (open ? clip(open.body.text()) : '')) as JsonText;
    const length = this.#length + (open?.body.length ?? 0);
    return { text: fromJsonText(sampled), scale: sampled === '' ? 1 : length / sampled.length };
  }
}

/** The JSON of a block as far as it came. Arguments that are no JSON are shown as a string. */
export function blockJson(block: StreamBlock): string {
  const body = block.body.text();
  switch (block.kind) {
    case 'text': {
      const text = block.citations.length === 0 ? '' : fromJsonText(body);
      return textBlock(
        body,
        block.citations.map((citation) => citationOf(citation, text)),
      );
    }
    case 'thinking':
      return thinkingBlock(body, block.signature ?? '');
    case 'tool':
      return toolUseBlock(block.id, block.name, argumentsJson(body, block.input()));
    default:
      return block.json;
  }
}

function argumentsJson(body: JsonText, input: string | undefined): string {
  if (body === '') return '{}';
  return input ?? JSON.stringify(fromJsonText(body));
}

/** Cuts before the limit and never inside an escape. */
function clip(text: JsonText): JsonText {
  if (text.length <= SAMPLE_LIMIT) return text;
  let end = SAMPLE_LIMIT;
  const escape = text.lastIndexOf('\\', end - 1);
  if (escape >= end - 6) {
    end = escape;
    while (end > 0 && text[end - 1] === '\\') end--;
  }
  return text.slice(0, end) as JsonText;
}
