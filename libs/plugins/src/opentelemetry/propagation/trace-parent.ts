/** Where an exchange stands in a trace, as a request's headers tell it or are to tell it. Ids are lower-case hex. */
export interface TraceParent {
  /** 32 digits, not all zero. */
  readonly traceId: string;
  /** 16 digits, not all zero. */
  readonly spanId: string;
  /** Undefined: the caller has not decided. */
  readonly sampled: boolean | undefined;
  /** `tracestate` of W3C, as it came. */
  readonly state?: string | undefined;
}

const ZEROS = '0'.repeat(32);

/** An id of at most that many digits, filled up with zeros on its left; undefined when it is none. */
export function hexId(text: string | undefined, digits: 16 | 32): string | undefined {
  if (text === undefined || text.length > digits || !/^[0-9a-f]+$/i.test(text)) return undefined;
  const id = text.toLowerCase().padStart(digits, '0');
  return id === ZEROS.slice(0, digits) ? undefined : id;
}

/** The 64 bits of a decimal number. */
export function decimalId(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  return hexId(BigInt(text).toString(16), 16);
}

/** The last 64 bits of an id as a decimal number. */
export function toDecimal(hex: string): string {
  return BigInt(`0x${hex.slice(-16)}`).toString();
}

/** The parts of a context, if they make one. */
export function traceParent(
  traceId: string | undefined,
  spanId: string | undefined,
  sampled: boolean | undefined,
): TraceParent | undefined {
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId, sampled };
}
