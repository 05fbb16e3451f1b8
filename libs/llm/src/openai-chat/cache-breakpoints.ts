import type { TextPart } from './request-message.js';

/** "Each request can write up to four breakpoints" (OpenAI, prompt caching). */
const MOST_BREAKPOINTS = 4;

/**
 * Carries `cache_control` marks over to `prompt_cache_breakpoint`, which Chat Completions takes on text parts only: a mark on
 * anything else moves to the nearest text before it. Of more than four marks the end of the instructions and the last three
 * others stay.
 */
export class CacheBreakpoints {
  #last: TextPart | undefined;
  #endOfSystem: TextPart | undefined;
  readonly #marked: TextPart[] = [];

  /** Told of every text part that can carry a breakpoint, in the order of the conversation. */
  passed(part: TextPart): void {
    this.#last = part;
  }

  /** A mark stands on the block that has just been translated. */
  mark(): void {
    if (this.#last && this.#marked.at(-1) !== this.#last) this.#marked.push(this.#last);
  }

  /** The instructions end here. `marked`: the tools, which come before them in the prompt, carried a mark. */
  systemEnds(marked: boolean): void {
    if (marked) this.mark();
    this.#endOfSystem = this.#marked.at(-1);
  }

  /** Writes the breakpoints into the parts and returns their number. */
  apply(): number {
    const end = this.#endOfSystem;
    const others = this.#marked.filter((part) => part !== end);
    const chosen = [...(end ? [end] : []), ...others.slice(-(MOST_BREAKPOINTS - (end ? 1 : 0)))];
    for (const part of chosen) part.prompt_cache_breakpoint = { mode: 'explicit' };
    return chosen.length;
  }
}
