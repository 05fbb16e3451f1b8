import { LiveSet, type Live } from '../exchange/live-set.js';

/** Something that must not be silent for longer than its limit. */
export interface Watched extends Live {
  /** `CoarseClock.ticks` when it was last heard of. */
  heardAt: number;
  /** Milliseconds. */
  silenceLimit: number;
  silent(): void;
}

/** Milliseconds. */
const TICK = 250;

/**
 * Watches any number of silences with one timer. A timer of its own for every request would have to be set, moved at every
 * read and cleared again; this costs an assignment a read. Limits are kept to within a quarter of a second.
 */
export class CoarseClock {
  ticks = 0;
  private readonly watched = new LiveSet<Watched>();
  private timer: NodeJS.Timeout | undefined;

  watch(one: Watched): void {
    one.heardAt = this.ticks;
    this.watched.add(one);
    this.timer ??= setInterval(() => this.tick(), TICK);
  }

  forget(one: Watched): void {
    this.watched.delete(one);
  }

  private tick(): void {
    // Kept for one tick longer than it is needed, because under traffic the next request is there by then.
    if (this.watched.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    this.ticks += 1;
    for (const one of this.watched.list()) {
      if ((this.ticks - one.heardAt - 1) * TICK >= one.silenceLimit) one.silent();
    }
  }
}
