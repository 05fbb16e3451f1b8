import type { LlmError } from '../canonical/error.js';
import { JsonTextBuffer } from '../canonical/json-text-buffer.js';
import type { UpstreamMeta } from '../canonical/message.js';
import type { TextSample, WatchedFacts } from '../canonical/reply-facts.js';
import type { StopReason } from '../canonical/stop.js';
import type { CanonicalStream } from '../canonical/stream.js';
import { fromJsonText, type JsonText } from '../canonical/text.js';
import type { CanonicalUsage } from '../canonical/usage.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';
import type { ObserverOptions } from '../sse-observer.js';
import { ChatStreamDecoder } from './decode-stream.js';
import { writtenStrings } from '../written-strings.js';
import { firstChoice } from './message-parts.js';
import { decodeChatUsage } from './usage.js';

/** Enough text to count tokens by, in chars. */
const SAMPLE_LIMIT = 16 * 1024;
const OPEN_BRACE = 0x7b;
/** Beyond this an answer in one piece is no longer watched; in bytes. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/**
 * Watches an answer of Chat Completions on its way to a client that speaks the same. Reads streams with the decoder that
 * translates them, whose shortcut for repeated chunks makes watching cheaper than a parser would.
 */
export class ChatUsageObserver implements WatchedFacts {
  readonly #facts: Collector;
  readonly #decoder: ChatStreamDecoder;
  #isStream: boolean | undefined;
  readonly #body: Buffer[] = [];
  #size = 0;

  constructor(private readonly options: ObserverOptions) {
    this.#facts = new Collector(options.capture === true);
    this.#decoder = new ChatStreamDecoder(this.#facts, { errors: { model: '' } });
  }

  get firstContent(): boolean {
    return this.#facts.firstContent;
  }
  get model(): string | undefined {
    return this.#facts.meta?.model;
  }
  get upstreamId(): string | undefined {
    return this.#facts.meta?.id;
  }
  /** OpenAI's `finish_reason`. */
  get stopReason(): string | undefined {
    return this.#facts.finishReason;
  }
  get tokens(): CanonicalUsage | undefined {
    return this.#facts.tokens;
  }
  get usageIsFinal(): boolean {
    return this.tokens !== undefined;
  }
  get toolCalls(): readonly string[] {
    return this.#facts.calls.map(({ name }) => name);
  }
  get failure(): LlmError | undefined {
    return this.#facts.failure;
  }

  push(chunk: Buffer): void {
    this.#isStream ??= this.options.stream && chunk[0] !== OPEN_BRACE;
    this.#size += chunk.length;
    if (this.#isStream) this.#decoder.push(chunk);
    else if (this.#size <= LARGEST_ANSWER) this.#body.push(Buffer.from(chunk));
  }

  end(): void {
    if (this.#isStream === true) this.#decoder.end();
    else if (this.#isStream === false) this.#facts.whole(Buffer.concat(this.#body));
  }

  sample(): TextSample {
    return this.#facts.sample();
  }

  /** With `capture`: the answer as one JSON document; a stream is put together to a `chat.completion`. */
  captured(): Buffer {
    return this.#isStream === true ? Buffer.from(JSON.stringify(this.#facts.completion())) : Buffer.concat(this.#body);
  }
}

interface CollectedCall {
  readonly key: number;
  readonly id: string;
  readonly name: string;
  readonly arguments: JsonTextBuffer;
}

const FINISH_REASONS: Readonly<Partial<Record<StopReason, string>>> = {
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** Takes a stream and writes none. Keeps texts only when they are wanted. */
class Collector implements CanonicalStream {
  firstContent = false;
  meta: UpstreamMeta | undefined;
  tokens: CanonicalUsage | undefined;
  finishReason: string | undefined;
  failure: LlmError | undefined;
  readonly calls: CollectedCall[] = [];
  /** All that was written, whatever it was for. */
  readonly #sample = new JsonTextBuffer(SAMPLE_LIMIT);
  #whole: JsonRecord | undefined;
  readonly #content = new JsonTextBuffer();
  readonly #reasoning = new JsonTextBuffer();
  readonly #refusal = new JsonTextBuffer();

  constructor(private readonly keeps: boolean) {}

  start(meta: UpstreamMeta): void {
    this.meta = meta;
  }

  text(delta: JsonText): void {
    this.#keep(this.#content, delta);
  }

  refusal(delta: JsonText): void {
    this.#keep(this.#refusal, delta);
  }

  textDone(): void {
    // Chat Completions has one text.
  }

  thinking(delta: JsonText): void {
    this.#keep(this.#reasoning, delta);
  }

  toolOpen(key: number, id: string, name: string): void {
    this.firstContent = true;
    this.calls.push({ key, id, name, arguments: new JsonTextBuffer() });
  }

  toolDelta(key: number, delta: JsonText): void {
    this.#sample.append(delta);
    const call = this.keeps ? this.calls.find((candidate) => candidate.key === key) : undefined;
    call?.arguments.append(delta);
  }

  usage(usage: CanonicalUsage): void {
    this.tokens = usage;
  }

  stop(reason: StopReason): void {
    this.finishReason = FINISH_REASONS[reason] ?? 'stop';
  }

  fail(error: LlmError): void {
    this.failure = error;
  }

  citation(): void {
    // Only text, calls and counts are kept; so with the rest below.
  }
  thinkingDone(): void {
    // Chat Completions does not say so.
  }
  toolClose(): void {
    // Nor this.
  }
  webSearch(): void {
    // Nor does it have this.
  }
  end(): void {
    // Nothing is waiting for it.
  }

  /** An answer in one piece. What is broken in it is the client's to see, not ours to judge. */
  whole(body: Buffer): void {
    const answer = parse(body);
    if (!isRecord(answer)) return;
    this.firstContent = true;
    this.#whole = answer;
    const model = text(answer['model']) || undefined;
    this.meta = { id: text(answer['id']) || undefined, model, serviceTier: undefined };
    this.tokens = decodeChatUsage(answer['usage']);
    if (this.tokens) this.tokens.serviceTier = text(answer['service_tier']) || undefined;
    const { choice } = firstChoice(answer['choices']);
    this.finishReason = text(choice?.['finish_reason']) || undefined;
    const message = choice?.['message'];
    for (const call of isRecord(message) ? list(message['tool_calls']) : []) {
      const fn = isRecord(call) ? call['function'] : undefined;
      if (isRecord(fn)) this.toolOpen(this.calls.length, '', text(fn['name']));
    }
  }

  sample(): TextSample {
    if (this.#whole) return { text: writtenStrings(this.#whole), scale: 1 };
    const kept = this.#sample.text();
    return { text: fromJsonText(kept), scale: kept === '' ? 1 : this.#sample.length / kept.length };
  }

  completion(): JsonRecord {
    const reasoning = fromJsonText(this.#reasoning.text());
    const message = {
      role: 'assistant',
      content: fromJsonText(this.#content.text()),
      refusal: fromJsonText(this.#refusal.text()) || null,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(this.calls.length === 0 ? {} : { tool_calls: this.calls.map(callJson) }),
    };
    return {
      id: this.meta?.id ?? null,
      object: 'chat.completion',
      model: this.meta?.model ?? null,
      choices: [{ index: 0, message, finish_reason: this.finishReason ?? null }],
      usage: this.tokens
        ? { prompt_tokens: this.tokens.input, completion_tokens: this.tokens.output, total_tokens: this.tokens.total }
        : null,
    };
  }

  #keep(buffer: JsonTextBuffer, delta: JsonText): void {
    this.firstContent = true;
    this.#sample.append(delta);
    if (this.keeps) buffer.append(delta);
  }
}

function callJson({ id, name, arguments: args }: CollectedCall): JsonRecord {
  return { id, type: 'function', function: { name, arguments: fromJsonText(args.text()) } };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
