/** From the finished record to the sinks: lines, order, batches, retry, drain. */
export { DeliveryOptions } from './delivery-options.js';
export { DeliveryService } from './delivery.service.js';
export type { DeadLetter, Journal, JournalCursor, JournalEntry } from './journal.js';
export type { JournalLimits } from './memory-journal.js';
export type { SinkStatus } from './sink-status.js';
