import { isRecord } from '../json.js';

const NOTHING = Buffer.alloc(0);
/** A chunk of usage is far smaller; what is longer goes through. In bytes. */
const LARGEST_USAGE_CHUNK = 64 * 1024;

/**
 * Takes the chunk of usage out of a stream for a client that did not ask for it; every other byte stays as it is. The
 * beginning of an event is held back until its end is there, because only then it is known what it is.
 */
export class UsageChunkStripper {
  #held: Buffer = NOTHING;
  /** Inside an event too large to be held. */
  #passing = false;

  /** @returns the bytes for the client; the given buffer itself when nothing changes. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const end = lastBorder(bytes);
    if (end === 0 && (this.#passing || bytes.length > LARGEST_USAGE_CHUNK)) {
      this.#passing = true;
      // A border may be cut in two.
      const kept = Math.max(0, bytes.length - LONGEST_BORDER);
      this.#held = Buffer.from(bytes.subarray(kept));
      return bytes.subarray(0, kept);
    }
    this.#held = Buffer.from(bytes.subarray(end));
    if (end > 0) this.#passing = false;
    return strip(bytes.subarray(0, end));
  }

  /** The stream is over: what was held back is no whole event. */
  end(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }
}

const LONGEST_BORDER = 4;

/** The position behind the last blank line; 0 when there is none. */
function lastBorder(bytes: Buffer): number {
  const end = endOfLast(bytes, '\n\n');
  return bytes.includes('\r') ? Math.max(end, endOfLast(bytes, '\r\n\r\n'), endOfLast(bytes, '\r\r')) : end;
}

function endOfLast(bytes: Buffer, border: string): number {
  const at = bytes.lastIndexOf(border);
  return at === -1 ? 0 : at + border.length;
}

function strip(events: Buffer): Buffer {
  if (!events.includes('"choices":[]') && !events.includes('"choices": []')) return events;
  const text = events.toString('latin1');
  const kept = text.split(/(?<=\n\n|\r\n\r\n|\r\r)/).filter((event) => !isUsageChunk(event));
  const joined = kept.join('');
  return joined.length === text.length ? events : Buffer.from(joined, 'latin1');
}

function isUsageChunk(event: string): boolean {
  const data = /^data: ?(\{.*\})$/m.exec(event)?.[1];
  if (data === undefined || !data.includes('"usage"')) return false;
  try {
    const chunk: unknown = JSON.parse(data);
    return (
      isRecord(chunk) && Array.isArray(chunk['choices']) && chunk['choices'].length === 0 && isRecord(chunk['usage'])
    );
  } catch {
    return false;
  }
}
