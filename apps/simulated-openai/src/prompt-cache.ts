/** OpenAI caches prompts of at least 1024 tokens, in steps of 128 (guide "Prompt caching"). */
const MIN_TOKENS = 1024;
const STEP = 128;
const CHARACTERS_PER_STEP = STEP * 4;
const MAX_BLOCKS = 200_000;

export interface CacheHit {
  /** Tokens read from the cache. */
  readonly cached: number;
  /** Tokens written to it by this request. */
  readonly written: number;
}

/** Remembers the prefixes of past prompts, block by block, so that the second turn of a conversation hits. */
export class PromptCache {
  /** Hashes of all prefixes that end at a block. */
  private readonly blocks = new Set<number>();

  /**
   * Looks the prompt up and stores it.
   * @param scope model and `prompt_cache_key`: prompts with different keys are routed to different machines
   * @param prompt the prompt as text, stable parts first
   * @param tokens its size
   */
  use(scope: string, prompt: string, tokens: number): CacheHit {
    if (tokens < MIN_TOKENS) return { cached: 0, written: 0 };
    const hash = new PrefixHash();
    hash.add(scope, 0, scope.length);
    let hits = 0;
    let hitting = true;
    for (let start = 0; start + CHARACTERS_PER_STEP <= prompt.length; start += CHARACTERS_PER_STEP) {
      const key = hash.add(prompt, start, start + CHARACTERS_PER_STEP);
      if (hitting && this.blocks.has(key)) hits += 1;
      else {
        hitting = false;
        this.blocks.add(key);
      }
    }
    this.forgetOldest();
    const cacheable = Math.floor((tokens - 1) / STEP) * STEP;
    const cached = Math.min(hits * STEP, cacheable);
    const used = cached >= MIN_TOKENS ? cached : 0;
    return { cached: used, written: cacheable - used };
  }

  clear(): void {
    this.blocks.clear();
  }

  private forgetOldest(): void {
    for (const block of this.blocks) {
      if (this.blocks.size <= MAX_BLOCKS) return;
      this.blocks.delete(block);
    }
  }
}

/** A running hash of 53 bits: two multiplicative hashes of 32 bits (FNV-1a with two primes), joined in one number. */
class PrefixHash {
  private a = 0x811c9dc5;
  private b = 0x9747b28c;

  /** Takes in a range of a text. @returns the hash of everything so far */
  add(text: string, start: number, end: number): number {
    let { a, b } = this;
    for (let index = start; index < end; index += 1) {
      const code = text.charCodeAt(index);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x85ebca6b);
    }
    this.a = a;
    this.b = b;
    return (a >>> 0) * 0x200000 + (b >>> 11);
  }
}
