import type { JsonText } from './text.js';

/** Pieces are joined when they reach this length. */
const SEGMENT = 256;

/**
 * Collects the deltas of one block. V8 keeps a slice as a pointer into the string it was cut from and a concatenation as a
 * tree of its parts, so a few collected words would keep every network read of the stream alive; joining them in small
 * segments lets the reads go. Appending costs amortised constant time, whatever the length.
 */
export class JsonTextBuffer {
  /** Everything appended, in chars (UTF-8 bytes, escapes counted as written), also what lies beyond the limit. */
  length = 0;
  #joined = '';
  #fresh = '';
  #full = false;

  /** @param limit keep about this much, cut between two pieces; the rest is only counted. */
  constructor(private readonly limit = Number.POSITIVE_INFINITY) {}

  append(piece: JsonText): void {
    this.length += piece.length;
    if (this.#full) return;
    this.#fresh += piece;
    if (this.#fresh.length >= SEGMENT) this.#join();
  }

  text(): JsonText {
    return (this.#joined + this.#fresh) as JsonText;
  }

  #join(): void {
    this.#joined += flat(this.#fresh);
    this.#fresh = '';
    this.#full = this.#joined.length >= this.limit;
  }
}

/** A copy that shares no memory with the strings it was made from. One char, one byte. */
export function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
