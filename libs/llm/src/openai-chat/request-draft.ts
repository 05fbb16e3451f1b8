import type { Media } from '../openai/request-content.js';
import type { RequestContext } from '../openai/request-context.js';
import type { UserTarget } from '../openai/turn-replies.js';
import type { ChatContent, ChatMessage, ChatPart, MediaPart, TextPart, ToolCall } from './request-message.js';

/** A message that is being put together. It takes the shape that the server wants only at the end, in `settle`. */
export class MessageDraft implements UserTarget {
  readonly parts: ChatPart[] = [];
  /** Client's path of each part that is not text, by its index; made when there is one. */
  mediaPaths: Map<number, string> | undefined;
  toolCallId = '';
  toolCalls: readonly ToolCall[] = [];
  reasoning: string | undefined;
  /** Came as a string, and leaves as one if it stays alone. */
  #plain: TextPart | undefined;

  constructor(
    readonly role: ChatMessage['role'],
    private readonly context: RequestContext,
  ) {}

  /** Adds a part of text; an empty one is dropped, because OpenAI refuses it. */
  text(text: string): void {
    if (text === '') return;
    const part: TextPart = { type: 'text', text };
    this.parts.push(part);
    if (this.role !== 'assistant') this.context.breakpoints?.passed(part);
  }

  /** Content that is a string and not a list of blocks. */
  plainText(text: string): void {
    this.text(text);
    const part = this.parts.at(-1);
    if (text !== '' && part?.type === 'text') this.#plain = part;
  }

  media(media: Media, path: string): void {
    (this.mediaPaths ??= new Map<number, string>()).set(this.parts.length, path);
    this.parts.push(mediaPart(media));
  }

  get isEmpty(): boolean {
    return this.parts.length === 0 && this.toolCalls.length === 0;
  }

  settle(): ChatMessage {
    switch (this.role) {
      case 'assistant':
        return {
          role: 'assistant',
          content: this.parts.length === 0 ? null : this.#content(this.context.capabilities.textParts, '\n\n'),
          ...(this.reasoning !== undefined && { reasoning_content: this.reasoning }),
          ...(this.toolCalls.length > 0 && { tool_calls: this.toolCalls }),
        };
      case 'tool':
        return { role: 'tool', tool_call_id: this.toolCallId, content: this.#toolContent() };
      default:
        return { role: this.role, content: this.#content(this.context.capabilities.textParts, '\n\n') };
    }
  }

  #toolContent(): ChatContent {
    const { arrayToolContent, emptyToolContent } = this.context.capabilities;
    if (this.parts.length === 0) return emptyToolContent ? '' : '(no output)';
    return this.#content(arrayToolContent, '\n');
  }

  #content(takesParts: boolean, separator: string): ChatContent {
    const [first] = this.parts;
    if (this.parts.length === 1 && first === this.#plain && !this.#plain?.prompt_cache_breakpoint)
      return this.#plain!.text;
    if (takesParts) return this.parts;
    const texts = this.parts.filter((part) => part.type === 'text');
    return texts.length === this.parts.length ? texts.map((part) => part.text).join(separator) : this.parts;
  }
}

function mediaPart(media: Media): MediaPart {
  switch (media.kind) {
    case 'image':
      return { type: 'image_url', image_url: { url: media.url, detail: 'high' } };
    case 'file':
      return { type: 'file', file: { filename: media.filename, file_data: media.data } };
    default:
      // Such a document has been refused where it stood.
      throw new TypeError('Chat Completions takes no address of a file');
  }
}
