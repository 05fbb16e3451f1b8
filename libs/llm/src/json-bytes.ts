import type { TextEncodingForm } from './canonical/text.js';

/** A piece of a body: text in the form of the request, or bytes that are ready. */
export type JsonPiece = string | Buffer;

/**
 * One buffer of all pieces. Each is written where it belongs: joining them as strings first would copy the large ones once
 * more, and copying bytes is far cheaper than writing strings.
 */
export function joinPieces(pieces: readonly JsonPiece[], form: TextEncodingForm): Buffer {
  let length = 0;
  for (const piece of pieces) {
    length += typeof piece === 'string' && form === 'utf8' ? Buffer.byteLength(piece) : piece.length;
  }
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) at += typeof piece === 'string' ? bytes.write(piece, at, form) : piece.copy(bytes, at);
  return bytes;
}

interface Entry {
  readonly text: string;
  readonly form: TextEncodingForm;
  readonly literal: Buffer;
}

const SHORTEST = 4096;
const LONGEST = 200_000;
const MOST_ENTRIES = 16;

/** Most recently used first. */
const entries: Entry[] = [];

/**
 * The JSON literal of a string. The bytes of a few long ones are kept: an agent's system prompt of tens of kilobytes is the
 * same in every request, and comparing it is forty times faster than escaping it.
 */
export function jsonLiteral(text: string, form: TextEncodingForm): JsonPiece {
  if (text.length < SHORTEST || text.length > LONGEST) return JSON.stringify(text);
  const at = entries.findIndex((entry) => entry.form === form && entry.text === text);
  const entry =
    at === -1 ? { text, form, literal: Buffer.from(JSON.stringify(text), form) } : entries.splice(at, 1)[0]!;
  entries.unshift(entry);
  if (entries.length > MOST_ENTRIES) entries.pop();
  return entry.literal;
}
