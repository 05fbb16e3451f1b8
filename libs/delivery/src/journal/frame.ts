import { crc32 } from 'node:zlib';

/**
 * A frame of the journal, little endian:
 *
 * | bytes | content                                        |
 * | ----- | ---------------------------------------------- |
 * | 4     | `TGJ1`                                         |
 * | 4     | CRC-32 of all that follows                     |
 * | 4     | length of the payload                          |
 * | 1     | kind                                           |
 * | 1     | number of sinks                                |
 * | 2     | 0: JSON has no such byte, so no payload can hold a frame |
 * | 8     | sequence number of the exchange, a double      |
 * | 8     | milliseconds since 1970, a double              |
 * | 8 × n | keys of the sinks                              |
 * |       | payload                                        |
 */
export const HEADER_BYTES = 32;
export const KEY_BYTES = 8;
/** Larger ones are not written, and a header that tells of one is broken. */
export const LARGEST_PAYLOAD = 512 * 1024 * 1024;

const MAGIC = Buffer.from('TGJ1');
export const MAGIC_BYTES = MAGIC.length;
const MAGIC_NUMBER = MAGIC.readUInt32LE();
const CRC_AT = 4;
const LENGTH_AT = 8;
const KIND_AT = 12;
const KEYS_AT = 13;
const ZERO_AT = 14;
const SEQ_AT = 16;
const TIME_AT = 24;

export enum FrameKind {
  /** An exchange has started; the payload is what its record will say when nothing more comes. */
  Mark = 1,
  /** The record of a finished exchange. */
  Record = 2,
  /** An exchange has finished and its record was dropped. */
  End = 3,
  /** Begins a segment; `seq` is the last one so far. */
  Head = 4,
}

export interface FrameHead {
  readonly kind: FrameKind;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Keys of the sinks, one behind the other. */
  readonly keys: Buffer;
}

export interface Frame extends FrameHead {
  readonly payload: Buffer;
  /** Offset behind the frame. */
  readonly end: number;
}

/** Bytes that a frame takes. */
export function frameBytes(keys: Buffer, payload: number): number {
  return HEADER_BYTES + keys.length + payload;
}

/**
 * Writes a frame's header and keys to `target` at 0; the payload belongs at `HEADER_BYTES + keys.length`.
 * @param payload when it is not in `target` already.
 */
export function writeHeader(target: Buffer, head: FrameHead, length: number, payload?: Buffer): void {
  const { kind, seq, at, keys } = head;
  target.writeUInt32LE(MAGIC_NUMBER, 0);
  target.writeUInt32LE(length, LENGTH_AT);
  target[KIND_AT] = kind;
  target[KEYS_AT] = keys.length / KEY_BYTES;
  target.writeUInt16LE(0, ZERO_AT);
  target.writeDoubleLE(seq, SEQ_AT);
  target.writeDoubleLE(at, TIME_AT);
  keys.copy(target, HEADER_BYTES);
  const inTarget = HEADER_BYTES + keys.length + (payload ? 0 : length);
  const crc = crc32(target.subarray(LENGTH_AT, inTarget));
  target.writeUInt32LE(payload ? crc32(payload, crc) : crc, CRC_AT);
}

/** The frame at `offset`; `short` when more bytes would be needed, `broken` when there is none. */
export function readFrame(buffer: Buffer, offset: number): Frame | 'short' | 'broken' {
  if (buffer.length - offset < HEADER_BYTES) return 'short';
  const length = frameLength(buffer, offset);
  if (length === undefined) return 'broken';
  const end = offset + length;
  if (end > buffer.length) return 'short';
  if (crc32(buffer.subarray(offset + LENGTH_AT, end)) !== buffer.readUInt32LE(offset + CRC_AT)) return 'broken';
  const keysEnd = offset + HEADER_BYTES + (buffer[offset + KEYS_AT] ?? 0) * KEY_BYTES;
  return {
    kind: buffer[offset + KIND_AT] as FrameKind,
    seq: buffer.readDoubleLE(offset + SEQ_AT),
    at: buffer.readDoubleLE(offset + TIME_AT),
    keys: buffer.subarray(offset + HEADER_BYTES, keysEnd),
    payload: buffer.subarray(keysEnd, end),
    end,
  };
}

/** Length of the frame whose whole header is at `offset`; undefined when that is no header. */
export function frameLength(buffer: Buffer, offset: number): number | undefined {
  if (buffer.readUInt32LE(offset) !== MAGIC_NUMBER || buffer.readUInt16LE(offset + ZERO_AT) !== 0) return undefined;
  const payload = buffer.readUInt32LE(offset + LENGTH_AT);
  if (payload > LARGEST_PAYLOAD) return undefined;
  return HEADER_BYTES + (buffer[offset + KEYS_AT] ?? 0) * KEY_BYTES + payload;
}

/** Where the next frame may begin, from `offset` on; undefined when nothing looks like one. */
export function findFrame(buffer: Buffer, offset: number): number | undefined {
  const found = buffer.indexOf(MAGIC, offset);
  return found === -1 ? undefined : found;
}
