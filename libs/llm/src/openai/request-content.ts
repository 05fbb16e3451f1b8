import type { Capabilities } from '../capabilities.js';
import { invalidRequest, LlmError } from '../canonical/error.js';
import type { Ledger } from '../canonical/ledger.js';
import type { Block, DocumentBlock, ImageBlock, UnknownBlock } from '../canonical/request.js';
import { toText, type TextEncodingForm } from '../canonical/text.js';
import { imageSize } from '../image-size.js';
import { describeBrowserState, documentHeading, searchResultHeading } from './described-blocks.js';

/** An image or a file; each endpoint has its own shape for it. Addresses of images may be data URLs. */
export type Media =
  | { readonly kind: 'image'; readonly url: string }
  /** @param data a data URL. */
  | { readonly kind: 'file'; readonly filename: string; readonly data: string }
  | { readonly kind: 'file_url'; readonly url: string };

/** Where translated content goes: into a user message, or into the result of a tool. */
export interface ContentTarget {
  text(text: string): void;
  /** @param path of the image or document in the client's request. */
  media(media: Media, path: string): void;
}

export interface ContentContext {
  readonly form: TextEncodingForm;
  readonly capabilities: Capabilities;
  readonly ledger: Ledger;
  /** The endpoint takes the address of a file. */
  readonly fileUrls: boolean;
}

/**
 * Translates one block of a user's turn or of a tool result. A block that is not known leaves its text and an entry in the
 * ledger.
 *
 * @param path of the block in the client's request, e.g. `messages.0.content.1`; it goes into refusals.
 * @throws LlmError 400 or 404 for media that cannot be passed on.
 */
export function translateBlock(block: Block, path: string, target: ContentTarget, context: ContentContext): void {
  switch (block.type) {
    case 'text':
      target.text(block.text);
      break;
    case 'image':
      translateImage(block, path, target, context);
      break;
    case 'document':
      translateDocument(block, path, target, context);
      break;
    case 'search_result':
      target.text(searchResultHeading(block));
      for (const part of block.content ?? []) target.text(part.text);
      break;
    case 'tool_reference':
      target.text(`Loaded tool: ${block.tool_name}`);
      break;
    case 'browser_state':
      target.text(describeBrowserState(block));
      break;
    default:
      dropUnknown(block, target, context);
  }
}

/** Keeps the text of a block that has no counterpart, and tells what was lost. */
export function dropUnknown(block: UnknownBlock, target: ContentTarget, { form, ledger }: ContentContext): void {
  ledger.add(`block:${toText(block.type, form).slice(0, 64)}`);
  if (typeof block.text === 'string') target.text(block.text);
}

const IMAGE_TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
/** Images are scaled into a square of this size before anything else (OpenAI, images and vision). */
const LARGEST_SIDE = 2048;

function translateImage(block: ImageBlock, path: string, target: ContentTarget, context: ContentContext): void {
  const media = imageMedia(block, path, context.form);
  if (context.capabilities.vision) {
    target.media(media, `${path}.image`);
    return;
  }
  context.ledger.add('image');
  target.text('[An image was left out here: the model cannot see images]');
}

function imageMedia({ source, transformations }: ImageBlock, path: string, form: TextEncodingForm): Media {
  switch (source.type) {
    case 'base64': {
      if (!IMAGE_TYPES.has(source.media_type)) {
        throw invalidRequest(
          `${path}.image.source.base64.media_type: Could not process image: expected image/jpeg, image/png, image/gif or image/webp`,
        );
      }
      if (transformations?.oversized_image === 'error') refuseOversized(source.data, path);
      return { kind: 'image', url: `data:${source.media_type};base64,${source.data}` };
    }
    case 'url':
      if (!/^https:\/\//i.test(source.url)) {
        throw invalidRequest(`${path}.image.source.url: Could not process image: only HTTPS URLs are supported`);
      }
      return { kind: 'image', url: source.url };
    case 'file':
      throw fileNotFound(source.file_id, form);
    default:
      throw invalidRequest(`${path}.image.source.type: Could not process image: expected 'base64' or 'url'`);
  }
}

function refuseOversized(data: string, path: string): void {
  const size = imageSize(data);
  if (!size || Math.max(size.width, size.height) <= LARGEST_SIDE) return;
  throw invalidRequest(
    `${path}.image.source.base64: image dimensions ${size.width}x${size.height} exceed the largest that fit, ${LARGEST_SIDE}x${LARGEST_SIDE}`,
  );
}

function translateDocument(block: DocumentBlock, path: string, target: ContentTarget, context: ContentContext): void {
  const { source } = block;
  const heading = documentHeading(block);
  switch (source.type) {
    case 'text':
      target.text(heading === '' ? source.data : `${heading}\n\n${source.data}`);
      break;
    case 'content':
      if (typeof source.content === 'string') {
        target.text(heading === '' ? source.content : `${heading}\n\n${source.content}`);
        break;
      }
      target.text(heading);
      for (const [i, part] of (source.content ?? []).entries()) {
        translateBlock(part, `${path}.document.source.content.${i}`, target, context);
      }
      break;
    case 'base64':
      translatePdf(block, source, path, target, context);
      break;
    case 'url':
      translatePdfUrl(block, source.url, path, target, context);
      break;
    case 'file':
      throw fileNotFound(source.file_id, context.form);
    default:
      throw invalidRequest(`${path}.document.source.type: Could not process PDF: unknown kind of source`);
  }
}

function translatePdf(
  { title, context: about }: DocumentBlock,
  { media_type: mediaType, data }: { readonly media_type: string; readonly data: string },
  path: string,
  target: ContentTarget,
  { capabilities }: ContentContext,
): void {
  if (mediaType !== 'application/pdf') {
    throw invalidRequest(`${path}.document.source.base64.media_type: Could not process PDF: expected application/pdf`);
  }
  // Claude Code strips the document and goes on when it reads "does not support PDF input".
  if (!capabilities.pdf) throw invalidRequest(`${path}.document: the model does not support PDF input`);
  if (about) target.text(`Context: ${about}`);
  const filename = title || 'document.pdf';
  target.media({ kind: 'file', filename, data: `data:application/pdf;base64,${data}` }, `${path}.document`);
}

function translatePdfUrl(
  { title, context: about }: DocumentBlock,
  url: string,
  path: string,
  target: ContentTarget,
  { capabilities, fileUrls }: ContentContext,
): void {
  if (!fileUrls) {
    throw invalidRequest(
      `${path}.document.source.url: the model does not support PDF input by URL; send the document as base64`,
    );
  }
  if (!capabilities.pdf) throw invalidRequest(`${path}.document: the model does not support PDF input`);
  if (!/^https:\/\//i.test(url)) {
    throw invalidRequest(`${path}.document.source.url: Could not process PDF: only HTTPS URLs are supported`);
  }
  if (title) target.text(`Document: ${title}`);
  if (about) target.text(`Context: ${about}`);
  target.media({ kind: 'file_url', url }, `${path}.document`);
}

/** Ids of Anthropic's Files API mean nothing to another provider. */
function fileNotFound(id: string, form: TextEncodingForm): LlmError {
  return new LlmError(`File not found: ${toText(id, form).slice(0, 256)}`, { status: 404, type: 'not_found_error' });
}
