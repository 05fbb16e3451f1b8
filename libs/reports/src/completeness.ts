import type { StoredRecord } from './read-log.js';
import { SequenceSet, type Range } from './sequence-set.js';

export interface NodeCompleteness {
  readonly node: string;
  readonly first: number;
  readonly last: number;
  /** Records, each counted once. */
  readonly records: number;
  readonly missing: number;
  /** Ascending; at most `MOST_NAMED`. */
  readonly missing_ranges: readonly Range[];
  /** Records that stand there again, with the same exchange: delivery is at least once. */
  readonly repeated: number;
  /** Records whose number another exchange has. */
  readonly conflicting: number;
  /** Numbers of those; at most `MOST_NAMED`. */
  readonly conflicting_seqs: readonly number[];
  /** Records of exchanges that a crash of the gateway has ended. */
  readonly interrupted: number;
}

/** Ranges and numbers that are listed per node; all of them are counted. */
export const MOST_NAMED = 1000;

interface NodeState {
  readonly seen: SequenceSet;
  readonly conflicts: Set<number>;
  repeated: number;
  conflicting: number;
  interrupted: number;
}

/**
 * Proves that a log has every record: a gateway numbers its exchanges 1, 2, 3, … without holes, over restarts too, so what
 * is missing between the first and the last number has been lost on the way. Takes records in any order.
 */
export class Completeness {
  private readonly nodes = new Map<string, NodeState>();

  add({ exchange: { node, seq, id, outcome } }: StoredRecord): void {
    const state = this.state(node);
    switch (state.seen.add(seq, id)) {
      case 'repeated':
        state.repeated += 1;
        return;
      case 'conflicting':
        state.conflicting += 1;
        if (state.conflicts.size < MOST_NAMED) state.conflicts.add(seq);
        return;
      case 'new':
        if (outcome === 'interrupted') state.interrupted += 1;
    }
  }

  /** @param fromFirst the log begins where it begins: what lies before a node's first number was taken away on purpose */
  report({ fromFirst }: { readonly fromFirst: boolean }): NodeCompleteness[] {
    return [...this.nodes]
      .map(([node, state]) => summary(node, state, fromFirst))
      .sort((a, b) => (a.node < b.node ? -1 : 1));
  }

  private state(node: string): NodeState {
    let state = this.nodes.get(node);
    if (!state) {
      state = { seen: new SequenceSet(), conflicts: new Set(), repeated: 0, conflicting: 0, interrupted: 0 };
      this.nodes.set(node, state);
    }
    return state;
  }
}

function summary(node: string, state: NodeState, fromFirst: boolean): NodeCompleteness {
  const { seen, conflicts, repeated, conflicting, interrupted } = state;
  const { first, last, size } = seen;
  const from = fromFirst ? first : Math.min(1, first);
  const ranges: Range[] = [];
  for (const gap of seen.gaps(from)) {
    if (ranges.push(gap) === MOST_NAMED) break;
  }
  return {
    node,
    first,
    last,
    records: size,
    missing: last - from + 1 - size,
    missing_ranges: ranges,
    repeated,
    conflicting,
    conflicting_seqs: [...conflicts].sort((a, b) => a - b),
    interrupted,
  };
}

/** Nothing is missing and no number stands for two exchanges. */
export function isComplete(nodes: readonly NodeCompleteness[]): boolean {
  return nodes.every(({ missing, conflicting }) => missing === 0 && conflicting === 0);
}
