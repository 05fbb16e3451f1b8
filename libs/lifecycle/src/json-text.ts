/** Quotes, backslashes, controls and surrogates: what JSON escapes, or may. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/; // oxlint-disable-line no-control-regex

/** Whether `text` may stand between the quotes of a JSON string as it is. A few more than necessary are refused. */
export function isPlainJson(text: string): boolean {
  return !ESCAPED.test(text);
}

const SLAB_SIZE = 32 * 1024;
/** A character that does not fit any more is left out by `write`; it has at most so many bytes. */
const LONGEST_CHARACTER = 4;
let slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
let used = 0;

/** The text in UTF-8. Many small ones share an allocation, as in `Buffer.from` but also those above 4 KB, a record's usual size. */
export function toBytes(text: string): Buffer {
  if (text.length > SLAB_SIZE / 2) return Buffer.from(text);
  let written = slab.write(text, used);
  if (SLAB_SIZE - used - written < LONGEST_CHARACTER) {
    slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    used = 0;
    written = slab.write(text, 0);
    if (SLAB_SIZE - written < LONGEST_CHARACTER) return Buffer.from(text);
  }
  const bytes = slab.subarray(used, used + written);
  used += written;
  return bytes;
}
