import { randomFillSync } from 'node:crypto';
import type { HeaderFormat } from './opentelemetry.config.js';
import type { TraceParent } from './propagation/trace-parent.js';

/** An exchange's place in a trace. Ids are lower-case hex. */
export interface TraceContext {
  readonly traceId: string;
  /** Of the server span; undefined where the gateway only hands the caller's context on. */
  readonly spanId: string | undefined;
  readonly parent: TraceParent | undefined;
  /** The headers that the parent came in. */
  readonly format: HeaderFormat | undefined;
  readonly sampled: boolean;
  /** Ids of the client spans, one per attempt. */
  readonly attemptSpanIds: string[];
}

const ID_DIGITS = 16;
/** Random bytes are fetched and spelled for this many ids at once. */
const POOLED_IDS = 256;
const ZERO = '0'.repeat(ID_DIGITS);

const bytes = Buffer.allocUnsafe((ID_DIGITS / 2) * POOLED_IDS);
let digits = '';
let used = 0;

/** 64 random bits, not all zero. */
export function newSpanId(): string {
  for (;;) {
    if (used === digits.length) {
      digits = randomFillSync(bytes).toString('hex');
      used = 0;
    }
    used += ID_DIGITS;
    const id = digits.slice(used - ID_DIGITS, used);
    if (id !== ZERO) return id;
  }
}
