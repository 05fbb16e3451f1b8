import { flat } from './canonical/json-text-buffer.js';
import type { TextSample } from './canonical/reply-facts.js';
import { parseObject, type JsonRecord } from './json.js';

/** Bytes of events that are kept; about a hundred events. */
const KEPT = 16 * 1024;
const DATA_LINE = /^data: ?(.*)$/gm;

/**
 * The first events that carry a piece of an answer, as they came, and the size of all of them: what it takes to tell about
 * how many tokens a stream had that broke off before its counts. One char per byte.
 */
export class DeltaSample {
  #kept = '';
  #size = 0;

  /** @param text whole events; kept in a copy, so that no read of the stream stays alive */
  add(text: string): void {
    this.#size += text.length;
    if (this.#kept.length < KEPT) this.#kept += flat(text);
  }

  /** @param textOf the piece that an event carries */
  text(textOf: (event: JsonRecord) => string): TextSample {
    let text = '';
    for (const [, data = ''] of this.#kept.matchAll(DATA_LINE)) {
      const event = parseObject(Buffer.from(data, 'latin1').toString('utf8'));
      if (event) text += textOf(event);
    }
    return { text, scale: this.#kept === '' ? 1 : this.#size / this.#kept.length };
  }
}
