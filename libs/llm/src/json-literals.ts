import type { TextEncodingForm } from './canonical/text.js';

interface Entry {
  readonly text: string;
  readonly form: TextEncodingForm;
  readonly literal: Buffer;
}

/** A shorter text is escaped faster than it is found. */
export const SHORTEST_KEPT = 512;
const LONGEST = 200_000;
/** Characters that tell one text from another of the same length, mostly. */
const SAMPLES = 16;

/**
 * Keeps the JSON literals of long texts. An agent sends its whole conversation with every turn: finding the literal of a text
 * takes a tenth of the time of escaping it, and its bytes are copied once.
 *
 * What has been used lies in the young generation. When that is full it becomes the old one, and what nobody has asked for since
 * the time before is forgotten with the old one.
 */
export class JsonLiterals {
  private young = new Map<number, Entry>();
  private old = new Map<number, Entry>();
  private youngBytes = 0;

  /** @param maxBytes of texts and literals, in both generations. */
  constructor(private readonly maxBytes: number) {}

  /** The literal as text where it is not worth keeping, else its bytes in `form`; never to be changed. */
  of(text: string, form: TextEncodingForm): string | Buffer {
    if (text.length < SHORTEST_KEPT || text.length > LONGEST) return JSON.stringify(text);
    const key = sampleHash(text);
    const young = this.young.get(key);
    if (young?.text === text && young.form === form) return young.literal;
    const old = this.old.get(key);
    if (old?.text === text && old.form === form) return this.keep(key, old);
    return this.keep(key, { text, form, literal: Buffer.from(JSON.stringify(text), form) });
  }

  private keep(key: number, entry: Entry): Buffer {
    this.young.set(key, entry);
    this.youngBytes += entry.text.length + entry.literal.length;
    if (this.youngBytes > this.maxBytes / 2) {
      this.old = this.young;
      this.young = new Map();
      this.youngBytes = 0;
    }
    return entry.literal;
  }
}

function sampleHash(text: string): number {
  const { length } = text;
  const step = Math.floor(length / SAMPLES);
  let hash = length;
  for (let at = length - 1; at >= 0; at -= step) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

const shared = new JsonLiterals(16 * 1024 * 1024);

/** The JSON literal of a text, from the store that all requests share. */
export function jsonLiteral(text: string, form: TextEncodingForm): string | Buffer {
  return shared.of(text, form);
}
