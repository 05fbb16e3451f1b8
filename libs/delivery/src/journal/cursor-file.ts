import { closeSync, constants, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Position } from './position.js';

/** What is kept of a sink's cursor. */
export interface CursorState {
  readonly sinkId: string;
  /** For messages to the operator. */
  readonly name: string;
  /** Everything before is settled. */
  readonly position: Position;
  /** The last sequence number of the node at the time of writing. */
  readonly lastSeq: number;
}

const SLOT_BYTES = 512;
const LONGEST_NAME = 100;
const SUFFIX = '.cursor';
const LINE = /^([0-9a-f]{8}) (\{.*\}) *\n$/;

/**
 * A sink's place in the journal, on disk. Two slots are written in turn, each a line of JSON with its CRC: a write that is cut
 * leaves the one before.
 */
export class CursorFile {
  private readonly fd: number;
  private writes: number;

  private constructor(
    private readonly path: string,
    writes: number,
  ) {
    this.writes = writes;
    this.fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }

  static create(directory: string, key: string): CursorFile {
    return new CursorFile(join(directory, `${Buffer.from(key, 'latin1').toString('hex')}${SUFFIX}`), 0);
  }

  /** The cursors of a folder; a file without a readable slot is passed over. */
  static readAll(directory: string): { file: CursorFile; state: CursorState }[] {
    const found: { file: CursorFile; state: CursorState }[] = [];
    for (const name of readdirSync(directory)) {
      if (!name.endsWith(SUFFIX)) continue;
      const path = join(directory, name);
      const newest = newestSlot(readFileSync(path));
      if (newest) found.push({ file: new CursorFile(path, newest.writes), state: newest.state });
    }
    return found;
  }

  write(state: CursorState): void {
    const writes = this.writes + 1;
    const name = state.name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_NAME);
    const json = JSON.stringify({ writes, ...state, name });
    const line = `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
    writeSync(this.fd, `${line.padEnd(SLOT_BYTES - 1)}\n`, (writes % 2) * SLOT_BYTES, 'latin1');
    this.writes = writes;
  }

  close(): void {
    closeSync(this.fd);
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }
}

function newestSlot(content: Buffer): { writes: number; state: CursorState } | undefined {
  const slots = [content.subarray(0, SLOT_BYTES), content.subarray(SLOT_BYTES, 2 * SLOT_BYTES)].flatMap(readSlot);
  return slots.sort((a, b) => b.writes - a.writes)[0];
}

function readSlot(slot: Buffer): { writes: number; state: CursorState }[] {
  const [, crc, json = ''] = LINE.exec(slot.toString('latin1')) ?? [];
  if (crc === undefined || crc32(json) !== Number.parseInt(crc, 16)) return [];
  const { writes, ...state } = JSON.parse(json) as CursorState & { writes: number };
  return [{ writes, state }];
}
