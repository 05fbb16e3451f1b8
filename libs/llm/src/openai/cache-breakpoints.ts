/** "Each request can write up to four breakpoints" (OpenAI, prompt caching). */
const MOST_BREAKPOINTS = 4;

/** A part of a message that can end a prefix to be cached; models from gpt-5.6 on. */
export interface MarkablePart {
  prompt_cache_breakpoint?: { readonly mode: 'explicit' };
}

/**
 * Carries `cache_control` marks over to `prompt_cache_breakpoint`, which stands on parts of the input only (Chat Completions:
 * on text parts): a mark on anything else moves to the nearest such part before it. Of more than four marks the end of the
 * instructions and the last three others stay.
 */
export class CacheBreakpoints {
  #last: MarkablePart | undefined;
  #endOfSystem: MarkablePart | undefined;
  readonly #marked: MarkablePart[] = [];
  /** Content that cannot carry a breakpoint has gone by since the last part that can. */
  #blocked = false;
  /** The last mark found no place. */
  #unplaced = false;

  /** Told of every part that can carry a breakpoint, in the order of the conversation. */
  passed(part: MarkablePart): void {
    this.#last = part;
    this.#blocked = false;
  }

  /**
   * Told of content that would have to change its shape to carry a breakpoint, as a tool's output that is a string. Marks come
   * and go from turn to turn, the shape must not: a mark on it is left to the breakpoint that OpenAI sets at the end by itself.
   */
  skipped(): void {
    this.#blocked = true;
  }

  /** A mark stands on the block that has just been translated. */
  mark(): void {
    this.#unplaced = this.#blocked;
    if (this.#blocked) return;
    if (this.#last && this.#marked.at(-1) !== this.#last) this.#marked.push(this.#last);
  }

  /** The instructions end here. `marked`: the tools, which come before them in the prompt, carried a mark. */
  systemEnds(marked: boolean): void {
    if (marked) this.mark();
    this.#endOfSystem = this.#marked.at(-1);
  }

  /** Writes the breakpoints into the parts and returns their number. */
  apply(): number {
    // One less leaves OpenAI's own breakpoint in force.
    const most = MOST_BREAKPOINTS - (this.#unplaced ? 1 : 0);
    const end = this.#endOfSystem;
    const others = this.#marked.filter((part) => part !== end);
    const chosen = [...(end ? [end] : []), ...others.slice(-(most - (end ? 1 : 0)))];
    for (const part of chosen) part.prompt_cache_breakpoint = { mode: 'explicit' };
    return chosen.length;
  }
}
