import { createHash } from 'node:crypto';
import type { PayloadCapture } from '#libs/plugin-api';

/**
 * A body as it is logged: whole, or cut at `limit` bytes (never inside a character) with size and SHA-256 of the whole.
 */
export function capturePayload(body: Buffer | string, limit: number): PayloadCapture {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  if (bytes.length <= limit) return { text: bytes.toString('utf8') };
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return {
    text: bytes.toString('utf8', 0, end),
    truncated: { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  };
}
