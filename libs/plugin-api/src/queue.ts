import { z } from 'zod';
import type { SinkDelivery } from './sink.js';

/** Writes at once when Kong's `concurrency_limit` is -1, without limit: more would only queue up at the far side. */
const UNLIMITED_WRITES = 16;

const seconds = z.number().min(0).max(1_000_000);
const count = z.int().min(1).max(1_000_000);

/**
 * Kong's `queue` block of a log plugin (`kong/tools/queue_schema.lua`): the same names, ranges and units. Two defaults differ,
 * because the records wait on disk here: `max_entries` is the journal's bound, and `max_retry_time` has no end.
 */
export const queueConfig = z
  .strictObject({
    max_batch_size: count.default(1).describe('Records at most in one write'),
    max_coalescing_delay: seconds
      .max(3600)
      .default(1)
      .describe(
        'Seconds that a record may wait for others while a batch is not full; of no account for batches of one',
      ),
    max_entries: count
      .optional()
      .describe(
        'Records that may wait; when there are more the oldest is dropped and counted. Default: the bound of the journal',
      ),
    max_bytes: z.int().min(1).nullish().describe('Bytes of records that may wait; likewise'),
    max_retry_time: z
      .number()
      .min(-1)
      .max(1_000_000)
      .optional()
      .describe(
        'Seconds for which a write is repeated before its records are set aside as dead letters; -1: it is not repeated. ' +
          'Default: it is repeated until it succeeds',
      ),
    initial_retry_delay: z
      .number()
      .min(0.001)
      .max(1_000_000)
      .default(0.01)
      .describe('Seconds before the first repetition'),
    max_retry_delay: z
      .number()
      .min(0.001)
      .max(1_000_000)
      .default(60)
      .describe('Seconds at most between two repetitions'),
    concurrency_limit: z
      .union([z.literal(1), z.literal(-1)])
      .default(1)
      .describe('1: one write at a time, in order; -1: up to 16 writes at once, in any order'),
  })
  .describe('How records are put together, kept and repeated');

export type QueueConfig = z.output<typeof queueConfig>;

/** What a plugin's `queue` block asks of delivery. */
export function queueDelivery(queue: QueueConfig): SinkDelivery {
  return {
    maxBatch: queue.max_batch_size,
    linger: queue.max_batch_size === 1 ? 0 : queue.max_coalescing_delay * 1000,
    firstRetryDelay: queue.initial_retry_delay * 1000,
    longestRetryDelay: queue.max_retry_delay * 1000,
    concurrency: queue.concurrency_limit === -1 ? UNLIMITED_WRITES : 1,
    ...(queue.max_entries === undefined ? {} : { maxEntries: queue.max_entries }),
    ...(typeof queue.max_bytes === 'number' ? { maxBytes: queue.max_bytes } : {}),
    ...(queue.max_retry_time === undefined ? {} : { maxRetryTime: Math.max(0, queue.max_retry_time * 1000) }),
  };
}
