import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { LifecycleEvent } from '#libs/plugin-api';
import { ExchangeMetrics } from './exchange-metrics.js';
import { NumberFamily, type Family } from './families.js';
import { watchProcess, watchSinks, type SinkMetricsSource } from './scrape-metrics.js';

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** All metrics of the gateway on one page. The gateway's own families are always there, Kong's where the plugin asks for them. */
@Injectable()
export class GatewayMetrics {
  private readonly exchanges = new ExchangeMetrics();
  private readonly families = new Set<Family>(this.exchanges.families);
  /** What is worked out when somebody looks. */
  private readonly registry = new Registry();

  constructor() {
    watchProcess(this.registry);
  }

  /** Tells which node this is, in Kong's `kong_node_info`. */
  setNode(id: string, version: string): void {
    const info = new NumberFamily('kong_node_info', 'Node id and version', 'gauge', ['node_id', 'version']);
    info.cell(id, version).add(1);
    this.families.add(info);
  }

  watchSinks(source: SinkMetricsSource): void {
    watchSinks(this.registry, source);
  }

  /** Shows a family from now on; a second time changes nothing. */
  show(family: Family): void {
    this.families.add(family);
  }

  /** To be called with every event of the bus. */
  observe(event: LifecycleEvent): void {
    this.exchanges.observe(event);
  }

  /** The page in Prometheus' text format. */
  async render(): Promise<string> {
    let text = '';
    for (const family of this.families) text += family.render();
    return text + (await this.registry.metrics());
  }
}
