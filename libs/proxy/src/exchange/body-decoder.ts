import * as zlib from 'node:zlib';
import { GatewayError } from '#libs/plugin-api';

type Decode = (
  body: Buffer,
  options: { maxOutputLength: number },
  callback: (error: Error | null, result: Buffer) => void,
) => void;

/** More layers than this are an attack: every one multiplies the work. */
const MAX_LAYERS = 3;

/** zlib takes no larger limit than a Buffer can have. */
const UNLIMITED = 2 ** 31 - 1;

const DECODERS = new Map<string, Decode>([
  ['gzip', zlib.gunzip],
  ['x-gzip', zlib.gunzip],
  ['deflate', inflateEither],
  ['br', zlib.brotliDecompress],
]);
// Node has it since 22.15; without it the client is told so.
const { zstdDecompress } = zlib as { zstdDecompress?: Decode };
if (zstdDecompress) DECODERS.set('zstd', zstdDecompress);

/** The layers of a `content-encoding` header, the outermost last as RFC 9110, section 8.4 lists them; none for `identity`. */
export function contentCodings(header: string | undefined): string[] {
  if (header === undefined) return [];
  return header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

/**
 * @param codings what `contentCodings` gives
 * @throws GatewayError `unsupported_encoding` that names what is supported
 */
export function requireSupported(codings: readonly string[]): void {
  for (const coding of codings) {
    if (!DECODERS.has(coding)) {
      throw new GatewayError('unsupported_encoding', {
        detail: `"${coding.slice(0, 40)}"; supported are ${[...DECODERS.keys()].join(', ')}`,
      });
    }
  }
  if (codings.length > MAX_LAYERS) {
    throw new GatewayError('unsupported_encoding', { detail: `more than ${MAX_LAYERS} layers of compression` });
  }
}

/**
 * Decompresses a body. No layer ever grows beyond `limit`, so that a small body cannot fill the memory.
 *
 * @param limit bytes, 0 means unlimited
 * @throws GatewayError `body_too_large`, `bad_request` for broken compression
 */
export async function decodeBody(body: Buffer, codings: readonly string[], limit: number): Promise<Buffer> {
  let decoded = body;
  for (const coding of codings.toReversed()) {
    const decode = DECODERS.get(coding);
    if (decode) decoded = await run(decode, coding, decoded, limit);
  }
  return decoded;
}

function run(decode: Decode, coding: string, body: Buffer, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    decode(body, { maxOutputLength: limit === 0 ? UNLIMITED : limit }, (error, result) => {
      if (error === null) resolve(result);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') reject(bodyTooLarge(limit, error));
      else {
        reject(new GatewayError('bad_request', { detail: `the body is not valid ${coding} data`, cause: error }));
      }
    });
  });
}

export function bodyTooLarge(limit: number, cause?: unknown): GatewayError {
  return new GatewayError('body_too_large', { detail: `at most ${limit} bytes are accepted`, cause });
}

/** `deflate` means zlib's format, but some clients send the bare deflate stream (RFC 9110, section 8.4.1.2). */
function inflateEither(
  body: Buffer,
  options: { maxOutputLength: number },
  callback: (error: Error | null, result: Buffer) => void,
): void {
  const hasZlibHeader = body.length >= 2 && (body.readUInt8(0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
  if (hasZlibHeader) zlib.inflate(body, options, callback);
  else zlib.inflateRaw(body, options, callback);
}
