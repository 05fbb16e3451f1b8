import type { AnthropicEvent, Fields } from './sse.js';

/** Which deltas a block may have. Blocks that are not here come whole in their start event. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
  compaction: ['compaction_delta'],
};

/** What a block that has deltas must look like at its start: clients differ in what they do with anything else. */
const EMPTY: Readonly<Record<string, Fields>> = {
  text: { text: '', citations: null },
  thinking: { thinking: '', signature: '' },
  tool_use: { input: {} },
  server_tool_use: { input: {} },
  mcp_tool_use: { input: {} },
};

const STOP_REASONS = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
];

const ERROR_TYPES = [
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'timeout_error',
  'api_error',
  'overloaded_error',
];

interface OpenBlock {
  readonly index: number;
  readonly type: string;
  readonly deltas: AnthropicEvent[];
}

/**
 * Checks a complete stream against the grammar that Anthropic's clients rely on:
 *
 *     stream := message_start block* message_delta message_stop
 *             | message_start block* [open block] error
 *     block  := content_block_start delta* content_block_stop      -- indices 0, 1, 2 …, one open at a time
 *
 * with pings between any two events. The one exception: a tool call that the output limit has cut stays open before
 * `message_delta` with `max_tokens`, which tells the client not to run it.
 * @throws Error with the place and the rule
 */
export function checkGrammar(events: readonly AnthropicEvent[]): void {
  new Checker(events).check();
}

class Checker {
  private place = 0;
  private open: OpenBlock | undefined;
  private blocks = 0;
  private toolBlocks = 0;
  private state: 'start' | 'content' | 'stopped' | 'ended' = 'start';

  constructor(private readonly events: readonly AnthropicEvent[]) {}

  check(): void {
    for (const [place, event] of this.events.entries()) {
      this.place = place;
      this.demand(this.state !== 'ended', 'nothing may follow the last event');
      this.demand(this.state !== 'start' || event.type === 'message_start', 'the first event is message_start');
      this.step(event);
    }
    this.demand(this.state === 'ended', 'a stream ends with message_stop or error');
  }

  private step(event: AnthropicEvent): void {
    switch (event.type) {
      case 'ping':
        break;
      case 'message_start':
        this.demand(this.state === 'start', 'there is one message_start');
        this.checkMessage(event.message);
        this.state = 'content';
        break;
      case 'content_block_start':
        this.start(event);
        break;
      case 'content_block_delta':
        this.delta(event);
        break;
      case 'content_block_stop':
        this.stop(event);
        break;
      case 'message_delta':
        this.finish(event);
        this.state = 'stopped';
        break;
      case 'message_stop':
        this.demand(this.state === 'stopped', 'message_stop follows message_delta');
        this.state = 'ended';
        break;
      case 'error':
        this.demand(this.state === 'content', 'an error takes the place of message_delta');
        this.checkError(event);
        this.state = 'ended';
        break;
      default:
        this.fail(`${event.type} is no event of a message stream`);
    }
  }

  private checkMessage(message: Fields | undefined): void {
    if (!message) return this.fail('message_start has a message');
    this.demandFields(message, {
      type: 'message',
      role: 'assistant',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
    });
    this.demand(/^msg_[A-Za-z0-9]{20,}$/.test(String(message['id'])), 'the id of the message looks like msg_…');
    this.demand(typeof message['model'] === 'string' && message['model'] !== '', 'the message names a model');
    const usage = (message['usage'] ?? {}) as Fields;
    this.demand(Number(usage['input_tokens']) > 0, 'usage.input_tokens of message_start is an estimate above 0');
    this.demandFields(usage, { output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 });
  }

  private start({ index, content_block: block }: AnthropicEvent): void {
    this.demand(this.state === 'content', 'blocks stand between message_start and message_delta');
    this.demand(this.open === undefined, 'one block is open at a time');
    this.demand(index === this.blocks, `the next index is ${this.blocks}, not ${index}`);
    if (!block || typeof block['type'] !== 'string') return this.fail('a block has a type');
    const { type } = block as { type: string };
    this.demandFields(block, EMPTY[type] ?? {});
    if (type.endsWith('tool_use')) {
      for (const key of ['id', 'name']) {
        this.demand(typeof block[key] === 'string' && block[key] !== '', `a ${type} block has its ${key} at the start`);
      }
    }
    if (type === 'tool_use') this.toolBlocks += 1;
    this.open = { index: this.blocks, type, deltas: [] };
    this.blocks += 1;
  }

  private delta(event: AnthropicEvent): void {
    const { open } = this;
    const kind = String(event.delta?.['type']);
    if (!open) return this.fail('a delta needs an open block');
    this.demand(event.index === open.index, `the open block is ${open.index}, the delta is for ${event.index}`);
    this.demand(DELTAS[open.type]?.includes(kind) === true, `a ${open.type} block has no ${kind}`);
    this.demand(kind !== 'text_delta' || event.delta?.['text'] !== '', 'a text_delta has text');
    this.demand(kind !== 'input_json_delta' || event.delta?.['partial_json'] !== '', 'an input_json_delta has JSON');
    const signed = open.deltas.some(({ delta }) => delta?.['type'] === 'signature_delta');
    this.demand(!signed, 'a signature comes once, and last');
    this.demand(kind !== 'signature_delta' || event.delta?.['signature'] !== '', 'a signature is not empty');
    open.deltas.push(event);
  }

  private stop({ index }: AnthropicEvent): void {
    const { open } = this;
    if (!open) return this.fail('a stop needs an open block');
    this.demand(index === open.index, `the open block is ${open.index}, the stop is for ${index}`);
    if (open.type.endsWith('tool_use')) {
      const input = open.deltas.map(({ delta }) => String(delta?.['partial_json'])).join('');
      this.demand(input === '' || isJsonObject(input), `the input of a tool is a JSON object, not ${input}`);
    }
    if (open.type === 'compaction') this.demand(open.deltas.length === 1, 'a compaction has one delta');
    this.open = undefined;
  }

  private finish({ delta, usage }: AnthropicEvent): void {
    this.demand(this.state === 'content', 'there is one message_delta');
    const reason = String(delta?.['stop_reason']);
    const cutTool = this.open?.type === 'tool_use' && reason === 'max_tokens';
    this.demand(this.open === undefined || cutTool, 'all blocks are stopped before message_delta');
    this.demand(STOP_REASONS.includes(reason), `${reason} is no stop reason`);
    this.demand(reason !== 'tool_use' || this.toolBlocks > 0, 'stop reason tool_use needs a tool_use block');
    const sequence = delta?.['stop_sequence'];
    const fits = reason === 'stop_sequence' ? typeof sequence === 'string' : sequence === null;
    this.demand(fits, 'stop_sequence is there with its reason only, null otherwise');
    this.demand(Number.isInteger(usage?.['output_tokens']), 'message_delta reports output_tokens');
    this.demand(Number(usage?.['input_tokens'] ?? 1) > 0, 'input_tokens of message_delta, where given, are above 0');
  }

  private checkError({ error, request_id: id }: AnthropicEvent): void {
    this.demand(ERROR_TYPES.includes(String(error?.['type'])), `${String(error?.['type'])} is no type of error`);
    this.demand(typeof error?.['message'] === 'string' && error['message'] !== '', 'an error has a message');
    const foreign = Object.keys(error ?? {}).filter((key) => !['type', 'message', 'details'].includes(key));
    this.demand(foreign.length === 0, `an error has no ${foreign.join(', ')}`);
    this.demand(typeof id === 'string' && id.startsWith('req_'), 'an error has the request_id beside it');
  }

  private demandFields(actual: Fields, expected: Fields): void {
    for (const [key, value] of Object.entries(expected)) {
      const same = JSON.stringify(actual[key]) === JSON.stringify(value);
      this.demand(same, `${key} is ${JSON.stringify(value)}, not ${JSON.stringify(actual[key])}`);
    }
  }

  private demand(holds: boolean, rule: string): void {
    if (!holds) this.fail(rule);
  }

  private fail(rule: string): never {
    const event = this.events[this.place];
    throw new Error(`event ${this.place} (${event?.type ?? 'none'}): ${rule}`);
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
