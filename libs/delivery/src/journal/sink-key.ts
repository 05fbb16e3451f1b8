import { createHash } from 'node:crypto';
import { KEY_BYTES } from './frame.js';

/** A sink in a frame: the first bytes of its id's digest, always of one length. One char a byte. */
export function sinkKey(sinkId: string): string {
  return createHash('sha256').update(sinkId).digest().toString('latin1', 0, KEY_BYTES);
}

/** The keys of a frame. */
export function* keysOf(keys: Buffer): Iterable<string> {
  for (let at = 0; at < keys.length; at += KEY_BYTES) yield keys.toString('latin1', at, at + KEY_BYTES);
}

/** Whether `key` is among the keys of a frame. */
export function hasKey(keys: Buffer, key: string): boolean {
  for (const one of keysOf(keys)) if (one === key) return true;
  return false;
}
