/**
 * A client may end its request with the beginning of the answer. Most upstreams then start over and repeat that beginning;
 * the client expects only what comes after it.
 */
export class PrefillCutter {
  #held = '';
  #settled = false;

  /** @param prefill the text of the request's last, unfinished assistant message. */
  constructor(private readonly prefill: string) {}

  /** @returns the text without the repeated beginning; empty as long as it is not clear whether it is repeated. */
  push(piece: string): string {
    if (this.#settled) return piece;
    const text = this.#held + piece;
    if (text.length < this.prefill.length && this.prefill.startsWith(text)) {
      this.#held = text;
      return '';
    }
    this.#held = '';
    this.#settled = true;
    return text.startsWith(this.prefill) ? text.slice(this.prefill.length) : text;
  }

  /** The text ends here: what was held back was only a part of the beginning. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    if (held !== '') this.#settled = true;
    return held;
  }
}
