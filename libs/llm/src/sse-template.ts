import { flat } from './canonical/json-text-buffer.js';

/** A value inside an event that differs from event to event. */
export interface Hole {
  /** Where it stands in the parsed data. Names of keys and indices of arrays. */
  readonly path: readonly (string | number)[];
  readonly kind: 'string' | 'number';
}

/**
 * The shape of an event that comes over and over with other words in it. Nothing about a server's formatting is assumed:
 * the template is cut from an event that has been parsed, and it is proven by parsing that event again with other words in
 * the holes. An event that has the same bytes outside the holes, and a valid JSON string or number in each, therefore means
 * the same, and need not be parsed. Everything else does not match.
 */
export class SseTemplate {
  /** After a match: where the first hole's content stands in the text. */
  start = 0;
  end = 0;
  /** After a match: the content has escapes that `JSON.stringify` would not have written. */
  unusual = false;

  /** @param literals what stands around the holes, one more than `kinds`. @param main index of the hole that is wanted. */
  private constructor(
    private readonly literals: readonly string[],
    private readonly kinds: readonly Hole['kind'][],
    private readonly main: number,
  ) {}

  /**
   * @param raw a whole event with its line ends, one char per byte. @param data its only data line. @param parsed what it parses to.
   * @param holes the one that is wanted first; those that the event does not have are left out.
   * @returns undefined when the event cannot be cut like that.
   */
  static learn(raw: string, data: string, parsed: unknown, holes: readonly Hole[]): SseTemplate | undefined {
    const offset = raw.indexOf(data);
    if (offset === -1) return undefined;
    const cuts: Cut[] = [];
    for (const [order, hole] of holes.entries()) {
      if (typeof valueAt(parsed, hole.path) !== hole.kind) continue;
      const cut = locate(data, hole);
      if (cut === undefined) return undefined;
      cuts.push({ ...cut, order });
    }
    if (cuts[0]?.order !== 0) return undefined;
    cuts.sort((a, b) => a.start - b.start);
    const literals: string[] = [];
    let from = 0;
    for (const cut of cuts) {
      literals.push(flat(raw.slice(from, offset + cut.start)));
      from = offset + cut.end;
    }
    literals.push(flat(raw.slice(from)));
    return new SseTemplate(
      literals,
      cuts.map(({ kind }) => kind),
      cuts.findIndex(({ order }) => order === 0),
    );
  }

  /** @returns the position after the event, or -1 when another one stands at `at` or it is not complete yet. */
  match(text: string, at: number): number {
    let position = at;
    for (let i = 0; i < this.kinds.length; i++) {
      const literal = this.literals[i] ?? '';
      if (!stands(literal, text, position)) return -1;
      position += literal.length;
      const end =
        this.kinds[i] === 'string' ? this.#stringEnd(text, position, i === this.main) : numberEnd(text, position);
      if (end === -1) return -1;
      if (i === this.main) {
        this.start = position;
        this.end = end;
      }
      position = end;
    }
    const last = this.literals[this.kinds.length] ?? '';
    return stands(last, text, position) ? position + last.length : -1;
  }

  /** Index of the closing quote; -1 when the string is not valid JSON or not complete. */
  #stringEnd(text: string, from: number, isMain: boolean): number {
    let unusual = false;
    for (let i = from; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (char === QUOTE) {
        if (isMain) this.unusual = unusual;
        return i;
      }
      if (char < SPACE) return -1;
      if (char !== BACKSLASH) continue;
      const escape = text.charCodeAt(++i);
      if (escape === LETTER_U) {
        if (!isHex(text, i + 1)) return -1;
        i += 4;
        unusual = true;
      } else if (escape === SLASH) unusual = true;
      else if (!SHORT_ESCAPES.includes(escape)) return -1;
    }
    return -1;
  }
}

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly kind: Hole['kind'];
  /** Of the hole in the list asked for. */
  readonly order: number;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** `"`, `\`, b, f, n, r, t. */
const SHORT_ESCAPES = [0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74];

/** Put into a hole to see whether it is the right one. */
const PROBES = { string: '"\\u0000 probe"', number: '1234567890123' } as const;

/** Finds the literal of a value in JSON text: the place where a change changes that value. */
function locate(data: string, { path, kind }: Hole): Omit<Cut, 'order'> | undefined {
  const key = path.findLast((step) => typeof step === 'string') ?? '';
  const value = kind === 'string' ? String.raw`"(?:[^"\\]|\\[^])*"` : String.raw`\d+(?=\s*[,}\]])`;
  for (const match of data.matchAll(new RegExp(`"${key}"\\s*:\\s*(${value})`, 'g'))) {
    const literal = match[1] ?? '';
    const end = match.index + match[0].length;
    const start = end - literal.length;
    const probed = data.slice(0, start) + PROBES[kind] + data.slice(end);
    if (valueAt(parseOrNothing(probed), path) !== JSON.parse(PROBES[kind])) continue;
    return kind === 'string' ? { start: start + 1, end: end - 1, kind } : { start, end, kind };
  }
  return undefined;
}

/** `startsWith` with a position; comparing a slice is four times as fast on long literals (V8 compares words, not chars). */
function stands(literal: string, text: string, at: number): boolean {
  return text.slice(at, at + literal.length) === literal;
}

function valueAt(value: unknown, path: Hole['path']): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step], value);
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function numberEnd(text: string, from: number): number {
  let end = from;
  while (isDigit(text.charCodeAt(end))) end++;
  // JSON has no numbers with leading zeros.
  return end === from || (end > from + 1 && text.charCodeAt(from) === DIGIT_0) ? -1 : end;
}

const DIGIT_0 = 0x30;

function isDigit(char: number): boolean {
  return char >= DIGIT_0 && char <= 0x39;
}

function isHex(text: string, from: number): boolean {
  for (let i = from; i < from + 4; i++) {
    const char = text.charCodeAt(i);
    const lower = char | 0x20;
    if (!(isDigit(char) || (lower >= 0x61 && lower <= 0x66))) return false;
  }
  return true;
}
