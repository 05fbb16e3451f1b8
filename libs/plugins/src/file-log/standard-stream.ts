import type { Writable } from 'node:stream';
import type { LineTarget } from './line-file.js';

/**
 * The gateway's own output. Opened by name it would be another file description, and no file at all where it is a socket, as
 * under systemd.
 */
export class StandardStream implements LineTarget {
  /** @param stream `process.stdout` or `process.stderr`. */
  constructor(private readonly stream: Writable) {
    // The one who writes gets the error; an `error` event that nobody listens to would end the process.
    if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  }

  append(lines: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write(lines, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    // It belongs to the process.
  }
}
