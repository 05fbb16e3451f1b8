/** The arguments of a tool call are a JSON object written by a model: mostly, but not always, well-formed. */

/** Finds the end of an object that arrives in pieces; does not look at anything but strings and brackets. */
export class ObjectEndScanner {
  /** The outermost bracket is closed. */
  complete = false;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** @returns the index after the closing bracket when it lies in this piece, else -1. */
  feed(piece: string): number {
    for (let i = 0; i < piece.length && !this.complete; i++) {
      const char = piece.charCodeAt(i);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (char === BACKSLASH) this.#escaped = true;
        else if (char === QUOTE) this.#inString = false;
      } else if (char === QUOTE) this.#inString = true;
      else if (char === OPEN_BRACE || char === OPEN_BRACKET) this.#depth++;
      else if ((char === CLOSE_BRACE || char === CLOSE_BRACKET) && --this.#depth <= 0) {
        this.complete = true;
        return i + 1;
      }
    }
    return -1;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Whether the text is the JSON of an object. */
export function isObjectJson(text: string): boolean {
  const value = parse(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Repairs what cannot change the meaning of a complete object: one pair of quotes around the whole, the same object twice,
 * control characters inside strings, a comma before a closing bracket. A cut text is never completed: a tool run on half
 * of its arguments does damage, an error does not.
 *
 * @returns JSON text of an object, or undefined when the text is not one and cannot be made one.
 */
export function repairObjectJson(text: string): string | undefined {
  const trimmed = text.trim();
  const candidates = [trimmed, withoutOuterQuotes(trimmed)];
  for (const candidate of candidates) {
    if (candidate === undefined) continue;
    const mended = mendSyntax(candidate);
    for (const json of [candidate, mended, withoutRepetition(mended)]) {
      if (json !== undefined && isObjectJson(json)) return json;
    }
  }
  return undefined;
}

function withoutOuterQuotes(text: string): string | undefined {
  if (text.length < 2) return undefined;
  if (text.startsWith("'") && text.endsWith("'")) return text.slice(1, -1).trim();
  if (!text.startsWith('"')) return undefined;
  const value = parse(text);
  return typeof value === 'string' ? value.trim() : undefined;
}

function withoutRepetition(text: string): string | undefined {
  const end = new ObjectEndScanner().feed(text);
  if (end === -1) return undefined;
  const first = text.slice(0, end);
  return text.slice(end).trim() === first ? first : undefined;
}

/** Escapes control characters inside strings and drops commas that stand before a closing bracket. */
function mendSyntax(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[^])*"|,(?=\s*[}\]])/g, (token) =>
    token === ',' ? '' : token.replace(CONTROL_CHARACTERS, (char) => JSON.stringify(char).slice(1, -1)),
  );
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL_CHARACTERS = /[\u0000-\u001f]/g;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
