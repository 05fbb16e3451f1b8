import { createHash } from 'node:crypto';
import type { ToolNames } from '../canonical/tool-names.js';

/** What OpenAI takes as a function name. */
const ACCEPTED = /^[A-Za-z0-9_-]{1,64}$/;
const KEPT_CHARACTERS = 55;
const HASH_DIGITS = 8;

/**
 * Makes names that OpenAI accepts and finds the way back. Anthropic allows 128 characters, and names of MCP tools use them;
 * some clients put dots or colons in. Such a name becomes its first 55 characters and a hash of the whole, without any
 * memory between requests: the next turn maps it alike. Ordinary text on both sides.
 */
export class MappedToolNames implements ToolNames {
  readonly #upstream = new Map<string, string>();
  /** Every name given out, so that no two tools share one. */
  readonly #client = new Map<string, string>();

  upstream(name: string): string {
    const known = this.#upstream.get(name);
    if (known !== undefined) return known;
    const mapped = ACCEPTED.test(name) && !this.#client.has(name) ? name : this.#shorten(name);
    this.#upstream.set(name, mapped);
    this.#client.set(mapped, name);
    return mapped;
  }

  client(name: string): string {
    return this.#client.get(name) ?? name;
  }

  #shorten(name: string): string {
    const hash = createHash('sha256').update(name).digest('hex');
    const kept = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, KEPT_CHARACTERS);
    // Only names made to collide get past the first digits.
    for (let at = 0; ; at += HASH_DIGITS) {
      const digits = at + HASH_DIGITS <= hash.length ? hash.slice(at, at + HASH_DIGITS) : `x${at.toString(16)}`;
      const candidate = `${kept}_${digits}`;
      if (!this.#client.has(candidate)) return candidate;
    }
  }
}
