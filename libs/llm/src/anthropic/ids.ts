import { randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Bytes from here on would make the first letters of the alphabet likelier than the rest. */
const FAIR_BYTES = 256 - (256 % ALPHABET.length);

/** One call into the system's generator serves some hundred ids. */
const pool = Buffer.alloc(8192);
let next = pool.length;

/** `msg_` and 24 random characters. Claude Code groups what it receives by this id, so it must never repeat. */
export function newMessageId(): string {
  return `msg_${random(24)}`;
}

export function newToolUseId(): string {
  return `toolu_${random(24)}`;
}

function random(length: number): string {
  let id = '';
  while (id.length < length) {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    const byte = pool[next++] ?? FAIR_BYTES;
    if (byte < FAIR_BYTES) id += ALPHABET[byte % ALPHABET.length];
  }
  return id;
}

/** The ids of the tool calls of one message: Anthropic's characters only, none empty, none twice. */
export class ToolUseIds {
  #used: Set<string> | undefined;

  /** @param id the upstream's, possibly empty. */
  take(id: string): string {
    const base = id === '' ? newToolUseId() : id.replace(/[^A-Za-z0-9_-]/g, '_');
    let unique = base;
    const used = (this.#used ??= new Set());
    for (let n = 2; used.has(unique); n++) unique = `${base}_${n}`;
    used.add(unique);
    return unique;
  }
}
