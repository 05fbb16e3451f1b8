import type { Writable } from 'node:stream';
import type { LineTarget } from './line-file.js';

/**
 * The gateway's own output. Opened by name it would be another file description, and no file at all where it is a socket, as
 * under systemd.
 */
export class StandardStream implements LineTarget {
  /** @param stream `process.stdout` or `process.stderr`. */
  constructor(private readonly stream: Writable) {}

  append(lines: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      // Without a listener the error of a closed pipe would end the process.
      this.stream.once('error', reject);
      this.stream.write(lines, (error) => {
        this.stream.off('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async close(): Promise<void> {
    // It belongs to the process.
  }
}
