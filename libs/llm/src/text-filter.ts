import { PrefillCutter } from './prefill.js';
import { StopSequenceScanner } from './stop-sequences.js';

/** What the gateway does to a model's text on its way to the client, piece by piece. */
export class TextFilter {
  readonly #prefill: PrefillCutter | undefined;
  readonly #stops: StopSequenceScanner | undefined;

  private constructor(prefill: string, stopSequences: readonly string[]) {
    this.#prefill = prefill === '' ? undefined : new PrefillCutter(prefill);
    this.#stops = stopSequences.length === 0 ? undefined : new StopSequenceScanner(stopSequences);
  }

  /** @returns undefined when the text goes through as it is. */
  static for(request: {
    readonly prefill?: string | undefined;
    readonly stopSequences?: readonly string[] | undefined;
  }): TextFilter | undefined {
    const prefill = request.prefill ?? '';
    const stopSequences = (request.stopSequences ?? []).filter((sequence) => sequence !== '');
    return prefill === '' && stopSequences.length === 0 ? undefined : new TextFilter(prefill, stopSequences);
  }

  /** The stop sequence found; no text passes after it. */
  get matched(): string | undefined {
    return this.#stops?.matched;
  }

  push(piece: string): string {
    const text = this.#prefill ? this.#prefill.push(piece) : piece;
    return this.#stops ? this.#stops.push(text) : text;
  }

  /** What was held back, when the text ends. May find a stop sequence in it. */
  flush(): string {
    const held = this.#prefill?.flush() ?? '';
    return this.#stops ? this.#stops.push(held) + this.#stops.flush() : held;
  }
}
