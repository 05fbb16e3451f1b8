import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
const ID_DIGITS = 2 * ID_BYTES;
/** Random bytes are fetched and spelled for this many ids at once; for each by itself they would cost more than the rest of it. */
const POOLED_IDS = 128;

const bytes = Buffer.allocUnsafe(ID_BYTES * POOLED_IDS);
let digits = '';
let used = 0;

/** 128 random bits as 32 hex digits. */
export function newRequestId(): string {
  if (used === digits.length) {
    digits = randomFillSync(bytes).toString('hex');
    used = 0;
  }
  used += ID_DIGITS;
  return digits.slice(used - ID_DIGITS, used);
}
