/** What a piece of text turned out to be; each may be empty. */
export interface SplitText {
  readonly thinking: string;
  readonly text: string;
}

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Tells apart what servers without a field for reasoning write in one text: `<think>…</think>` and the answer behind it. Only tags
 * at the very beginning count, so that an answer may speak of them. Blanks around the tags are theirs. Text arrives in pieces
 * cut anywhere; only what may still become a tag is held back.
 */
export class ThinkTags {
  /** The answer has begun: all text that follows is text. */
  passed = false;
  #state: 'before' | 'opened' | 'thinking' | 'closed' = 'before';
  #held = '';

  push(piece: string): SplitText {
    if (this.passed) return { thinking: '', text: piece };
    let rest = this.#held + piece;
    this.#held = '';
    if (this.#state === 'before') {
      const start = rest.trimStart();
      if (start.length < OPEN.length && OPEN.startsWith(start)) return this.#hold(rest);
      if (!start.startsWith(OPEN)) return this.#pass(rest);
      rest = start.slice(OPEN.length);
      this.#state = 'opened';
    }
    if (this.#state === 'opened') {
      rest = rest.trimStart();
      if (rest === '') return NOTHING;
      this.#state = 'thinking';
    }
    let thinking = '';
    if (this.#state === 'thinking') {
      const end = rest.indexOf(CLOSE);
      if (end === -1) {
        const safe = safeLength(rest);
        this.#held = rest.slice(safe);
        return { thinking: rest.slice(0, safe), text: '' };
      }
      thinking = rest.slice(0, end).trimEnd();
      rest = rest.slice(end + CLOSE.length);
      this.#state = 'closed';
    }
    const text = rest.trimStart();
    return text === '' ? { thinking, text } : { thinking, text: this.#pass(text).text };
  }

  /** Something else follows, or nothing: what was held back is no tag. */
  flush(): SplitText {
    const held = this.#held;
    this.#held = '';
    if (this.#state === 'thinking') return { thinking: held, text: '' };
    if (this.#state === 'before') this.passed = true;
    return { thinking: '', text: held };
  }

  #hold(rest: string): SplitText {
    this.#held = rest;
    return NOTHING;
  }

  #pass(text: string): SplitText {
    this.passed = true;
    return { thinking: '', text };
  }
}

const NOTHING: SplitText = { thinking: '', text: '' };

/** Where blanks and the beginning of the closing tag begin that may stand at the end. */
function safeLength(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--) {
    if (CLOSE.startsWith(text.slice(-length))) return text.slice(0, -length).trimEnd().length;
  }
  return text.trimEnd().length;
}

/** A whole text. */
export function splitThinkTags(whole: string): SplitText {
  const tags = new ThinkTags();
  const first = tags.push(whole);
  const last = tags.flush();
  return { thinking: first.thinking + last.thinking, text: first.text + last.text };
}
