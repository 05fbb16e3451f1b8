/** Hands items from one side to the other, one at a time: `put` waits until its item has been taken. */
export class Handover<T> {
  private readonly items: T[] = [];
  private failure: Error | undefined;
  private ended = false;
  private waiting: (() => void)[] = [];

  /** Resolves when the other side has taken the item, or will take none any more. */
  async put(item: T): Promise<void> {
    if (this.ended) return;
    this.items.push(item);
    this.changed();
    while (this.items.includes(item) && !this.ended) await this.change();
  }

  /** The next item; undefined when there will be none. @throws what `fail` was given */
  async take(): Promise<T | undefined> {
    for (;;) {
      const item = this.items.shift();
      if (item !== undefined) {
        this.changed();
        return item;
      }
      if (this.failure) throw this.failure;
      if (this.ended) return undefined;
      await this.change();
    }
  }

  /** What has been put is still taken. */
  end(): void {
    this.ended = true;
    this.changed();
  }

  fail(error: Error): void {
    this.failure = error;
    this.end();
  }

  private changed(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const wake of waiting) wake();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
