import type { Capabilities, ImageTokens } from './capabilities.js';
import { activeTools } from './canonical/active-tools.js';
import { applyCompaction } from './canonical/compaction.js';
import { applyContextEdits } from './canonical/context-edits.js';
import type { Block, CanonicalRequest, DocumentBlock, ImageBlock, Tool } from './canonical/request.js';
import { toText, type TextEncodingForm } from './canonical/text.js';
import { imageSize } from './image-size.js';
import { withinStack } from './json-body.js';
import { countTextTokens } from './text-tokens.js';
import { toolSignature } from './tool-signature.js';

/** Tokens that the chat format puts around things, as OpenAI's cookbook counts them. */
const PER_MESSAGE = 4;
const REPLY = 3;
const PER_TOOL_CALL = 8;
const PER_TOOL_RESULT = 4;
/** The frame around the signatures of tools, and what is saved when they share the message of a system prompt. */
const TOOLS = 15;
const TOOLS_IN_SYSTEM = -4;
const PER_PDF_PAGE = 1600;
/** A count that is a little too high is harmless, one that is too low lets a request overflow. */
const MARGIN = 1.02;

/**
 * Input tokens of a request, counted here with `o200k_base` and OpenAI's rules for images: within some percent of what
 * OpenAI counts. Edits of the history that the client asked for are made first. The work is kept for tools and long texts
 * that come again.
 */
export async function countRequestTokens(
  request: CanonicalRequest,
  { imageTokens }: Pick<Capabilities, 'imageTokens'>,
): Promise<number> {
  const { messages, toolChanges } = applyCompaction(applyContextEdits(request).messages);
  const tools = activeTools(request.tools, messages, toolChanges);
  const counter = new Counter(request.encoding, imageTokens);
  let tokens = REPLY;
  if (tools.length > 0) tokens += request.system === undefined ? TOOLS : TOOLS + TOOLS_IN_SYSTEM;
  for (const tool of tools) tokens += await counter.tool(tool);
  if (request.system !== undefined) tokens += PER_MESSAGE + (await counter.content(request.system));
  for (const message of messages) tokens += PER_MESSAGE + (await counter.content(message.content));
  return Math.ceil(tokens * MARGIN);
}

/**
 * JSON of a value of the request.
 *
 * @throws LlmError 400 when it is nested too deeply.
 */
function jsonText(value: unknown): string {
  return withinStack(() => JSON.stringify(value));
}

const countedTools = new WeakMap<Tool, number>();

class Counter {
  constructor(
    private readonly form: TextEncodingForm,
    private readonly imageTokens: ImageTokens,
  ) {}

  async tool(tool: Tool): Promise<number> {
    const known = countedTools.get(tool);
    if (known !== undefined) return known;
    const tokens = await this.#text(withinStack(() => toolSignature(tool)));
    countedTools.set(tool, tokens);
    return tokens;
  }

  async content(content: string | readonly Block[] | null | undefined): Promise<number> {
    if (typeof content === 'string') return this.#text(content);
    let tokens = 0;
    for (const block of content ?? []) tokens += await this.#block(block);
    return tokens;
  }

  async #block(block: Block): Promise<number> {
    switch (block.type) {
      case 'text':
        return this.#text(block.text);
      case 'tool_use':
        return PER_TOOL_CALL + (await this.#text(block.name)) + (await this.#text(jsonText(block.input ?? {})));
      case 'tool_result':
        return PER_TOOL_RESULT + (await this.content(block.content));
      case 'search_result':
        return (await this.#text(`${block.source}\n${block.title}`)) + (await this.content(block.content));
      case 'image':
        return imageCost(block, this.imageTokens);
      case 'document':
        return this.#document(block);
      // Not replayed as text to another provider.
      case 'thinking':
      case 'redacted_thinking':
        return 0;
      default:
        return this.#text(jsonText(block));
    }
  }

  async #document({ source, title, context }: DocumentBlock): Promise<number> {
    const heading = (await this.#text(title)) + (await this.#text(context));
    if (source.type === 'text') return heading + (await this.#text(source.data));
    if (source.type === 'content') return heading + (await this.content(source.content));
    return heading + PER_PDF_PAGE * (source.type === 'base64' ? pdfPages(source.data) : 1);
  }

  #text(text: string | null | undefined): Promise<number> {
    return countTextTokens(toText(text ?? '', this.form));
  }
}

/** What an image whose size is not known is taken for. */
const UNKNOWN_SIZE = { width: 1024, height: 1024 };
const SQUARE = 2048;
const SHORT_SIDE = 768;
const TILE = 512;
const PATCH = 32;
const MOST_PATCHES = 1536;

/** Tokens of an image at `detail: high` (OpenAI, "Images and vision", calculating costs). */
function imageCost({ source }: ImageBlock, rule: ImageTokens): number {
  const { width, height } = (source.type === 'base64' ? imageSize(source.data) : undefined) ?? UNKNOWN_SIZE;
  if (rule.kind === 'patches') {
    const patches = Math.ceil(width / PATCH) * Math.ceil(height / PATCH);
    return Math.ceil(Math.min(patches, MOST_PATCHES) * rule.factor);
  }
  const fit = Math.min(1, SQUARE / Math.max(width, height));
  const scale = fit * Math.min(1, SHORT_SIDE / (fit * Math.min(width, height)));
  return rule.base + rule.tile * Math.ceil((width * scale) / TILE) * Math.ceil((height * scale) / TILE);
}

const BYTES_PER_PDF_PAGE = 50_000;

/** By the page objects that lie open in the file; by its size when they are packed. */
function pdfPages(base64: string): number {
  const bytes = Buffer.from(base64, 'base64');
  const pages = bytes.toString('latin1').match(/\/Type\s*\/Page(?![a-z])/g)?.length;
  return pages ?? Math.max(1, Math.ceil(bytes.length / BYTES_PER_PDF_PAGE));
}
