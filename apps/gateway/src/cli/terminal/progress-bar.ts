import { bytes } from './units.js';

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Milliseconds between two drawings. */
const EVERY = 100;
const CELLS = 24;

/** How far a long reading is, drawn over and over in one line of a terminal; nothing where there is none. */
export class ProgressBar {
  private done = 0;
  private drawnAt: number;
  private drawn = false;
  private readonly startedAt: number;

  /** @param total bytes; undefined when it cannot be known */
  constructor(
    private readonly terminal: Terminal,
    private readonly total: number | undefined,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.startedAt = clock();
    // What is done at once shows no bar.
    this.drawnAt = this.startedAt;
  }

  add(size: number): void {
    this.done += size;
    if (this.terminal.isTTY !== true) return;
    const now = this.clock();
    if (now - this.drawnAt < EVERY) return;
    this.drawnAt = now;
    this.drawn = true;
    this.terminal.write(`\r\u001b[K${this.line(now).slice(0, Math.max(10, (this.terminal.columns ?? 80) - 1))}`);
  }

  /** Takes it off the screen. */
  clear(): void {
    if (this.drawn) this.terminal.write('\r\u001b[K');
    this.drawn = false;
  }

  private line(now: number): string {
    const speed = `${bytes(this.done / Math.max(0.001, (now - this.startedAt) / 1000))}/s`;
    if (this.total === undefined) return `${bytes(this.done)} read, ${speed}`;
    // A file that grows while it is read has more than it had.
    const part = this.total > 0 ? Math.min(1, this.done / this.total) : 1;
    const full = Math.floor(part * CELLS);
    const bar = '█'.repeat(full) + '░'.repeat(CELLS - full);
    return `${bar} ${(part * 100).toFixed(0).padStart(3)}%  ${bytes(this.done)} of ${bytes(this.total)}, ${speed}`;
  }
}
