import { readFileSync } from 'node:fs';
import { findFrame, FrameKind, readFrame, type Frame } from './frame.js';
import { position, type Position } from './position.js';
import { listSegments, truncateSegment, type Segment } from './segments.js';

/** An exchange that has started and not finished. */
export interface Mark {
  readonly at: number;
  readonly keys: Buffer;
  readonly text: string;
}

export interface Scan {
  readonly segments: readonly Segment[];
  readonly lastSeq: number;
  /** By sequence number. */
  readonly unfinished: ReadonlyMap<number, Mark>;
  /** Places where there was no readable frame. */
  readonly corrupt: number;
  /** Bytes cut off the end, where a write had not come to its end. */
  readonly torn: number;
}

/**
 * Reads a journal as a process has left it, whatever ended that process.
 * @param onSegment before each segment. @param onRecord for each readable record.
 */
export function scanJournal(
  directory: string,
  onSegment: (segment: Segment) => void,
  onRecord: (start: Position, frame: Frame) => void,
): Scan {
  const segments = listSegments(directory);
  const unfinished = new Map<number, Mark>();
  let lastSeq = 0;
  let corrupt = 0;
  let torn = 0;
  for (const segment of segments) {
    onSegment(segment);
    const content = readFileSync(segment.path);
    const { holes, end } = walkFrames(content, (start, frame) => {
      lastSeq = Math.max(lastSeq, frame.seq);
      if (frame.kind === FrameKind.Mark) {
        // Copied, so that the segment does not stay in memory.
        const mark = { at: frame.at, keys: Buffer.from(frame.keys), text: frame.payload.toString() };
        unfinished.set(frame.seq, mark);
      } else if (frame.kind !== FrameKind.Head) {
        unfinished.delete(frame.seq);
        if (frame.kind === FrameKind.Record) onRecord(position(segment.number, start), frame);
      }
    });
    corrupt += holes;
    if (end === content.length) continue;
    torn += content.length - end;
    segment.size = end;
    truncateSegment(segment);
  }
  return { segments, lastSeq, unfinished, corrupt, torn };
}

/** @returns how often bytes had to be skipped, and the end of the last whole frame. */
function walkFrames(content: Buffer, onFrame: (start: number, frame: Frame) => void): { holes: number; end: number } {
  let at = 0;
  let end = 0;
  let holes = 0;
  for (let start: number | undefined = 0; start !== undefined && start < content.length;) {
    const frame = readFrame(content, start);
    if (typeof frame === 'string') {
      start = findFrame(content, start + 1);
      continue;
    }
    if (start > at) holes++;
    onFrame(start, frame);
    at = end = start = frame.end;
  }
  return { holes, end };
}
