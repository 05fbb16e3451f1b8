import type { LlmError } from './canonical/error.js';
import type { TextSample, WatchedFacts } from './canonical/reply-facts.js';
import type { CanonicalUsage } from './canonical/usage.js';
import { DeltaSample } from './delta-sample.js';
import { parseObject, type JsonRecord } from './json.js';
import { writtenStrings } from './written-strings.js';
import { SseParser } from './sse.js';

export interface ObserverOptions {
  /** A stream of events is expected; what begins with `{` is taken for one JSON document all the same. */
  readonly stream: boolean;
  /** Keep the whole answer for `captured`. */
  readonly capture?: boolean | undefined;
}

/** Beyond this an answer is no longer watched; in bytes. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

const EVENT_FIELD = 'event: ';
const OPEN_BRACE = 0x7b;

/**
 * Watches an answer that goes to the client untouched. It never throws and never changes a byte; what it does not
 * understand it leaves out. Deltas are skipped without being parsed, unless the answer is to be kept.
 */
export abstract class SseObserver implements WatchedFacts {
  firstContent = false;
  model: string | undefined;
  upstreamId: string | undefined;
  stopReason: string | undefined;
  tokens: CanonicalUsage | undefined;
  usageIsFinal = false;
  failure: LlmError | undefined;
  readonly toolCalls: string[] = [];

  readonly #sse: SseParser;
  readonly #deltas = new DeltaSample();
  #whole: JsonRecord | undefined;
  #isStream: boolean | undefined;
  readonly #body: Buffer[] = [];
  #size = 0;

  constructor(protected readonly options: ObserverOptions) {
    this.#sse = new SseParser({
      event: (data, name) => this.#event(data, name),
      skim: (text, at) => (options.capture === true ? at : this.#skipDeltas(text, at)),
      // Nothing of these concerns the record; the client gets them all the same.
      stray: () => undefined,
      overflow: () => undefined,
    });
  }

  /** Whether events of this name only carry a piece of content. */
  protected abstract isDelta(name: string): boolean;
  /** The piece of content that such an event carries. */
  protected abstract deltaText(event: JsonRecord): string;
  /** Takes an event. Deltas come only when the answer is kept. */
  protected abstract observe(data: JsonRecord): void;
  /** Takes an answer in one piece. */
  protected abstract observeWhole(answer: JsonRecord): void;
  /** What a streamed answer would have been in one piece, as far as it came. */
  protected abstract assemble(): unknown;

  push(chunk: Buffer): void {
    this.#isStream ??= this.options.stream && chunk[0] !== OPEN_BRACE;
    this.#size += chunk.length;
    if (this.#isStream) this.#sse.push(chunk);
    else if (this.#size <= LARGEST_ANSWER) this.#body.push(Buffer.from(chunk));
  }

  end(): void {
    if (this.#isStream === true) this.#sse.end();
    const answer = this.#isStream === false ? parseObject(Buffer.concat(this.#body).toString('utf8')) : undefined;
    if (answer === undefined) return;
    this.firstContent = true;
    this.#whole = answer;
    this.observeWhole(answer);
    this.usageIsFinal = this.tokens !== undefined;
  }

  sample(): TextSample {
    if (this.#whole) return { text: writtenStrings(this.#whole), scale: 1 };
    return this.#deltas.text((event) => this.deltaText(event));
  }

  /** With `capture`: the answer as one JSON document. */
  captured(): Buffer {
    return this.#isStream === true ? Buffer.from(JSON.stringify(this.assemble())) : Buffer.concat(this.#body);
  }

  #event(data: string, name: string): void {
    const isDelta = this.isDelta(name);
    this.firstContent ||= isDelta;
    if (isDelta) this.#deltas.add(`data: ${data}\n`);
    if (isDelta && this.options.capture !== true) return;
    const value = parseObject(Buffer.from(data, 'latin1').toString('utf8'));
    if (value !== undefined) this.observe(value);
  }

  #skipDeltas(text: string, from: number): number {
    const end = this.#endOfDeltas(text, from);
    if (end === from) return from;
    this.firstContent = true;
    this.#deltas.add(text.slice(from, end));
    return end;
  }

  #endOfDeltas(text: string, from: number): number {
    let at = from;
    for (;;) {
      if (text.slice(at, at + EVENT_FIELD.length) !== EVENT_FIELD) return at;
      const lineEnd = text.indexOf('\n', at);
      if (lineEnd === -1 || !this.isDelta(text.slice(at + EVENT_FIELD.length, lineEnd))) return at;
      const end = text.indexOf('\n\n', lineEnd);
      if (end === -1) return at;
      at = end + 2;
    }
  }
}
