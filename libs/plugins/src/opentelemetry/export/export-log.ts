/** What is written to, e.g. a Nest `Logger`. */
export interface Warnings {
  warn(message: string): void;
}

const MINUTE = 60_000;
const LONGEST = 300;

/** Tells that something is lost, once a minute at most: a collector that is down must not fill the log. */
export class ExportLog {
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly log: Warnings,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param what the same words for the same trouble @param detail why, from outside: one line of it is shown */
  warn(what: string, detail: string): void {
    const now = this.now();
    if (now - (this.toldAt.get(what) ?? -Infinity) < MINUTE) return;
    this.toldAt.set(what, now);
    this.log.warn(`${what}: ${detail.replaceAll(/\s+/g, ' ').slice(0, LONGEST)}`);
  }
}
