import type { Logger } from '@nestjs/common';

/** What has become of a sink's records and writes, and whether it works at present; tells the log when that changes. */
export class SinkHealth {
  readonly counts = { delivered: 0, failed: 0, retried: 0, dead: 0, lost: 0 };
  /** One line, free of secrets. */
  lastError: string | undefined;
  /** Milliseconds since 1970. */
  failingSince: number | undefined;
  /** Failed writes in a row. */
  private failures = 0;
  private overflowing = false;

  constructor(
    /** The sink's, for the log. */
    public name: string,
    private readonly logger: Logger,
    /** Takes secrets out of a text. */
    private readonly scrub: (text: string) => string,
  ) {}

  succeeded(count: number): void {
    this.counts.delivered += count;
    if (this.failures === 0) return;
    this.logger.log(`sink ${this.name}: works again after ${this.failures} failed writes`);
    this.failures = 0;
    this.failingSince = undefined;
  }

  /** The write will be repeated. */
  failed(error: unknown): void {
    this.refused(error);
    this.failures++;
    this.failingSince ??= Date.now();
    if (this.failures === 1) {
      this.logger.warn(`sink ${this.name}: a write failed and will be repeated: ${this.lastError}`);
    }
  }

  /** The write will not be repeated as it was. */
  refused(error: unknown): void {
    this.counts.failed++;
    this.lastError = this.describe(error);
  }

  setAside(exchange: string, reason: string): void {
    const dead = ++this.counts.dead;
    // Every one while they are few; a sink that refuses everything must not fill the log.
    if (dead > 10 && dead % 1000 !== 0) return;
    this.logger.error(`sink ${this.name}: refused exchange ${exchange} (${dead} so far), set aside: ${reason}`);
  }

  overflowed(depth: number, bytes: number): void {
    if (this.overflowing) return;
    this.overflowing = true;
    this.logger.error(
      `sink ${this.name}: its line is full (${depth} records, ${bytes} bytes), the oldest are being dropped and counted`,
    );
  }

  /** The line is empty. */
  relieved(): void {
    this.overflowing = false;
  }

  /** An entry that was refused could not be set aside either. */
  lost(exchange: string, reason: string): void {
    this.counts.lost++;
    this.logger.error(
      `sink ${this.name}: refused exchange ${exchange}, which could not be set aside and is lost: ${reason}`,
    );
  }

  leaves(count: number): void {
    this.logger.warn(`sink ${this.name}: ${count} records were not delivered and stay in the journal`);
  }

  /** @param doing what could not be done, in the log's words. */
  misbehaved(doing: string, error: unknown): void {
    this.logger.error(`sink ${this.name}: ${doing}: ${this.describe(error)}`);
  }

  describe(error: unknown): string {
    return this.scrub(error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
  }
}
