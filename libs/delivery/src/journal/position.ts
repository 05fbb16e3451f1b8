/**
 * A place in the journal as one number: segment and offset. Grows with every frame, and stays exact up to two million
 * segments.
 */
export type Position = number;

const SEGMENT = 2 ** 32;

export function position(segment: number, offset: number): Position {
  return segment * SEGMENT + offset;
}

export function segmentOf(at: Position): number {
  return Math.floor(at / SEGMENT);
}

export function offsetOf(at: Position): number {
  return at % SEGMENT;
}
