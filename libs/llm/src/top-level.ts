import { invalidRequest } from './canonical/error.js';
import { isEscaped, type JsonBody } from './json-body.js';

/** Where a value stands in its text: `text.slice(start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of the outermost object; `from` is the index of its key's opening quote. */
interface Member extends Span {
  readonly key: string;
  readonly from: number;
}

/**
 * Finds the members of a JSON object without parsing their values. Of a key that occurs twice the last one counts, as in
 * `JSON.parse`. Every step moves forward, so malformed input ends the scan, it cannot hold it.
 *
 * For valid JSON the spans are exact. Of malformed JSON only the outer structure, the nesting of brackets and top-level
 * numbers and words are checked; parsing what a span covers checks the rest.
 *
 * @returns undefined when the text is not one object.
 */
export function scanTopLevel(text: string): Map<string, Span> | undefined {
  const members = topLevelMembers(text);
  return members && new Map(members.map(({ key, start, end }) => [key, { start, end }]));
}

/**
 * Replaces, appends or removes top-level members; every other byte stays as it is, also the order, the spaces and the
 * members this gateway does not know. A key that occurs twice is replaced or removed in both places.
 *
 * @param patches ASCII key → JSON text of the new value in ordinary characters, or undefined to remove the member.
 * @returns the patched bytes; the given buffer itself when nothing changes.
 * @throws LlmError 400 when the body is not a JSON object.
 */
export function patchTopLevel(body: JsonBody | Buffer, patches: Readonly<Record<string, string | undefined>>): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : body.bytes;
  const text = Buffer.isBuffer(body) || body.form !== 'latin1' ? bytes.toString('latin1') : body.text;
  const members = topLevelMembers(text);
  if (!members) throw invalidRequest('The request body is not a JSON object');

  const wanted = new Map(Object.entries(patches));
  const present = new Set(members.map((member) => member.key));
  const touched = [...wanted].some(([key, value]) => value !== undefined || present.has(key));
  if (!touched) return bytes;

  const first = members[0];
  const last = members.at(-1);
  const open = first ? first.from : text.indexOf('{') + 1;
  const pieces: Buffer[] = [bytes.subarray(0, open)];
  let kept = 0;
  for (const [index, member] of members.entries()) {
    const patch = wanted.get(member.key);
    if (patch === undefined && wanted.has(member.key)) continue;
    const previous = members[index - 1];
    if (kept++ > 0 && previous) pieces.push(bytes.subarray(previous.end, member.from));
    if (patch === undefined) pieces.push(bytes.subarray(member.from, member.end));
    else pieces.push(bytes.subarray(member.from, member.start), Buffer.from(patch));
  }
  for (const [key, patch] of wanted) {
    if (patch === undefined || present.has(key)) continue;
    pieces.push(Buffer.from(`${kept++ > 0 ? ',' : ''}${JSON.stringify(key)}:${patch}`));
  }
  pieces.push(bytes.subarray(last ? last.end : open));
  return Buffer.concat(pieces);
}

function topLevelMembers(text: string): Member[] | undefined {
  const members: Member[] = [];
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return undefined;
  at = skipSpace(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) return isEnd(text, at + 1) ? members : undefined;
  for (;;) {
    const from = at;
    const keyEnd = text.charCodeAt(from) === QUOTE ? endOfString(text, from) : -1;
    if (keyEnd === -1) return undefined;
    const key = keyOf(text.slice(from, keyEnd));
    at = skipSpace(text, keyEnd);
    if (key === undefined || text.charCodeAt(at) !== COLON) return undefined;
    const start = skipSpace(text, at + 1);
    const end = endOfValue(text, start);
    if (end === -1) return undefined;
    members.push({ key, from, start, end });
    at = skipSpace(text, end);
    const next = text.charCodeAt(at);
    if (next === CLOSE_BRACE) return isEnd(text, at + 1) ? members : undefined;
    if (next !== COMMA) return undefined;
    at = skipSpace(text, at + 1);
  }
}

/** The index after the value that begins at `start`, or -1. */
function endOfValue(text: string, start: number): number {
  const code = text.charCodeAt(start);
  if (code === QUOTE) return endOfString(text, start);
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return endOfContainer(text, start);
  SCALAR.lastIndex = start;
  const scalar = SCALAR.exec(text);
  return scalar ? start + scalar[0].length : -1;
}

/** The index after the closing quote of the string whose opening quote is at `start`, or -1. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    if (!isEscaped(text, quote)) return quote + 1;
  }
  return -1;
}

/** The index after the bracket that closes the one at `start`, or -1. Brackets must nest; strings are skipped whole. */
function endOfContainer(text: string, start: number): number {
  const closing: number[] = [];
  for (let at = start; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (end === -1) return -1;
        at = end - 1;
        break;
      }
      case OPEN_BRACE:
        closing.push(CLOSE_BRACE);
        break;
      case OPEN_BRACKET:
        closing.push(CLOSE_BRACKET);
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (closing.pop() !== text.charCodeAt(at)) return -1;
        if (closing.length === 0) return at + 1;
        break;
    }
  }
  return -1;
}

/** The key behind its literal; an escaped spelling such as `"mod\u0065l"` names the same member. */
function keyOf(literal: string): string | undefined {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

function skipSpace(text: string, at: number): number {
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

function isEnd(text: string, at: number): boolean {
  return skipSpace(text, at) === text.length;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
