import type { Logger } from '@nestjs/common';

/** Milliseconds between two lines about the same trouble. */
const QUIET = 60_000;

/** Whether the disk takes what is written, and the log's knowledge of it. */
export class DiskTrouble {
  private since: number | undefined;
  private error = '';
  private lost = 0;
  private toldAt = -Infinity;

  constructor(private readonly logger: Logger) {}

  get status(): { readonly since: string; readonly error: string } | undefined {
    if (this.since === undefined) return undefined;
    return { since: new Date(this.since).toISOString(), error: this.error };
  }

  happened(error: unknown): void {
    this.error = error instanceof Error ? error.message : String(error);
    if (this.since === undefined) {
      this.since = Date.now();
      this.logger.error(`the journal cannot be written, records are at risk: ${this.error}`);
    }
  }

  /** A record was dropped for so many sinks. */
  dropped(sinks: number): void {
    this.lost += sinks;
    const now = performance.now();
    if (now - this.toldAt < QUIET) return;
    this.toldAt = now;
    const reason = this.since === undefined ? 'the journal is full' : this.error;
    this.logger.error(`records dropped so far, counted once per sink: ${this.lost} (${reason})`);
  }

  over(): void {
    if (this.since === undefined) return;
    this.since = undefined;
    this.logger.log('the journal can be written again');
  }
}
