/** Entries at most; what a request could not carry is told, not spelt out without end. */
const MOST_ENTRIES = 64;

/** Collects what could not be carried over or only roughly, each once: `lossy:top_k`, `lossy:block:fallback`. */
export class Ledger {
  readonly #entries = new Set<string>();

  add(what: string): void {
    if (this.#entries.size < MOST_ENTRIES) this.#entries.add(`lossy:${what}`);
  }

  list(): string[] {
    return [...this.#entries];
  }
}
