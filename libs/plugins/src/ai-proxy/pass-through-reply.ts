import {
  AnthropicUsageObserver,
  ChatUsageObserver,
  decodeOpenAiError,
  errorEvent,
  LlmError,
  openAiErrorEvent,
  ResponsesUsageObserver,
  scrub,
  UsageChunkStripper,
  type WatchedFacts,
} from '#libs/llm';
import { ClientGoneError, type Exchange, type WireFormatName } from '#libs/plugin-api';
import { streamFailure } from './messages-transcoder.js';
import { noteUpstreamError } from './errors.js';
import type { Transcoder } from './stream-relay.js';

type Observer = WatchedFacts & { push(chunk: Buffer): void; end(): void; captured(): Buffer };

export interface WatchOptions {
  readonly format: WireFormatName;
  readonly stream: boolean;
  /** The usage that we have asked for is not meant for the client. */
  readonly hidesUsage: boolean;
  /** Keep the answer for the log. */
  readonly capture: boolean;
  readonly requestId: string;
}

/** As many bytes as the end of an event has at most. */
const BORDER = 4;
const EVENT_END = /(?:\n\n|\r\n\r\n|\r\r)$/;
/**
 * Ends an event that was cut in the middle. Of two names in one event the last one counts, and clients pass over pings without
 * looking at their data.
 */
const AS_PING = '\nevent: ping\n\n';

/** Lets an answer through byte for byte and reads beside it what the record wants to know. */
export class WatchedReply implements Transcoder {
  readonly facts: Observer;
  readonly finished = false;
  readonly unwanted = false;
  readonly awaitingUsage = false;
  failure: LlmError | undefined;
  private readonly stripper: UsageChunkStripper | undefined;
  private refusal: Buffer | undefined;
  /** What was written last; empty when nothing was. */
  private written: Buffer = Buffer.alloc(0);

  constructor(private readonly options: WatchOptions) {
    this.facts = observerOf(options);
    this.stripper = options.hidesUsage ? new UsageChunkStripper() : undefined;
  }

  get firstContent(): boolean {
    return this.facts.firstContent;
  }

  push(chunk: Buffer): Buffer {
    this.facts.push(chunk);
    const out = this.stripper ? this.stripper.push(chunk) : chunk;
    if (out.length > 0) this.written = out.length < BORDER ? Buffer.concat([this.written.subarray(-BORDER), out]) : out;
    return out;
  }

  end(): Buffer {
    this.facts.end();
    return this.stripper?.end() ?? Buffer.alloc(0);
  }

  fail(error: Error): string | undefined {
    this.facts.end();
    this.failure = streamFailure(error);
    if (error instanceof ClientGoneError) return undefined;
    // With nothing written the failure still has a status.
    if (this.written.length === 0) return '';
    const { format, requestId } = this.options;
    const isCut = !EVENT_END.test(this.written.toString('latin1', Math.max(0, this.written.length - BORDER)));
    if (format === 'anthropic') return (isCut ? AS_PING : '') + errorEvent(this.failure, requestId);
    return isCut ? undefined : openAiErrorEvent(format, this.failure);
  }

  /** The upstream pings by itself, or its format has no pings. */
  ping(): string {
    return '';
  }

  /** An answer that came in one piece. */
  whole(body: Buffer): void {
    this.facts.push(body);
    this.facts.end();
  }

  /** A refusal of the upstream, which the client gets as it is. */
  refused(exchange: Exchange, status: number, body: Buffer): void {
    this.refusal = body;
    exchange.outcome = 'upstream_failed';
    noteUpstreamError(exchange, decodeOpenAiError(status, {}, body.toString('utf8'), { model: '' }));
  }

  /**
   * What the client got, a stream put together; undefined unless it is to be logged. Upstreams repeat keys in their refusals, in
   * whole or in part, and not only those that they were sent.
   */
  captured(): Buffer | undefined {
    if (!this.options.capture) return undefined;
    return this.refusal ? Buffer.from(scrub(this.refusal.toString())) : this.facts.captured();
  }
}

const OBSERVERS = {
  anthropic: AnthropicUsageObserver,
  'openai-chat': ChatUsageObserver,
  'openai-responses': ResponsesUsageObserver,
} as const;

function observerOf({ format, stream, capture }: WatchOptions): Observer {
  return new OBSERVERS[format]({ stream, capture });
}
