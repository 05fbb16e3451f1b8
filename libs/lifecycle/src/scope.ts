import type { Observer } from '#libs/plugin-api';

/**
 * Who of the configured plugins hears of an exchange, as the registry chose them for its route, service and consumer. One
 * object per combination, shared by all exchanges that have it.
 */
export interface ExchangeScope {
  readonly observers: readonly Observer[];
  /** Ids of the `plugins` entries whose sinks get the record. */
  readonly sinkIds: readonly string[];
}
