import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, Readable, type Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { STDIN } from './log-files.js';

/** Bytes asked of the file system at a time. */
const READ_SIZE = 1024 * 1024;

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Since Node 22.15; a log in this format is refused by an older one. */
const createZstdDecompress = (zlib as { createZstdDecompress?: () => Duplex }).createZstdDecompress;

export class UnreadableLogError extends Error {}

/**
 * Gives the content of a file, or of standard input, piece by piece; each piece is good only during the call. What is
 * compressed with gzip or zstd, by its first bytes and whatever its name, is given decompressed.
 *
 * @param onRead gets the number of bytes read of the file itself, for a progress bar
 * @throws UnreadableLogError when it cannot be opened or read, or when the compressed data end early or are damaged; what
 * came before has been given.
 */
export async function readBytes(
  path: string,
  onPiece: (piece: Buffer) => void,
  onRead: (bytes: number) => void,
): Promise<void> {
  try {
    if (path === STDIN) return await readStream(process.stdin, onPiece, onRead);
    const file = await open(path, 'r');
    try {
      // A pipe, such as `<(ssh … cat …)`, cannot be looked into beforehand.
      if (!(await file.stat()).isFile())
        return await readStream(file.createReadStream({ autoClose: false }), onPiece, onRead);
      const head = Buffer.alloc(4);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const decompress = decompressorOf(head.subarray(0, bytesRead));
      await (decompress ? decompressed(blocksOf(file, onRead), decompress, onPiece) : readFile(file, onPiece, onRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof UnreadableLogError || code === undefined) throw error;
    throw new UnreadableLogError(REASONS[code] ?? message);
  }
}

async function readFile(
  file: FileHandle,
  onPiece: (piece: Buffer) => void,
  onRead: (bytes: number) => void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_SIZE);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    onRead(bytesRead);
    onPiece(buffer.subarray(0, bytesRead));
  }
}

async function readStream(
  stream: Readable,
  onPiece: (piece: Buffer) => void,
  onRead: (bytes: number) => void,
): Promise<void> {
  const source = withProgress(stream, onRead);
  const first = await source.next();
  if (first.done === true) return;
  const all = startingWith(first.value, source);
  const decompress = decompressorOf(first.value);
  if (decompress) return decompressed(all, decompress, onPiece);
  for await (const piece of all) onPiece(piece);
}

async function decompressed(
  source: AsyncIterable<Buffer>,
  decompress: Duplex,
  onPiece: (piece: Buffer) => void,
): Promise<void> {
  // An error of either end comes out of the iteration.
  pipeline(Readable.from(source, { objectMode: false }), decompress, () => {});
  for await (const piece of decompress) onPiece(piece as Buffer);
}

function decompressorOf(head: Buffer): Duplex | undefined {
  if (head.subarray(0, GZIP.length).equals(GZIP)) return zlib.createGunzip({ chunkSize: 256 * 1024 });
  if (!head.subarray(0, ZSTD.length).equals(ZSTD)) return undefined;
  if (createZstdDecompress) return createZstdDecompress();
  throw new UnreadableLogError(
    `compressed with zstd, which Node.js ${process.versions.node} cannot read: use 22.15 or newer, or zstdcat FILE | … -`,
  );
}

async function* blocksOf(file: FileHandle, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_SIZE / 4), 0, READ_SIZE / 4);
    if (bytesRead === 0) return;
    onRead(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function* withProgress(stream: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    const piece = chunk as Buffer;
    onRead(piece.length);
    yield piece;
  }
}

async function* startingWith(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a folder',
  Z_BUF_ERROR: 'the compressed data end early: what came before has been read',
  Z_DATA_ERROR: 'the compressed data are damaged: what came before has been read',
};
