import { Injectable } from '@nestjs/common';
import type { LogRecord, Sink } from '#libs/plugin-api';
import { DeliveryOptions } from './delivery-options.js';
import type { DeadLetter, DeadLetterFilter } from './dead-letters.js';
import type { JournalStatus } from './journal.js';
import { SinkRunner, type RunnerDefaults } from './sink-runner.js';
import type { SinkStatus } from './sink-status.js';

const DEFAULTS: RunnerDefaults = {
  maxBatch: 200,
  linger: 5,
  firstRetryDelay: 200,
  longestRetryDelay: 30_000,
  concurrency: 1,
};
const DEFAULT_DETACH_LIMIT = 10_000;

/** Brings the records to the sinks. Nothing here waits for a sink: a slow or dead one delays neither traffic nor another. */
@Injectable()
export class DeliveryService {
  private readonly runners = new Map<string, SinkRunner>();
  /** Sinks that another one has replaced, until they are closed. */
  private readonly retiring = new Map<Sink, Promise<void>>();

  constructor(private readonly options: DeliveryOptions) {}

  /**
   * From now on `sink` gets the records for `sinkId`. A sink that had the id before is replaced and closed; what is in line stays
   * in line.
   */
  attach(sinkId: string, sink: Sink, name: string): void {
    const runner = this.runners.get(sinkId);
    if (runner?.current === sink) return;
    if (runner) this.retire(runner, sink, name);
    else this.runners.set(sinkId, this.runner(sinkId, sink, name));
  }

  /**
   * Ends `sink` if it still has the id: writes what is in line, then closes it. Resolves when it is closed, also when it has been
   * replaced in the meantime.
   */
  async detach(sinkId: string, sink: Sink): Promise<void> {
    const runner = this.runners.get(sinkId);
    if (runner?.current === sink) {
      await runner.drain(this.options.detachLimit ?? DEFAULT_DETACH_LIMIT);
      if (runner.current === sink && this.runners.delete(sinkId)) await runner.close(0);
    }
    await this.retiring.get(sink);
  }

  /**
   * Notes that an exchange has started; see `Journal.begin`.
   * @returns false when the exchange is to be refused, because there would be no room for its record.
   */
  begin(seq: number, mark: string, sinkIds: readonly string[]): boolean {
    return this.options.journal.begin(seq, mark, sinkIds);
  }

  /** Puts the record in line, encoded once for all; ids without a sink are passed over. */
  publish(record: LogRecord, sinkIds: readonly string[]): void {
    if (sinkIds.length === 0) return;
    const { journal } = this.options;
    journal.append({ seq: record.exchange.seq, record, json: this.options.encode(record) }, sinkIds);
  }

  status(): SinkStatus[] {
    return [...this.runners.values()].map(({ status }) => status);
  }

  journalStatus(): JournalStatus {
    return this.options.journal.status();
  }

  /** What sinks have refused for good. */
  deadLetters(filter: DeadLetterFilter = {}): readonly DeadLetter[] {
    return this.options.deadLetters.list(filter);
  }

  /** Has them delivered once more. @returns how many. */
  retryDeadLetters(filter: DeadLetterFilter): number {
    return this.options.deadLetters.retry(filter, this.options.journal);
  }

  /** @returns how many. */
  dropDeadLetters(filter: DeadLetterFilter): number {
    return this.options.deadLetters.drop(filter);
  }

  /** Lets every sink open its files anew. */
  async reopen(): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.reopen()));
  }

  /**
   * Writes what is in line and closes all sinks; what cannot be delivered in time stays in the journal.
   * @param deadline milliseconds from now.
   */
  async close(deadline: number): Promise<void> {
    const runners = [...this.runners.values()];
    this.runners.clear();
    await Promise.all([...runners.map((runner) => runner.close(deadline)), ...this.retiring.values()]);
    this.options.journal.close();
  }

  private runner(sinkId: string, sink: Sink, name: string): SinkRunner {
    const { journal, deadLetters } = this.options;
    const scrub = (text: string): string => this.options.scrub(text);
    return new SinkRunner(sinkId, name, sink, journal, deadLetters, { defaults: DEFAULTS, scrub });
  }

  private retire(runner: SinkRunner, sink: Sink, name: string): void {
    const previous = runner.current;
    const closing = runner.replace(sink, name).finally(() => this.retiring.delete(previous));
    this.retiring.set(previous, closing);
  }
}
