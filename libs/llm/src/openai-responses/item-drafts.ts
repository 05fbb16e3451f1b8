import type { Media } from '../openai/request-content.js';
import type { RequestContext } from '../openai/request-context.js';
import type { UserTarget } from '../openai/turn-replies.js';
import type { FunctionCallOutput, InputItem, InputMessage, InputPart } from './input-items.js';

/** An item that is being put together. */
export interface ItemDraft {
  /** Client's path of each part that is not text, by its index; undefined when there is none. */
  readonly mediaPaths: ReadonlyMap<number, string> | undefined;
  settle(): InputItem;
}

class Parts {
  readonly list: InputPart[] = [];
  mediaPaths: Map<number, string> | undefined;

  text(text: string): void {
    // OpenAI refuses empty parts.
    if (text !== '') this.list.push({ type: 'input_text', text });
  }

  media(media: Media, path: string): void {
    (this.mediaPaths ??= new Map<number, string>()).set(this.list.length, path);
    this.list.push(mediaPart(media));
  }
}

function mediaPart(media: Media): InputPart {
  switch (media.kind) {
    case 'image':
      return { type: 'input_image', image_url: media.url, detail: 'high' };
    case 'file':
      return { type: 'input_file', filename: media.filename, file_data: media.data };
    default:
      return { type: 'input_file', file_url: media.url };
  }
}

/** Words of the user, or an instruction at its place in the conversation. Its content is always a list, whatever came. */
export class MessageDraft implements ItemDraft, UserTarget {
  readonly #parts = new Parts();

  constructor(
    readonly role: InputMessage['role'],
    private readonly context: RequestContext,
  ) {}

  get mediaPaths(): ItemDraft['mediaPaths'] {
    return this.#parts.mediaPaths;
  }

  get isEmpty(): boolean {
    return this.#parts.list.length === 0;
  }

  text(text: string): void {
    this.#parts.text(text);
    this.#passed();
  }

  plainText(text: string): void {
    this.text(text);
  }

  media(media: Media, path: string): void {
    this.#parts.media(media, path);
    this.#passed();
  }

  settle(): InputMessage {
    return { type: 'message', role: this.role, content: this.#parts.list };
  }

  #passed(): void {
    const part = this.#parts.list.at(-1);
    if (part) this.context.breakpoints?.passed(part);
  }
}

/** The result of a tool: images and files stay inside it. */
export class OutputDraft implements ItemDraft, UserTarget {
  readonly #parts = new Parts();
  #prefix: string;

  /** @param prefix put before the first text. */
  constructor(
    private readonly callId: string,
    prefix: string,
  ) {
    this.#prefix = prefix;
  }

  get mediaPaths(): ItemDraft['mediaPaths'] {
    return this.#parts.mediaPaths;
  }

  text(text: string): void {
    if (text === '') return;
    this.#parts.text(this.#prefix + text);
    this.#prefix = '';
  }

  plainText(text: string): void {
    this.text(text);
  }

  media(media: Media, path: string): void {
    this.#parts.media(media, path);
  }

  /** All of the result has been translated. */
  finish({ breakpoints }: RequestContext): void {
    // A failure that has nothing to say but that it is one.
    this.#parts.text(this.#prefix.trimEnd());
    this.#prefix = '';
    const last = this.#parts.list.at(-1);
    if (last && !this.#isText()) breakpoints?.passed(last);
    else breakpoints?.skipped();
  }

  settle(): FunctionCallOutput {
    const { list } = this.#parts;
    const [first] = list;
    const output = this.#isText() ? (first?.type === 'input_text' ? first.text : '') : list;
    return { type: 'function_call_output', call_id: this.callId, output };
  }

  /** No more than one text: that goes as a string. */
  #isText(): boolean {
    const { list } = this.#parts;
    return list.length === 0 || (list.length === 1 && list[0]!.type === 'input_text');
  }
}

/** An item that came into being whole. */
export class WholeItem implements ItemDraft {
  readonly mediaPaths = undefined;

  constructor(private readonly item: InputItem) {}

  settle(): InputItem {
    return this.item;
  }
}
