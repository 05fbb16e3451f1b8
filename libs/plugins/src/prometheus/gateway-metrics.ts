import { Injectable } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { LifecycleEvent } from '#libs/plugin-api';
import { ExchangeMetrics } from './exchange-metrics.js';
import { ExportMetrics, type ExportMetricsSource } from './export-metrics.js';
import type { Family, FamilyDescription } from './families.js';
import { JournalMetrics, type JournalMetricsSource } from './journal-metrics.js';
import { EventLoopMetrics, watchProcess } from './process-metrics.js';
import { ServerMetrics, type ServerMetricsSource } from './server-metrics.js';
import { SinkMetrics, type SinkMetricsSource } from './sink-metrics.js';

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** All metrics of the gateway on one page. The gateway's own families are always there, Kong's where the plugin asks for them. */
@Injectable()
export class GatewayMetrics {
  private readonly exchanges = new ExchangeMetrics();
  private readonly sinks = new SinkMetrics();
  private readonly journal = new JournalMetrics();
  private readonly exports = new ExportMetrics();
  private readonly server = new ServerMetrics();
  private readonly families = new Set<Family>([
    ...this.exchanges.families,
    ...this.sinks.families,
    ...this.journal.families,
    ...this.exports.families,
    ...this.server.families,
    ...new EventLoopMetrics().families,
  ]);
  private readonly process = new Registry();
  /** Read at each scrape. */
  private readonly sources: (() => void)[] = [];

  constructor() {
    watchProcess(this.process);
  }

  /** Tells which node this is. */
  setNode(id: string, version: string): void {
    this.server.setNode(id, version);
  }

  watchSinks(source: SinkMetricsSource): void {
    this.sources.push(() => this.sinks.read(source));
  }

  watchJournal(source: JournalMetricsSource): void {
    this.sources.push(() => this.journal.read(source));
  }

  watchExports(source: ExportMetricsSource): void {
    this.sources.push(() => this.exports.read(source));
  }

  watchServer(source: ServerMetricsSource): void {
    this.sources.push(() => this.server.read(source));
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
    for (const read of this.sources) read();
    let text = '';
    for (const family of this.families) text += family.render();
    return text + (await this.process.metrics());
  }

  /** Every family on the page, those without a sample too, in the page's order. */
  describe(): FamilyDescription[] {
    const own = [...this.families].map(({ name, help, type, labelNames, bounds }) => ({
      name,
      help,
      type,
      labelNames,
      ...(bounds && { bounds }),
    }));
    return [...own, ...this.process.getMetricsAsArray().map(describeProcessFamily)];
  }
}

/** Prom-client's types leave out what its metrics have. */
function describeProcessFamily(metric: object): FamilyDescription {
  const { name, help, type, labelNames, upperBounds } = metric as FamilyDescription & { upperBounds?: number[] };
  return { name, help, type, labelNames, ...(upperBounds && { bounds: upperBounds }) };
}
