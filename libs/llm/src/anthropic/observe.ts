import { isRecord, list, text, type JsonRecord } from '../json.js';
import { emptyUsage, type CanonicalUsage } from '../canonical/usage.js';
import { SseObserver } from '../sse-observer.js';

/** Watches an answer in Anthropic's format on its way to a client that speaks the same. */
export class AnthropicUsageObserver extends SseObserver {
  /** What `message_start` and the `message_delta`s said so far; cumulative, so later numbers replace earlier ones. */
  #usage: Record<string, unknown> = {};
  #message: Record<string, unknown> = {};
  readonly #blocks: Record<string, unknown>[] = [];

  protected isDelta(name: string): boolean {
    return name === 'content_block_delta';
  }

  protected deltaText({ delta }: JsonRecord): string {
    return isRecord(delta) ? text(delta['text'] ?? delta['thinking'] ?? delta['partial_json']) : '';
  }

  protected observe(event: JsonRecord): void {
    switch (event['type']) {
      case 'message_start':
        if (isRecord(event['message'])) this.#start(event['message']);
        break;
      case 'content_block_start':
        if (isRecord(event['content_block'])) this.#open(event['content_block']);
        break;
      case 'content_block_delta':
        this.firstContent = true;
        if (isRecord(event['delta']) && this.options.capture === true) addDelta(this.#blocks.at(-1), event['delta']);
        break;
      case 'message_delta':
        this.#delta(event);
        break;
      default:
    }
  }

  protected observeWhole(answer: JsonRecord): void {
    this.#start(answer);
    this.stopReason = text(answer['stop_reason']) || undefined;
    for (const block of list(answer['content'])) if (isRecord(block)) this.#open(block);
  }

  protected assemble(): unknown {
    const content = this.#blocks.map(({ partial_json: json, ...block }) =>
      json === undefined ? block : { ...block, input: valueOf(text(json)) },
    );
    return { ...this.#message, content, usage: this.#usage };
  }

  #start(message: JsonRecord): void {
    this.#message = { ...message };
    this.model = text(message['model']) || undefined;
    this.upstreamId = text(message['id']) || undefined;
    this.#addUsage(message['usage']);
  }

  #open(block: JsonRecord): void {
    if (block['type'] === 'tool_use') this.toolCalls.push(text(block['name']));
    if (this.options.capture === true) this.#blocks.push({ ...block });
  }

  #delta(event: JsonRecord): void {
    const delta = isRecord(event['delta']) ? event['delta'] : {};
    this.stopReason = text(delta['stop_reason']) || this.stopReason;
    this.#message = { ...this.#message, ...delta };
    this.#addUsage(event['usage']);
    this.usageIsFinal ||= isRecord(event['usage']);
  }

  #addUsage(raw: unknown): void {
    if (!isRecord(raw)) return;
    for (const [key, value] of Object.entries(raw)) {
      // Servers repeat numbers of the input as zero or null where they have nothing new to say.
      if (value !== null && (value !== 0 || this.#usage[key] === undefined)) this.#usage[key] = value;
    }
    this.tokens = decodeAnthropicUsage(this.#usage);
  }
}

/**
 * Anthropic counts uncached, cached and cache-written input apart. What a compaction on the way has cost stands in `iterations`
 * and not in the sums (Anthropic, "Compaction": usage).
 */
export function decodeAnthropicUsage(raw: JsonRecord): CanonicalUsage {
  const usage = iterationUsage(raw);
  for (const iteration of list(raw['iterations'])) {
    if (isRecord(iteration) && iteration['type'] === 'compaction') add(usage, iterationUsage(iteration));
  }
  const details = isRecord(raw['output_tokens_details']) ? raw['output_tokens_details'] : {};
  const hosted = isRecord(raw['server_tool_use']) ? raw['server_tool_use'] : {};
  return {
    ...emptyUsage(),
    ...usage,
    total: usage.input + usage.output,
    reasoningOutput: count(details['thinking_tokens']),
    webSearches: count(hosted['web_search_requests']),
    serviceTier: raw['speed'] === 'fast' ? 'fast' : text(raw['service_tier']) || undefined,
  };
}

type IterationUsage = Pick<
  CanonicalUsage,
  'input' | 'output' | 'cachedInput' | 'cacheWriteInput' | 'cacheWrite1hInput'
>;

function iterationUsage(raw: JsonRecord): IterationUsage {
  const cachedInput = count(raw['cache_read_input_tokens']);
  const cacheWriteInput = count(raw['cache_creation_input_tokens']);
  const written = isRecord(raw['cache_creation']) ? raw['cache_creation'] : {};
  return {
    input: count(raw['input_tokens']) + cachedInput + cacheWriteInput,
    output: count(raw['output_tokens']),
    cachedInput,
    cacheWriteInput,
    cacheWrite1hInput: Math.min(count(written['ephemeral_1h_input_tokens']), cacheWriteInput),
  };
}

function add(sum: IterationUsage, part: IterationUsage): void {
  sum.input += part.input;
  sum.output += part.output;
  sum.cachedInput += part.cachedInput;
  sum.cacheWriteInput += part.cacheWriteInput;
  sum.cacheWrite1hInput += part.cacheWrite1hInput;
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function addDelta(block: Record<string, unknown> | undefined, delta: JsonRecord): void {
  if (block === undefined) return;
  for (const [key, value] of Object.entries(delta)) {
    if (key === 'type') continue;
    if (key === 'citation') block['citations'] = [...list(block['citations']), value];
    else if (key === 'signature') block[key] = value;
    else block[key] = text(block[key]) + text(value);
  }
}

/** The arguments of a call that broke off are kept as they came. */
function valueOf(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json);
  } catch {
    return json;
  }
}
