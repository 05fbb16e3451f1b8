/**
 * Watches a model's text for stop sequences, because most upstreams take at most four of them or none, and never say which
 * one matched. Text arrives in pieces cut anywhere; only what may still become a stop sequence is held back.
 *
 * Of several sequences that are completed by the same character the longest counts, so that no part of it is emitted.
 */
export class StopSequenceScanner {
  /** The sequence found; nothing is emitted after it. */
  matched: string | undefined;
  #held = '';
  readonly #longest: number;

  /** @param sequences not empty, as Anthropic demands; empty ones are ignored. */
  constructor(private readonly sequences: readonly string[]) {
    this.#longest = Math.max(0, ...sequences.map((sequence) => sequence.length));
  }

  /** @returns the text that may be emitted now: what stands before a match, or what can no longer be part of one. */
  push(piece: string): string {
    if (this.matched !== undefined) return '';
    const text = this.#held + piece;
    this.#held = '';
    const end = this.#firstMatchEnd(text);
    if (end !== -1) {
      const ending = this.sequences.filter((sequence) => sequence !== '' && text.endsWith(sequence, end));
      this.matched = ending.reduce((longest, sequence) => (sequence.length > longest.length ? sequence : longest));
      return text.slice(0, end - this.matched.length);
    }
    const safe = this.#safeLength(text);
    this.#held = text.slice(safe);
    return text.slice(0, safe);
  }

  /** The text ends here: what was held back was no stop sequence. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  /** Generation stops at the character that completes a sequence: the earliest end wins, not the earliest beginning. */
  #firstMatchEnd(text: string): number {
    let first = -1;
    for (const sequence of this.sequences) {
      const at = sequence === '' ? -1 : text.indexOf(sequence);
      if (at !== -1 && (first === -1 || at + sequence.length < first)) first = at + sequence.length;
    }
    return first;
  }

  /** Where the longest ending begins that is also the beginning of a sequence. */
  #safeLength(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at++) {
      const ending = text.slice(at);
      if (this.sequences.some((sequence) => sequence.startsWith(ending))) return at;
    }
    return text.length;
  }
}
