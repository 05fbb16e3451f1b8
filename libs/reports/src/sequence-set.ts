/** First and last number of a run, both within it. */
export type Range = readonly [first: number, last: number];

/** Numbers of a block. */
const BLOCK = 1024;

export type Sighting = 'new' | 'repeated' | 'conflicting';

/**
 * Which sequence numbers have been seen, and of which exchange: a fingerprint of 32 bits per number, in blocks that are made
 * where numbers are. Four bytes a record, in whatever order they come; two ids that differ are taken for the same once in
 * four thousand million.
 */
export class SequenceSet {
  private readonly blocks = new Map<number, Uint32Array>();
  private lastIndex = -1;
  private lastBlock: Uint32Array | undefined;
  /** Numbers seen, each counted once. */
  size = 0;
  first = Infinity;
  last = -Infinity;

  /** @param seq a safe integer, not negative. */
  add(seq: number, id: string): Sighting {
    const index = Math.floor(seq / BLOCK);
    const block = this.block(index);
    const place = seq - index * BLOCK;
    const mark = fingerprint(id);
    const known = block[place];
    if (known !== 0) return known === mark ? 'repeated' : 'conflicting';
    block[place] = mark;
    this.size += 1;
    if (seq < this.first) this.first = seq;
    if (seq > this.last) this.last = seq;
    return 'new';
  }

  /** The runs of numbers that have not been seen, from `from` to the last one seen, ascending. */
  *gaps(from: number): Generator<Range> {
    let next = from;
    for (const index of [...this.blocks.keys()].sort((a, b) => a - b)) {
      const block = this.blocks.get(index) ?? new Uint32Array(0);
      for (let place = 0; place < block.length; place += 1) {
        const seq = index * BLOCK + place;
        if (block[place] === 0 || seq < next) continue;
        if (seq > next) yield [next, seq - 1];
        next = seq + 1;
      }
    }
  }

  private block(index: number): Uint32Array {
    if (index === this.lastIndex && this.lastBlock) return this.lastBlock;
    let block = this.blocks.get(index);
    if (!block) this.blocks.set(index, (block = new Uint32Array(BLOCK)));
    this.lastIndex = index;
    this.lastBlock = block;
    return block;
  }
}

/** FNV-1a over the UTF-16 units, and a last mix; never 0, which stands for "not seen". */
function fingerprint(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return hash >>> 0 || 1;
}
