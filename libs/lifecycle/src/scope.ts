/**
 * The ids of the `plugins` entries that apply to an exchange, as the registry chose them for its route, service and
 * consumer. One frozen array per combination, shared by all exchanges that have it.
 */
export type ExchangeScope = readonly string[];

/** Of an exchange to which no entry applies, e.g. one that matched no route. */
export const NO_SCOPE: ExchangeScope = Object.freeze([]);
