import type { ExchangeMoment, ExchangeView } from '#libs/plugin-api';
import { assembleRecord } from './assemble-record.js';
import type { ExchangeFacts, ExchangeResult } from './exchange-result.js';
import type { LifecycleBus } from './lifecycle-bus.js';
import type { ExchangeScope } from './scope.js';

/** An exchange as the proxy holds it. */
export interface RecordedExchange extends ExchangeFacts {
  readonly startedMono: number;
  readonly view: ExchangeView;
  readonly chain: ExchangeScope;
}

/** Turns what the proxy tells of an exchange into events on the bus, the last of them with the record. */
export class ExchangeRecorder {
  /** @param node the node's id, the same over restarts; tells nothing about the machine. */
  constructor(
    private readonly bus: LifecycleBus,
    private readonly node: string,
  ) {}

  started({ view, startedMono, chain }: RecordedExchange): void {
    this.bus.emit({ type: 'exchange.started', exchange: view, at: startedMono }, chain);
  }

  moment({ view, chain }: RecordedExchange, type: ExchangeMoment): void {
    this.bus.emit({ type, exchange: view, at: performance.now() }, chain);
  }

  /** To be called exactly once per exchange. */
  finished(exchange: RecordedExchange, result: ExchangeResult): void {
    const record = assembleRecord(exchange, result, this.node);
    const { at, error } = result;
    this.bus.emit({ type: 'exchange.finished', exchange: exchange.view, at, record, error }, exchange.chain);
  }
}
