/** What can be in a `LiveSet`. */
export interface Live {
  /** Its place there; -1 while it is in none. The set's own. */
  livePlace: number;
}

/**
 * What comes and goes with every exchange. A `Set` would rehash into a new table every few exchanges and leave the old one
 * linked to it: once such a table has reached V8's old generation, the scavenger takes everything that ever was in the set for
 * reachable and copies it there too. That was a fifth of the CPU of a small exchange.
 */
export class LiveSet<T extends Live> {
  private readonly members: T[] = [];

  get size(): number {
    return this.members.length;
  }

  add(member: T): this {
    member.livePlace = this.members.push(member) - 1;
    return this;
  }

  /** @returns false when it was not there. */
  delete(member: T): boolean {
    const place = member.livePlace;
    if (this.members[place] !== member) return false;
    const last = this.members.pop() as T;
    if (last !== member) {
      this.members[place] = last;
      last.livePlace = place;
    }
    member.livePlace = -1;
    return true;
  }

  /** A copy, so that members may leave while somebody goes through them. */
  list(): T[] {
    return [...this.members];
  }
}
