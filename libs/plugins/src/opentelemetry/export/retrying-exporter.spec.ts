import { describe, expect, it } from '@jest/globals';
import type { ExportResult } from '@opentelemetry/core';
import { ExportQueue, type Exportable } from './export-queue.js';
import { RetryingExporter } from './retrying-exporter.js';

const item = (content = ''): Exportable => ({ attributes: { 'gen_ai.input.messages': content } });
const failed = (code?: number): ExportResult => ({ code: 1, error: Object.assign(new Error('no'), code && { code }) });

/** Answers in this order, then takes everything. */
function setUp(answers: ExportResult[], retry: Partial<{ maxTime: number; firstDelay: number }> = {}) {
  const sent: Exportable[][] = [];
  const failures: Error[] = [];
  const counters = { exported: 0, failed: 0, dropped: 0 };
  const queue = new ExportQueue({ maxEntries: 3, maxBytes: 10_000_000 }, counters, () => {});
  const exporter = new RetryingExporter<Exportable>(
    {
      export: (items, done) => {
        sent.push(items);
        done(answers.shift() ?? { code: 0 });
      },
      shutdown: async () => {},
    },
    { maxTime: 60_000, firstDelay: 1, maxDelay: 2, ...retry },
    counters,
    (error) => failures.push(error),
    queue,
  );
  const send = (items: Exportable[]) => new Promise((resolve) => exporter.export(items, resolve));
  return { sent, failures, counters, queue, exporter, send };
}

describe('an exporter that retries', () => {
  it('sends again until the collector takes it', async () => {
    const { send, sent, counters, failures } = setUp([failed(), failed(503), failed(14)]);
    await send([item(), item()]);
    expect(sent).toHaveLength(4);
    expect(counters).toEqual({ exported: 2, failed: 0, dropped: 0 });
    expect(failures).toEqual([]);
  });

  it.each([400, 401, 404, 501, 3, 12, 16])('gives up at once what will never be taken (%d)', async (code) => {
    const { send, sent, counters, failures } = setUp([failed(code)]);
    await send([item()]);
    expect(sent).toHaveLength(1);
    expect(counters).toMatchObject({ exported: 0, failed: 1 });
    expect(failures).toHaveLength(1);
  });

  it('gives up when its time is over, or was none', async () => {
    const { send, sent, counters } = setUp([failed(), failed()], { maxTime: 0 });
    await send([item()]);
    expect([sent.length, counters.failed]).toEqual([1, 1]);
  });

  it('tries once when it is closed, and does not wait for the next retry', async () => {
    const { send, sent, exporter, counters } = setUp([failed(), failed()], { firstDelay: 30_000 });
    const done = send([item()]);
    exporter.stopRetrying();
    await done;
    expect(sent.length).toBeLessThanOrEqual(2);
    expect(counters.failed).toBe(1);
  });

  it('splits what is too large for one message', async () => {
    const { send, sent, counters } = setUp([]);
    const large = 'x'.repeat(2_000_000);
    await send([item(large), item(large), item(), item('x'.repeat(4_000_000))]);
    expect(sent.map((items) => items.length)).toEqual([1, 2, 1]);
    expect(counters.exported).toBe(4);
  });
});

describe('the line before an exporter', () => {
  it('has an end in entries and in bytes, and counts what is lost', async () => {
    const { queue, send, counters } = setUp([]);
    const items = [item(), item('x'.repeat(6_000_000)), item()];
    expect(items.map((one) => queue.admit(one))).toEqual([true, true, true]);
    expect(queue.admit(item())).toBe(false);
    await send(items);
    expect(queue.admit(item('x'.repeat(6_000_000)))).toBe(true);
    expect(queue.admit(item('x'.repeat(6_000_000)))).toBe(false);
    expect(counters.dropped).toBe(2);
  });
});
