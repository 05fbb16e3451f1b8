import { LlmError } from '../canonical/error.js';
import type { CanonicalStream } from '../canonical/stream.js';
import type { StopReason } from '../canonical/stop.js';
import type { StreamDecoder } from '../canonical/stream-decoder.js';
import { fromJsonText, toJsonText, type JsonText } from '../canonical/text.js';
import { MAX_EVENT_BYTES, SseParser, type SseTarget } from '../sse.js';
import { SseTemplate, type Hole } from '../sse-template.js';
import { decodeStreamError, type ErrorContext } from '../openai/decode-error.js';
import { stopReasonOf } from './finish-reason.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';
import { citationsOf, firstChoice, lostParts, writtenParts } from './message-parts.js';
import { ThinkTags, type SplitText } from './think-tags.js';
import { ToolCallAssembler, type PendingCall } from './tool-calls.js';
import { decodeChatUsage, type ChatUsageOptions } from './usage.js';

export interface ChatDecodeOptions extends ChatUsageOptions {
  /** What an error of the upstream is explained with. */
  readonly errors: ErrorContext;
  /** The text may begin with `<think>…</think>`. */
  readonly thinkTags?: boolean | undefined;
}

/** What a chunk did, when it did one thing only: such chunks come over and over. */
type Effect =
  | { readonly kind: 'text' | 'thinking'; readonly path: Hole['path'] }
  | { readonly kind: 'tool'; readonly path: Hole['path']; readonly call: PendingCall };

const OBFUSCATION: Hole = { path: ['obfuscation'], kind: 'string' };
const DELTA = ['choices', 0, 'delta'] as const;
/** Templates learned without ever being used, before the decoder stops trying; each use earns some more. */
const FREE_LESSONS = 4;
const USES_PER_LESSON = 4;

/**
 * Decodes the chunks of Chat Completions, from OpenAI and from servers that only resemble it, and reports them to a
 * `CanonicalStream`. Most chunks differ from the one before in a few words; those words are copied from the bytes without
 * parsing the chunk, see `SseTemplate`.
 *
 * The answer is complete when `finish_reason` and usage have come, at `[DONE]`, or at the end of the body after
 * `finish_reason`. Anything else is a failure: an answer that breaks off must not look finished.
 */
export class ChatStreamDecoder implements StreamDecoder {
  /** What could not be carried over, e.g. `response.audio`. */
  readonly lossy = new Set<string>();
  /** Nothing more is read. */
  done = false;

  readonly #sse: SseParser;
  readonly #calls: ToolCallAssembler;
  /** Undefined once the answer has begun. */
  #tags: ThinkTags | undefined;
  #started = false;
  #tier: string | undefined;
  #stop: StopReason | undefined;
  #hasContent = false;
  /** The body is over: what cannot be parsed is the rest of a cut event. */
  #ending = false;

  /** Of the chunk being decoded: how many things it did, and the one, if it was one that may repeat. */
  #effects = 0;
  #effect: Effect | undefined;
  #template: SseTemplate | undefined;
  #templateEffect: Effect | undefined;
  #lessons = 0;
  #uses = 0;

  constructor(
    private readonly target: CanonicalStream,
    private readonly options: ChatDecodeOptions,
  ) {
    const parserTarget: SseTarget = {
      event: (data) => this.#event(data),
      stray: (line) => this.#strayLine(line),
      overflow: () => this.fail(brokenStream(`sent an event of more than ${MAX_EVENT_BYTES} bytes`)),
      skim: (bytes, at) => this.#skim(bytes, at),
    };
    this.#sse = new SseParser(parserTarget);
    this.#calls = new ToolCallAssembler(target);
    if (options.thinkTags === true) this.#tags = new ThinkTags();
  }

  /** `finish_reason` has come, the usage has not: wait for it, but not for ever; then call `end`. */
  get awaitingUsage(): boolean {
    return this.#stop !== undefined && !this.done;
  }

  /** A piece of the body, cut anywhere. */
  push(chunk: Buffer): void {
    if (!this.done) this.#sse.push(chunk);
  }

  /** The body has ended, or the wait for the usage has. */
  end(): void {
    if (this.done) return;
    this.#ending = true;
    this.#sse.end();
    if (this.done) return;
    if (this.#stop === undefined) this.fail(brokenStream('closed the stream before the answer was complete'));
    else this.#complete(this.#stop);
  }

  /** The connection broke. After `finish_reason` nothing was lost. */
  fail(error: LlmError): void {
    if (this.done) return;
    if (this.#stop !== undefined) {
      this.#complete(this.#stop);
      return;
    }
    this.#finish();
    this.target.fail(error);
  }

  /** Takes chunks that have the template's shape. */
  #skim(bytes: string, from: number): number {
    const template = this.#template;
    const effect = this.#templateEffect;
    if (template === undefined || effect === undefined) return from;
    let at = from;
    for (;;) {
      const next = template.match(bytes, at);
      // An empty value is left to the parser: a delta that says nothing may still say something else.
      if (next === -1 || template.start === template.end) return at;
      at = next;
      this.#uses++;
      const slice = bytes.slice(template.start, template.end) as JsonText;
      // Whether a chunk is skimmed depends on where the network cut it; the client must not see a difference.
      const delta = template.unusual ? toJsonText(fromJsonText(slice)) : slice;
      if (effect.kind === 'tool') this.target.toolDelta(effect.call.key, delta);
      else if (effect.kind === 'text') this.#text(delta);
      else this.target.thinking(delta);
    }
  }

  #event(data: string): void {
    if (data.trim() === '[DONE]') {
      this.#onDone();
      return;
    }
    const chunk = parseBytes(data);
    if (!isRecord(chunk)) {
      if (!this.#ending) this.fail(brokenStream('sent something that is no JSON object'));
      return;
    }
    this.#effects = 0;
    this.#effect = undefined;
    this.#chunk(chunk);
    if (this.#effects === 1 && this.#effect !== undefined && !this.done) this.#learn(data, chunk, this.#effect);
  }

  #learn(data: string, chunk: JsonRecord, effect: Effect): void {
    const raw = this.#sse.raw();
    if (raw === undefined || this.#lessons > FREE_LESSONS + this.#uses / USES_PER_LESSON) return;
    this.#lessons++;
    this.#template = SseTemplate.learn(raw, data, chunk, [{ path: effect.path, kind: 'string' }, OBFUSCATION]);
    this.#templateEffect = effect;
  }

  #chunk(chunk: JsonRecord): void {
    if (chunk['error'] !== undefined && chunk['error'] !== null) {
      this.fail(decodeStreamError(chunk['error'], this.options.errors));
      return;
    }
    this.#start(chunk);
    const wasStopped = this.#stop !== undefined;
    const { choice, several } = firstChoice(chunk['choices']);
    if (several) this.#lose('response.choices');
    if (choice !== undefined) this.#choice(choice);
    if (this.done) return;
    // Groq has a place of its own for it.
    const usage = decodeChatUsage(chunk['usage'] ?? innerUsage(chunk['x_groq']), this.options);
    if (usage === undefined) return;
    this.#effects++;
    // The last word on the tier may come with the usage: what was asked for is not always what was served.
    usage.serviceTier = text(chunk['service_tier']) || this.#tier;
    this.target.usage(usage);
    // Usage that comes with every chunk, or with the finish reason, may be followed by more of it.
    if (wasStopped && this.#stop !== undefined) this.#complete(this.#stop);
  }

  #start(chunk: JsonRecord): void {
    if (this.#started) return;
    const [id, model, tier] = [chunk['id'], chunk['model'], chunk['service_tier']].map(text);
    // The filter results that Azure sends first have no model yet.
    if (id === '' && model === '') return;
    this.#started = true;
    this.#tier = tier || undefined;
    this.target.start({ id: id || undefined, model: model || undefined, serviceTier: this.#tier });
  }

  #choice(choice: JsonRecord): void {
    // `text` is how the older completions endpoint says it.
    const delta = choice['delta'] ?? choice['message'] ?? { content: choice['text'] };
    if (isRecord(delta)) this.#delta(delta);
    if (choice['finish_reason'] === 'error') {
      this.fail(decodeStreamError(choice['error'] ?? {}, this.options.errors));
      return;
    }
    const stop = stopReasonOf(choice['finish_reason']);
    if (stop === undefined) return;
    this.#effects++;
    this.#stop = stop;
  }

  #delta(delta: JsonRecord): void {
    const { reasoning, content, refusal } = writtenParts(delta);
    if (reasoning !== '') {
      this.target.thinking(toJsonText(reasoning));
      this.#did({ kind: 'thinking', path: [...DELTA, reasoningKey(delta)] });
    }
    for (const part of content) {
      this.#text(toJsonText(part));
      this.#did({ kind: 'text', path: [...DELTA, 'content'] });
    }
    if (refusal !== '') {
      this.#release();
      this.target.refusal(toJsonText(refusal));
      this.#did();
    }
    for (const citation of citationsOf(delta)) {
      this.target.citation(citation);
      this.#did();
    }
    this.#toolCalls(delta);
    for (const part of lostParts(delta)) this.#lose(part);
  }

  #text(delta: JsonText): void {
    if (this.#tags === undefined) this.target.text(delta);
    else this.#split(this.#tags, this.#tags.push(fromJsonText(delta)));
  }

  /** What was held back for a tag that does not come. */
  #release(): void {
    if (this.#tags !== undefined) this.#split(this.#tags, this.#tags.flush());
  }

  #split(tags: ThinkTags, { thinking, text: said }: SplitText): void {
    if (thinking !== '') this.target.thinking(toJsonText(thinking));
    if (said !== '') this.target.text(toJsonText(said));
    if (tags.passed) this.#tags = undefined;
  }

  #toolCalls(delta: JsonRecord): void {
    list(delta['tool_calls']).forEach((entry, position) => {
      if (!isRecord(entry)) return;
      this.#release();
      const call = this.#calls.add(entry, position);
      const path = [...DELTA, 'tool_calls', position, 'function', 'arguments'];
      this.#did(call && { kind: 'tool', path, call });
    });
    if (!isRecord(delta['function_call'])) return;
    this.#release();
    const call = this.#calls.addLegacy(delta['function_call']);
    this.#did(call && { kind: 'tool', path: [...DELTA, 'function_call', 'arguments'], call });
  }

  #did(effect?: Effect): void {
    this.#hasContent = true;
    this.#effects++;
    this.#effect = effect;
    // A new call may have taken over the index that the template stands for.
    if (effect === undefined) this.#template = undefined;
  }

  #lose(what: string): void {
    this.lossy.add(what);
    this.#effects++;
  }

  /** Some servers, e.g. Ollama, report an error as a bare line of JSON in the stream. */
  #strayLine(line: string): void {
    const value = parseBytes(line);
    if (isRecord(value) && value['error'] !== undefined)
      this.fail(decodeStreamError(value['error'], this.options.errors));
  }

  #onDone(): void {
    const isWhole = this.#hasContent && !this.#calls.hasBareCall;
    if (this.#stop !== undefined || isWhole) this.#complete(this.#stop ?? 'end_turn');
    else this.fail(brokenStream('ended the stream without an answer'));
  }

  #complete(stop: StopReason): void {
    this.#finish();
    if (this.#calls.flush()) {
      this.target.stop(stop);
      this.target.end();
    } else this.target.fail(brokenStream('sent a tool call without a name'));
  }

  #finish(): void {
    this.#release();
    this.done = true;
    this.#sse.stopped = true;
  }
}

/** The upstream did not keep to its own protocol. */
function brokenStream(what: string): LlmError {
  const message = `The upstream server ${what}`;
  return new LlmError(message, { status: 502, type: 'api_error', upstream: { message } });
}

function reasoningKey(delta: JsonRecord): string {
  return text(delta['reasoning_content']) === '' ? 'reasoning' : 'reasoning_content';
}

function innerUsage(value: unknown): unknown {
  return isRecord(value) ? value['usage'] : undefined;
}

/** JSON in bytes → its value in ordinary text; undefined when it is none. */
function parseBytes(bytes: string): unknown {
  try {
    return JSON.parse(isAscii(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8'));
  } catch {
    return undefined;
  }
}

function isAscii(bytes: string): boolean {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  return /^[\u0000-\u007f]*$/.test(bytes);
}
