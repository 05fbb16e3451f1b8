import type { LifecycleEvent } from '#libs/plugin-api';

/** The last event of an exchange: everything that is known of it. */
export type FinishedExchange = Extract<LifecycleEvent, { type: 'exchange.finished' }>;
