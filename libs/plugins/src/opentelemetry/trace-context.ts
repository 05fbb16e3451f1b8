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

const HALF = 0x1_0000_0000;

/** 64 random bits, not all zero; not secret. */
export function newSpanId(): string {
  const high = Math.floor(Math.random() * HALF);
  const low = Math.floor(Math.random() * HALF) || 1;
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
