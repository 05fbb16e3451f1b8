import { setTimeout as sleep } from 'node:timers/promises';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { contentSize } from '../spans/content.js';
import type { RetrySettings } from '../telemetry-settings.js';
import type { SignalCounters } from './export-counters.js';
import type { Exportable, ExportQueue } from './export-queue.js';

/** An OTLP exporter of spans or log records. */
export interface Exporter<Item> {
  export(items: Item[], done: (result: ExportResult) => void): void;
  shutdown(): Promise<void>;
  forceFlush?(): Promise<void>;
}

/** Bytes of content in one message at most; collectors take 4 MiB (gRPC) unless told otherwise. */
const LARGEST_MESSAGE = 3 * 1024 * 1024;

/**
 * An exporter that tries again while the collector is away, as Kong's queue does, and counts what became of every item. Batches
 * come one after the other, so that the line behind it fills meanwhile.
 */
export class RetryingExporter<Item extends Exportable> {
  private readonly closing = new AbortController();

  constructor(
    private readonly exporter: Exporter<Item>,
    private readonly retry: RetrySettings,
    private readonly counters: SignalCounters,
    private readonly onFailure: (error: Error) => void,
    private readonly queue: ExportQueue,
  ) {}

  export(items: Item[], done: (result: ExportResult) => void): void {
    this.queue.taken(items);
    void this.sendAll(items, done);
  }

  /** From now on everything is tried once. */
  stopRetrying(): void {
    this.closing.abort();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  /** What was given up is counted here; there is nothing that the processor could do about it. */
  private async sendAll(items: Item[], done: (result: ExportResult) => void): Promise<void> {
    for (const message of messages(items)) {
      const error = await this.persist(message);
      if (error) {
        this.counters.failed += message.length;
        this.onFailure(error);
      } else this.counters.exported += message.length;
    }
    done({ code: ExportResultCode.SUCCESS });
  }

  /** @returns why the message was given up, undefined when the collector has it */
  private async persist(items: Item[]): Promise<Error | undefined> {
    const end = performance.now() + this.retry.maxTime;
    for (let delay = this.retry.firstDelay; ; delay = Math.min(delay * 2, this.retry.maxDelay)) {
      const error = await this.once(items);
      if (!error || isFinal(error) || this.closing.signal.aborted || performance.now() + delay > end) return error;
      const jittered = delay * (0.5 + Math.random() / 2);
      await sleep(jittered, undefined, { ref: false, signal: this.closing.signal }).catch(() => {});
    }
  }

  private once(items: Item[]): Promise<Error | undefined> {
    return new Promise((resolve) => {
      const settle = ({ code, error }: ExportResult): void =>
        resolve(code === ExportResultCode.SUCCESS ? undefined : (error ?? new Error('no reason given')));
      try {
        this.exporter.export(items, settle);
      } catch (error) {
        settle({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) });
      }
    });
  }
}

/** Splits what is too large for one message; an item is never split. */
function messages<Item extends Exportable>(items: Item[]): Item[][] {
  const parts: Item[][] = [[]];
  let size = 0;
  for (const item of items) {
    const own = contentSize(item.attributes);
    if (size > 0 && size + own > LARGEST_MESSAGE) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(item);
    size += own;
  }
  return parts;
}

const FINAL_GRPC: ReadonlySet<number> = new Set([2, 3, 5, 6, 7, 9, 12, 13, 16]);
const RETRYABLE_HTTP: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** OTLP's specification, "Failures": some answers say that the same request will never be taken. */
function isFinal(error: Error & { readonly code?: unknown }): boolean {
  const { code } = error;
  if (typeof code !== 'number') return false;
  return code < 100 ? FINAL_GRPC.has(code) : code >= 400 && !RETRYABLE_HTTP.has(code);
}
