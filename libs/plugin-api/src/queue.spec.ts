import { describe, expect, it } from '@jest/globals';
import { queueConfig, queueDelivery } from './queue.js';

describe('queueDelivery', () => {
  it('has the defaults of Kong, except that nothing is given up', () => {
    expect(queueDelivery(queueConfig.parse({}))).toEqual({
      maxBatch: 1,
      linger: 0,
      firstRetryDelay: 10,
      longestRetryDelay: 60_000,
      concurrency: 1,
    });
  });

  it('takes every field over', () => {
    const queue = queueConfig.parse({
      max_batch_size: 50,
      max_coalescing_delay: 2.5,
      max_entries: 20,
      max_bytes: 4096,
      max_retry_time: 90,
      initial_retry_delay: 0.5,
      max_retry_delay: 8,
      concurrency_limit: -1,
    });
    expect(queueDelivery(queue)).toEqual({
      maxBatch: 50,
      linger: 2500,
      maxEntries: 20,
      maxBytes: 4096,
      maxRetryTime: 90_000,
      firstRetryDelay: 500,
      longestRetryDelay: 8000,
      concurrency: 16,
    });
  });

  it('reads -1 as no repetition, as Kong does', () => {
    expect(queueDelivery(queueConfig.parse({ max_retry_time: -1 }))).toMatchObject({ maxRetryTime: 0 });
  });

  it.each([{ max_batch_size: 0 }, { max_coalescing_delay: 3601 }, { concurrency_limit: 2 }, { max_wait: 1 }])(
    'refuses %j',
    (queue) => {
      expect(queueConfig.safeParse(queue).success).toBe(false);
    },
  );
});
