import { createHash } from 'node:crypto';
import { toEncoding, toText, type TextEncodingForm } from '../canonical/text.js';

/** "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40". */
const LONGEST = 40;
const KEPT_CHARACTERS = 31;

/**
 * Ids of tool calls as OpenAI takes them: unique in the conversation and short. An id that is neither keeps its place by a
 * suffix or a hash, the same in every turn.
 */
export class CallIds {
  readonly #used = new Set<string>();
  /** How often an id has been asked for: where the search for a free suffix goes on. */
  readonly #asked = new Map<string, number>();

  constructor(private readonly form: TextEncodingForm) {}

  /** The upstream's id of the next call that the client knows by `id`. */
  next(id: string): string {
    const given = toText(id, this.form) || 'call';
    let times = this.#asked.get(given) ?? 0;
    let candidate: string;
    do {
      times++;
      candidate = shortened(times === 1 ? given : `${given}_${times}`);
    } while (this.#used.has(candidate));
    this.#asked.set(given, times);
    this.#used.add(candidate);
    return toEncoding(candidate, this.form);
  }
}

function shortened(id: string): string {
  if (id.length <= LONGEST) return id;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return `${id.slice(0, KEPT_CHARACTERS).replace(/[\ud800-\udbff]$/, '_')}_${hash}`;
}
