import type { TextEncodingForm } from './canonical/text.js';
import { jsonLiteral, SHORTEST_KEPT } from './json-literals.js';

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

/** Values nested deeper than that in a request's messages are written as they are: no long text lies there. */
const DEEPEST = 5;

/**
 * The members of an array as JSON, without the brackets: what `JSON.stringify` writes of plain data, its long strings from the
 * store of literals.
 */
export function jsonMembers(values: readonly unknown[], form: TextEncodingForm): JsonPiece[] {
  const writer = new Writer(form);
  writer.list(values, 0);
  return writer.end();
}

class Writer {
  private readonly pieces: JsonPiece[] = [];
  private text = '';

  constructor(private readonly form: TextEncodingForm) {}

  end(): JsonPiece[] {
    this.pieces.push(this.text);
    return this.pieces;
  }

  list(values: readonly unknown[], depth: number): void {
    for (let i = 0; i < values.length; i++) {
      if (i > 0) this.text += ',';
      this.value(values[i], depth);
    }
  }

  private value(value: unknown, depth: number): void {
    if (typeof value === 'string') {
      this.string(value);
    } else if (!holdsLongText(value, depth)) {
      this.text += JSON.stringify(value) ?? 'null';
    } else if (Array.isArray(value)) {
      this.text += '[';
      this.list(value, depth + 1);
      this.text += ']';
    } else {
      this.members(value as object, depth + 1);
    }
  }

  private members(object: object, depth: number): void {
    let separator = '{';
    for (const name in object) {
      const member = (object as Readonly<Record<string, unknown>>)[name];
      if (member === undefined) continue;
      this.text += separator + nameLiteral(name);
      this.value(member, depth);
      separator = ',';
    }
    this.text += '}';
  }

  private string(value: string): void {
    const literal = jsonLiteral(value, this.form);
    if (typeof literal === 'string') {
      this.text += literal;
    } else {
      this.pieces.push(this.text, literal);
      this.text = '';
    }
  }
}

function holdsLongText(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length >= SHORTEST_KEPT;
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return false;
  if (Array.isArray(value)) return value.some((member) => holdsLongText(member, depth + 1));
  for (const name in value) {
    if (holdsLongText((value as Readonly<Record<string, unknown>>)[name], depth + 1)) return true;
  }
  return false;
}

const MOST_NAMES = 64;
const names = new Map<string, string>();

/** The members of messages have few names. */
function nameLiteral(name: string): string {
  let literal = names.get(name);
  if (literal === undefined) {
    literal = `${JSON.stringify(name)}:`;
    if (names.size < MOST_NAMES) names.set(name, literal);
  }
  return literal;
}
