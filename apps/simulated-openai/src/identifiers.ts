import { randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HEX = 16;

/** Random once per process; the counter behind it makes every id different without a random draw per request. */
const SEED = [...randomBytes(48)].map((byte) => DIGITS[byte % DIGITS.length]).join('');
const HEX_SEED = randomBytes(24).toString('hex');
let counter = 0;

/** `prefix` and as many base-62 digits, unique in this process. */
export function identifier(prefix: string, digits: number): string {
  counter += 1;
  const tail = base62(counter);
  return prefix + SEED.slice(0, digits - tail.length) + tail;
}

/** `prefix` and as many hex digits, unique in this process: the form of ids in the Responses API. */
export function hexIdentifier(prefix: string, digits: number): string {
  counter += 1;
  const tail = counter.toString(HEX);
  return prefix + HEX_SEED.slice(0, digits - tail.length) + tail;
}

function base62(value: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / DIGITS.length)) text = DIGITS[rest % DIGITS.length] + text;
  return text;
}

const PADDING = SEED.slice(0, HEX);

/**
 * The `obfuscation` of a streamed delta: characters that bring chunks of different content to the same few sizes.
 * https://platform.openai.com/docs/api-reference/chat/create, `stream_options.include_obfuscation`
 */
export const obfuscation = (contentLength: number): string => PADDING.slice(0, HEX - (contentLength % HEX));
