import type { LlmError } from '../canonical/error.js';
import type { ReasoningItem } from '../canonical/message.js';
import type { CanonicalStream } from '../canonical/stream.js';
import type { StreamDecoder } from '../canonical/stream-decoder.js';
import { toJsonText, type JsonText } from '../canonical/text.js';
import { isObjectJson } from '../canonical/tool-arguments.js';
import { isRecord, list, text, type JsonRecord } from '../json.js';
import { brokenAnswer } from '../openai/broken-answer.js';
import { decodeStreamError } from '../openai/decode-error.js';
import { MAX_EVENT_BYTES, SseParser } from '../sse.js';
import { RepeatedShape } from '../sse-shortcut.js';
import type { Hole } from '../sse-template.js';
import type { ResponsesDecodeOptions } from './decode-options.js';
import { OutputItems, Written, type OutputItem } from './output-state.js';
import {
  argumentsOf,
  callId,
  citationOf,
  citationsOf,
  phaseOf,
  reasoningItemOf,
  shownReasoning,
  stopReasonOf,
  usageOf,
} from './output-items.js';
import { SearchResults, searchStep } from './search-results.js';
import { SUMMARY_SEPARATOR } from './reasoning-item.js';

/** What the deltas of one kind add to. */
type Effect =
  | { readonly kind: 'text'; readonly part: Written }
  | { readonly kind: 'thinking'; readonly item: OutputItem; readonly index: number }
  | { readonly kind: 'tool'; readonly item: OutputItem };

const HOLES: readonly Hole[] = [
  { path: ['delta'], kind: 'string' },
  { path: ['sequence_number'], kind: 'number' },
  { path: ['obfuscation'], kind: 'string' },
];
const SEPARATOR = toJsonText(SUMMARY_SEPARATOR);

/**
 * Decodes the events of the Responses API and reports them to a `CanonicalStream`. Each item comes three times: in deltas, as
 * a whole when it is done, and once more in the last event. Deltas are passed on as they come, see `RepeatedShape`; what
 * they left out is taken from the whole, whatever a server leaves out of the ladder between (`translation.md` §4.4).
 *
 * The answer is complete with `response.completed` or `response.incomplete`. Anything else is a failure: an answer that
 * breaks off must not look finished.
 */
export class ResponsesStreamDecoder implements StreamDecoder {
  readonly lossy = new Set<string>();
  done = false;
  /** The usage comes with the last event, or never. */
  readonly awaitingUsage = false;

  readonly #sse: SseParser;
  readonly #shape = new RepeatedShape<Effect>((effect, delta) => this.#apply(effect, delta));
  readonly #items = new OutputItems();
  readonly #searches: SearchResults;
  #started = false;
  /** The body is over: what cannot be parsed is the rest of a cut event. */
  #ending = false;
  /** The part that text was last written to. */
  #part: Written | undefined;
  /** Reasoning that is complete but for the phase of the message behind it. */
  #reasoning: JsonRecord | undefined;

  constructor(
    private readonly target: CanonicalStream,
    private readonly options: ResponsesDecodeOptions,
  ) {
    this.#searches = new SearchResults(options.blockedDomains ?? []);
    this.#sse = new SseParser({
      event: (data) => this.#data(data),
      stray: (line) => this.#stray(line),
      overflow: () => this.fail(brokenAnswer(`sent an event of more than ${MAX_EVENT_BYTES} bytes`)),
      skim: (bytes, at) => this.#shape.skim(bytes, at),
    });
  }

  push(chunk: Buffer): void {
    if (!this.done) this.#sse.push(chunk);
  }

  end(): void {
    if (this.done) return;
    this.#ending = true;
    this.#sse.end();
    this.fail(brokenAnswer('closed the stream before the answer was complete'));
  }

  fail(error: LlmError): void {
    if (this.done) return;
    this.#finish();
    this.target.fail(error);
  }

  #data(data: string): void {
    if (data.trim() === '[DONE]') return;
    const event = parseBytes(data);
    if (!isRecord(event)) {
      if (!this.#ending) this.fail(brokenAnswer('sent something that is no JSON object'));
      return;
    }
    const effect = this.#event(event);
    if (effect && !this.done) this.#shape.learn(this.#sse.raw(), data, event, HOLES, effect);
  }

  /** @returns what the event did, when it was a delta such as will come again. */
  #event(event: JsonRecord): Effect | undefined {
    const type = text(event['type']);
    switch (type) {
      case 'response.output_text.delta':
        return this.#delta(event, { kind: 'text', part: this.#items.of(event).part(event) });
      case 'response.function_call_arguments.delta':
        return this.#delta(event, { kind: 'tool', item: this.#items.of(event) });
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return this.#reasoningDelta(event, type);
      case 'response.output_item.added':
        this.#itemAdded(event);
        break;
      case 'response.output_item.done':
        if (isRecord(event['item'])) this.#settle(this.#items.of(event), event['item']);
        break;
      case 'response.output_text.done':
        this.#complete(this.#items.of(event).part(event), text(event['text']));
        break;
      case 'response.output_text.annotation.added':
        this.#annotation(event);
        break;
      case 'response.refusal.delta':
        this.#refuse(this.#items.of(event).part(event), toJsonText(text(event['delta'])));
        break;
      case 'response.content_part.done':
        if (isRecord(event['part'])) this.#settlePart(this.#items.of(event).part(event), event['part']);
        break;
      case 'response.function_call_arguments.done':
        this.#argumentsDone(event);
        break;
      case 'response.completed':
      case 'response.incomplete':
        this.#end(isRecord(event['response']) ? event['response'] : {});
        break;
      case 'response.failed':
      case 'response.cancelled':
        this.#failed(isRecord(event['response']) ? event['response']['error'] : undefined);
        break;
      case 'error':
        this.#failed(isRecord(event['error']) ? event['error'] : event);
        break;
      default:
        this.#other(event);
    }
    return undefined;
  }

  /** `response.created` and its like, servers that report an error in a shape of their own, and all that is yet to come. */
  #other(event: JsonRecord): void {
    if (isRecord(event['response'])) this.#start(event['response']);
    else if (event['type'] === undefined && isRecord(event['error'])) this.#failed(event['error']);
  }

  #start(response: JsonRecord): void {
    if (this.#started) return;
    this.#started = true;
    const [id, model, tier] = [response['id'], response['model'], response['service_tier']].map(text);
    this.target.start({ id: id || undefined, model: model || undefined, serviceTier: tier || undefined });
  }

  // Deltas.

  #delta(event: JsonRecord, effect: Effect): Effect | undefined {
    const delta = toJsonText(text(event['delta']));
    if (delta === '') return undefined;
    this.#apply(effect, delta);
    return effect;
  }

  #apply(effect: Effect, delta: JsonText): void {
    if (effect.kind === 'text') this.#write(effect.part, delta);
    else if (effect.kind === 'tool') this.#addArguments(effect.item, delta);
    else this.#think(effect.item, effect.index, delta);
  }

  #reasoningDelta(event: JsonRecord, type: string): Effect | undefined {
    const item = this.#items.of(event);
    // A server that shows both its reasoning and a summary: one of them is enough.
    if ((item.channel ??= type) !== type) return undefined;
    const index = event['summary_index'] ?? event['content_index'];
    return this.#delta(event, { kind: 'thinking', item, index: typeof index === 'number' ? index : 0 });
  }

  #write(part: Written, delta: JsonText): void {
    // Nearly every delta goes on where the one before it has been written.
    if (part !== this.#part || this.#reasoning !== undefined || this.#searches.pending) {
      if (part.closed || this.#isHolding) return;
      this.#endReasoning();
      this.#answerSearch();
      if (part !== this.#part) this.#beginPart(part);
    }
    part.add(delta);
    this.target.text(delta);
  }

  #refuse(part: Written, delta: JsonText): void {
    if (part.closed || this.#isHolding || delta === '') return;
    this.#endReasoning();
    this.#answerSearch();
    if (part !== this.#part) this.#beginPart(part);
    part.add(delta);
    this.target.refusal(delta);
  }

  #think(item: OutputItem, index: number, delta: JsonText): void {
    if (item.settled) return;
    this.#endReasoning();
    const { whole } = item;
    for (; item.index < index; item.index++) {
      whole.add(SEPARATOR);
      this.target.thinking(SEPARATOR);
    }
    whole.add(delta);
    this.target.thinking(delta);
  }

  #addArguments(item: OutputItem, delta: JsonText): void {
    if (item.settled) return;
    if (!item.opened) {
      item.held = (item.held + delta) as JsonText;
      return;
    }
    item.whole.add(delta);
    this.target.toolDelta(item.key, delta);
  }

  // Whole items.

  #itemAdded(event: JsonRecord): void {
    const item = this.#items.of(event);
    const raw = isRecord(event['item']) ? event['item'] : {};
    this.#endReasoning(phaseOf(raw));
    if (raw['type'] === 'reasoning') this.target.thinking('' as JsonText);
    else if (raw['type'] === 'function_call') this.#openCall(item, raw);
  }

  #settle(item: OutputItem, raw: JsonRecord): void {
    if (item.settled) return;
    switch (raw['type']) {
      case 'message':
        this.#settleMessage(item, raw);
        break;
      case 'reasoning':
        this.#endReasoning();
        this.#rest(item.whole, toJsonText(shownReasoning(raw)), (rest) => {
          item.whole.add(rest);
          this.target.thinking(rest);
        });
        if (item.whole.length > 0 || reasoningItemOf(raw, undefined)) this.#reasoning = raw;
        break;
      case 'function_call':
        this.#settleCall(item, raw);
        break;
      case 'web_search_call':
        this.#search(raw);
        break;
      default:
        this.lossy.add(`response.${text(raw['type']).slice(0, 64)}`);
    }
    item.settled = true;
  }

  #settleMessage(item: OutputItem, raw: JsonRecord): void {
    this.#endReasoning(phaseOf(raw));
    const parts = list(raw['content']).filter(isRecord);
    for (const citation of parts.flatMap(citationsOf)) this.#searches.cite(citation);
    this.#answerSearch(true);
    parts.forEach((part, i) => this.#settlePart(item.part({ content_index: i }), part));
  }

  #settlePart(part: Written, raw: JsonRecord): void {
    if (part.closed || this.#isHolding) return;
    if (raw['type'] === 'refusal') {
      this.#rest(part, toJsonText(text(raw['refusal'])), (rest) => this.#refuse(part, rest));
    } else {
      this.#complete(part, text(raw['text']));
      const citations = part.length > 0 ? citationsOf(raw).slice(part.citations) : [];
      for (const citation of citations) this.target.citation(citation);
    }
    if (part.length > 0) this.target.textDone();
    part.closed = true;
    this.#part = undefined;
  }

  #complete(part: Written, whole: string): void {
    this.#rest(part, toJsonText(whole), (rest) => this.#write(part, rest));
  }

  #annotation(event: JsonRecord): void {
    const citation = citationOf(event['annotation']);
    const part = this.#items.of(event).part(event);
    if (!citation || part.closed || part !== this.#part) return;
    part.citations++;
    this.target.citation(citation);
  }

  #openCall(item: OutputItem, raw: JsonRecord): void {
    const name = text(raw['name']);
    if (item.opened || name === '') return;
    this.#endReasoning();
    this.#answerSearch(true);
    this.#endPart();
    item.opened = true;
    this.target.toolOpen(item.key, callId(raw), name);
    const { held } = item;
    if (held !== '') this.#addArguments(item, held);
  }

  #argumentsDone(event: JsonRecord): void {
    const item = this.#items.of(event);
    this.#openCall(item, { name: event['name'], call_id: event['call_id'] ?? event['item_id'] });
    if (item.opened) this.#restOfArguments(item, event);
  }

  #settleCall(item: OutputItem, raw: JsonRecord): void {
    const isWhole = isObjectJson(argumentsOf(raw));
    const isCut = raw['status'] === 'incomplete';
    if (!item.opened && isCut && !isWhole) {
      this.lossy.add('response.tool_call');
      return;
    }
    this.#openCall(item, raw);
    if (!item.opened) {
      this.fail(brokenAnswer('sent a tool call without a name'));
      return;
    }
    this.#restOfArguments(item, raw);
    // A call that was cut stays open: so the client knows that it must not be run.
    if (isWhole || raw['status'] === 'completed') this.target.toolClose(item.key);
  }

  #restOfArguments(item: OutputItem, raw: JsonRecord): void {
    this.#rest(item.whole, toJsonText(argumentsOf(raw)), (rest) => this.#addArguments(item, rest));
  }

  #search(raw: JsonRecord): void {
    const step = searchStep(raw);
    this.#endReasoning();
    this.#endPart();
    if (step.query !== undefined) this.#answerSearch(true);
    if (this.#searches.add(step))
      this.target.webSearch({ type: 'web_search_call', id: step.id, query: step.query ?? '' });
  }

  // What has to wait.

  /** Text waits for the citations that are in it. */
  get #isHolding(): boolean {
    return this.options.onlySearch === true && this.#searches.pending;
  }

  #answerSearch(complete = false): void {
    if (!this.#searches.pending || (this.#isHolding && !complete)) return;
    const results = this.#searches.take();
    if (results) this.target.webSearch(results);
  }

  #endReasoning(phase?: string): void {
    const raw = this.#reasoning;
    if (raw === undefined) return;
    this.#reasoning = undefined;
    const item: ReasoningItem | undefined = reasoningItemOf(raw, phase);
    this.target.thinkingDone(item);
  }

  #beginPart(part: Written): void {
    this.#endPart();
    this.#part = part;
  }

  #endPart(): void {
    if (this.#part !== undefined) this.target.textDone();
    this.#part = undefined;
  }

  /** Passes on what the deltas have not said, if they have said the beginning of the whole. */
  #rest(written: Written, whole: JsonText, emit: (rest: JsonText) => void): void {
    const rest = written.restOf(whole);
    if (rest !== '') emit(rest);
  }

  // The end.

  #end(response: JsonRecord): void {
    this.#start(response);
    list(response['output']).forEach((raw, i) => {
      if (isRecord(raw)) this.#settle(this.#items.at(i, text(raw['id'])), raw);
    });
    if (this.#items.hasNameless) this.fail(brokenAnswer('sent a tool call without a name'));
    if (this.done) return;
    this.#endReasoning();
    this.#answerSearch(true);
    this.#finish();
    const usage = usageOf(response, this.#searches.count);
    if (usage) this.target.usage(usage);
    this.target.stop(stopReasonOf(response));
    this.target.end();
  }

  #failed(error: unknown): void {
    this.fail(
      decodeStreamError(error ?? { message: 'The upstream server did not finish its answer' }, this.options.errors),
    );
  }

  /** Some servers report an error as a bare line of JSON in the stream. */
  #stray(line: string): void {
    const value = parseBytes(line);
    if (isRecord(value) && value['error'] !== undefined) this.#failed(value['error']);
  }

  #finish(): void {
    this.done = true;
    this.#sse.stopped = true;
  }
}

/** JSON in bytes → its value in ordinary text; undefined when it is none. */
function parseBytes(bytes: string): unknown {
  try {
    return JSON.parse(fromBytes(bytes));
  } catch {
    return undefined;
  }
}

function fromBytes(bytes: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  return /^[\u0000-\u007f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
