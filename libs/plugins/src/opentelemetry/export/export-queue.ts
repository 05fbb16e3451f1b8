import type { Attributes } from '@opentelemetry/api';
import { contentSize } from '../spans/content.js';
import type { QueueSettings } from '../telemetry-settings.js';
import type { SignalCounters } from './export-counters.js';

export interface Exportable {
  readonly attributes: Attributes;
}

/**
 * Keeps account of what waits in a batch processor, in entries and in bytes of content, so that the line has an end and every
 * loss is counted; the processor itself drops in silence.
 */
export class ExportQueue {
  private entries = 0;
  private bytes = 0;

  constructor(
    private readonly settings: Pick<QueueSettings, 'maxEntries' | 'maxBytes'>,
    private readonly counters: SignalCounters,
    private readonly onDrop: () => void,
  ) {}

  /** Whether there is room; if so it is taken, else the loss is counted. */
  admit({ attributes }: Exportable): boolean {
    const size = contentSize(attributes);
    if (this.entries >= this.settings.maxEntries || this.bytes + size > this.settings.maxBytes) {
      this.counters.dropped++;
      this.onDrop();
      return false;
    }
    this.entries++;
    this.bytes += size;
    return true;
  }

  /** These have left the line. */
  taken(items: readonly Exportable[]): void {
    this.entries -= items.length;
    for (const { attributes } of items) this.bytes -= contentSize(attributes);
  }
}
