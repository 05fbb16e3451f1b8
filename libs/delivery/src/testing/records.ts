import type { LogRecord, Sink, SinkDelivery, SinkEntry } from '#libs/plugin-api';

/** As much of a record as delivery looks at. */
export function record(seq: number, extra = ''): LogRecord {
  return { exchange: { id: `req_${seq}`, node: 'n', seq, outcome: 'completed' }, extra } as unknown as LogRecord;
}

export function seqs(batch: readonly SinkEntry[]): number[] {
  return batch.map((entry) => entry.record.exchange.seq);
}

/** A far side that takes everything unless told otherwise, and remembers what it got. */
export class TestSink implements Sink {
  readonly batches: number[][] = [];
  readonly attempts: number[][] = [];
  closed = 0;
  reopened = 0;
  /** Runs before a batch is taken; what it throws or awaits is the far side's trouble. */
  trouble: (seqs: number[]) => void | Promise<void> = () => {};

  readonly delivery: SinkDelivery;

  constructor(maxBatch = 200, delivery: SinkDelivery = {}) {
    this.delivery = { maxBatch, ...delivery };
  }

  get received(): number[] {
    return this.batches.flat();
  }

  async write(batch: readonly SinkEntry[]): Promise<void> {
    this.attempts.push(seqs(batch));
    await this.trouble(seqs(batch));
    this.batches.push(seqs(batch));
  }

  async close(): Promise<void> {
    this.closed++;
  }

  async reopen(): Promise<void> {
    this.reopened++;
  }
}
