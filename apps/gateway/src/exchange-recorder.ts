import { Injectable } from '@nestjs/common';
import { DeliveryService } from '#libs/delivery';
import { assembleRecord, LifecycleBus, ObservedExchange } from '#libs/lifecycle';
import type { ExchangeMoment, ExchangeView } from '#libs/plugin-api';
import { ExchangeEvents, type ExchangeResult, type ProxyExchange } from '#libs/proxy';
import { DataDirectory } from './data-directory.js';

/** Makes lifecycle events of what the proxy reports, and at the end of an exchange its one record. */
@Injectable()
export class ExchangeRecorder extends ExchangeEvents {
  private readonly views = new WeakMap<ProxyExchange, ExchangeView>();

  constructor(
    private readonly bus: LifecycleBus,
    private readonly delivery: DeliveryService,
    private readonly dataDirectory: DataDirectory,
  ) {
    super();
  }

  override started(exchange: ProxyExchange): void {
    this.bus.emit(
      { type: 'exchange.started', exchange: this.view(exchange), at: exchange.startedMono },
      exchange.chain.entityIds,
    );
  }

  override moment(exchange: ProxyExchange, type: ExchangeMoment): void {
    this.bus.emit({ type, exchange: this.view(exchange), at: performance.now() }, exchange.chain.entityIds);
  }

  override finished(exchange: ProxyExchange, result: ExchangeResult): void {
    const record = assembleRecord(exchange, result, this.dataDirectory.nodeId);
    const { chain } = exchange;
    this.bus.emit(
      { type: 'exchange.finished', exchange: this.view(exchange), at: result.at, record, error: result.error },
      chain.entityIds,
    );
    this.delivery.publish(record, chain.sinkIds);
  }

  private view(exchange: ProxyExchange): ExchangeView {
    let view = this.views.get(exchange);
    if (!view) this.views.set(exchange, (view = new ObservedExchange(exchange)));
    return view;
  }
}
