/** From the finished record to the sinks: journal, order, batches, retry, dead letters, drain. */
export { DeadLetters, type DeadLetter, type DeadLetterFilter } from './dead-letters.js';
export { DeliveryOptions } from './delivery-options.js';
export { DeliveryService } from './delivery.service.js';
export { DiskJournal, type DiskJournalOptions } from './journal/disk-journal.js';
export type { FinishedRecord, Journal, JournalCursor, JournalEntry, JournalStatus } from './journal.js';
export type { SinkStatus } from './sink-status.js';
