import { GatewayError, type ExchangeMoment, type ExchangeView, type LogRecord } from '#libs/plugin-api';
import { assembleRecord } from './assemble-record.js';
import type { ExchangeFacts, ExchangeResult } from './exchange-result.js';
import type { LifecycleBus } from './lifecycle-bus.js';
import type { ExchangeScope } from './scope.js';
import { startMark } from './start-mark.js';

/** An exchange as the proxy holds it. */
export interface RecordedExchange extends ExchangeFacts {
  readonly startedMono: number;
  readonly view: ExchangeView;
  readonly chain: ExchangeScope;
}

/** What the proxy tells when an exchange is over. */
export interface RecordedEnd {
  /** `performance.now()`. */
  readonly at: number;
  readonly record: LogRecord;
  readonly error: GatewayError | undefined;
}

/** Keeps the records for their sinks. Synchronous: what it has been given outlives the process. */
export interface RecordKeeper {
  /**
   * An exchange has started.
   * @param mark what its record says should nothing more be known of it; see `interruptedRecord`.
   * @returns false when there is no room for its record and it is to be refused.
   */
  begin(seq: number, mark: string, sinkIds: readonly string[]): boolean;
  /** The record of a finished exchange. */
  publish(record: LogRecord, sinkIds: readonly string[]): void;
}

/** Turns what the proxy tells of an exchange into its record and into events on the bus, the last of them with the record. */
export class ExchangeRecorder {
  /** @param node the node's id, the same over restarts; tells nothing about the machine. */
  constructor(
    private readonly bus: LifecycleBus,
    private readonly keeper: RecordKeeper,
    private readonly node: string,
  ) {}

  /** @returns why the exchange is not to be served. */
  started(exchange: RecordedExchange): GatewayError | undefined {
    const { view, startedMono, chain, seq } = exchange;
    this.bus.emit({ type: 'exchange.started', exchange: view, at: startedMono }, chain);
    if (chain.sinkIds.length === 0) return undefined;
    const kept = this.keeper.begin(seq, startMark(exchange, this.node), chain.sinkIds);
    return kept ? undefined : new GatewayError('records_full');
  }

  moment({ view, chain }: RecordedExchange, type: ExchangeMoment): void {
    this.bus.emit({ type, exchange: view, at: performance.now() }, chain);
  }

  /** Makes the record and has it kept. To be called exactly once per exchange, before its last byte leaves. */
  ending(exchange: RecordedExchange, result: ExchangeResult): LogRecord {
    const record = assembleRecord(exchange, result, this.node);
    this.keeper.publish(record, exchange.chain.sinkIds);
    return record;
  }

  /** To be called exactly once per exchange, after `ending`. */
  finished({ view, chain }: RecordedExchange, { at, record, error }: RecordedEnd): void {
    this.bus.emit({ type: 'exchange.finished', exchange: view, at, record, error }, chain);
  }
}
