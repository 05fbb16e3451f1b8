import { createHash } from 'node:crypto';

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
  private readonly blocks = new Set<string>();

  /**
   * Looks the prompt up and stores it.
   * @param scope model and `prompt_cache_key`: prompts with different keys are routed to different machines
   * @param prompt the prompt as text, stable parts first
   * @param tokens its size
   */
  use(scope: string, prompt: string, tokens: number): CacheHit {
    if (tokens < MIN_TOKENS) return { cached: 0, written: 0 };
    let key = scope;
    let hits = 0;
    let hitting = true;
    for (let start = 0; start + CHARACTERS_PER_STEP <= prompt.length; start += CHARACTERS_PER_STEP) {
      key = createHash('sha1')
        .update(key)
        .update(prompt.slice(start, start + CHARACTERS_PER_STEP))
        .digest('base64');
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
