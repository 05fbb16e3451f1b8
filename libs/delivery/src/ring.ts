/** A queue on a ring of slots: both ends in constant time, also with a long backlog. Grows by doubling, never shrinks below its start. */
export class Ring<T> {
  private slots: (T | undefined)[] = Array.from({ length: 16 });
  private head = 0;
  length = 0;

  push(item: T): void {
    if (this.length === this.slots.length) this.grow();
    this.slots[(this.head + this.length) & (this.slots.length - 1)] = item;
    this.length++;
  }

  /** Takes the oldest item; undefined when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.slots[this.head];
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) & (this.slots.length - 1);
    this.length--;
    return item;
  }

  /** The oldest item, left where it is. */
  first(): T | undefined {
    return this.slots[this.head];
  }

  clear(): void {
    while (this.length > 0) this.shift();
  }

  private grow(): void {
    const { slots, head } = this;
    const wrapped = slots.slice(0, head);
    this.slots = [...slots.slice(head), ...wrapped, ...Array.from<undefined>({ length: slots.length })];
    this.head = 0;
  }
}
