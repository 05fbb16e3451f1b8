/** One timer for thousands of paced streams: a ring of lists, one per millisecond. */

const SLOTS = 2048;

/** @typedef {() => boolean} Step returns whether it wants to run again */
/** @typedef {{ every: number, step: Step }} Entry */

export class TimerWheel {
  /** @type {Entry[][]} */
  #slots = Array.from({ length: SLOTS }, () => []);
  /** The millisecond (since the epoch of `performance.now`) whose slot ran last. */
  #cursor = 0;
  #size = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * Runs `step` now and then every `every` milliseconds as long as it returns true.
   * @param {number} every 1 to 2047
   * @param {Step} step
   */
  repeat(every, step) {
    if (!Number.isInteger(every) || every < 1 || every >= SLOTS) throw new RangeError(`not an interval: ${every} ms`);
    if (!step()) return;
    if (this.#timer === undefined) {
      this.#cursor = Math.floor(performance.now());
      this.#timer = setInterval(() => this.#advance(), 1);
    }
    this.#size++;
    this.#schedule({ every, step });
  }

  /** @param {Entry} entry */
  #schedule(entry) {
    this.#slot(this.#cursor + entry.every).push(entry);
  }

  /** @param {number} millisecond */
  #slot(millisecond) {
    return /** @type {Entry[]} */ (this.#slots[millisecond % SLOTS]);
  }

  #advance() {
    const now = Math.floor(performance.now());
    /** @type {Entry[]} */
    const due = [];
    while (this.#cursor < now) {
      this.#cursor++;
      const entries = this.#slot(this.#cursor);
      if (entries.length > 0) due.push(...entries.splice(0));
    }
    // A late step moves all later ones of its entry: making up for lost time would send two packets as one.
    for (const entry of due) {
      if (entry.step()) this.#schedule(entry);
      else this.#size--;
    }
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
