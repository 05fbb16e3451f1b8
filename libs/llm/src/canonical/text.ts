/**
 * How the strings of a parsed body are held. `latin1`: one char per UTF-8 byte, the cheap form of a large body (parse and
 * serialise without decoding); exact as long as strings are only moved, cut at ASCII and joined. `utf8`: ordinary text.
 * Whatever we add to a `latin1` request is either ASCII or passed through `toEncoding`.
 */
export type TextEncodingForm = 'latin1' | 'utf8';

/** Content of a JSON string literal without its quotes, escapes as they stand, one char per UTF-8 byte. */
export type JsonText = string & { readonly __jsonText: unique symbol };

/** Ordinary text → the form of the request's strings. */
export function toEncoding(text: string, form: TextEncodingForm): string {
  return form === 'latin1' && !isAscii(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** A string of a request → ordinary text. */
export function toText(value: string, form: TextEncodingForm): string {
  return form === 'latin1' && !isAscii(value) ? Buffer.from(value, 'latin1').toString('utf8') : value;
}

/** Ordinary text → the inside of a JSON string literal as bytes. */
export function toJsonText(text: string): JsonText {
  const literal = JSON.stringify(text);
  const inside = literal.slice(1, -1);
  return (isAscii(inside) ? inside : Buffer.from(inside, 'utf8').toString('latin1')) as JsonText;
}

/** The inverse of `toJsonText`. */
export function fromJsonText(text: JsonText): string {
  const bytes = isAscii(text) ? text : Buffer.from(text, 'latin1').toString('utf8');
  return bytes.includes('\\') ? (JSON.parse(`"${bytes}"`) as string) : bytes;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
