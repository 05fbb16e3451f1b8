/**
 * Reads and judges a stream of Anthropic's events, independently of the code that writes it: from the bytes alone, by the
 * rules of the published grammar and of what the clients do.
 */
export interface StreamEvent {
  readonly type: string;
  readonly data: EventData;
}

export interface EventData {
  readonly type: string;
  readonly index?: number;
  readonly message?: Record<string, unknown>;
  readonly content_block?: Record<string, unknown>;
  readonly delta?: Record<string, unknown>;
  readonly usage?: Record<string, unknown>;
  readonly error?: Record<string, unknown>;
  readonly request_id?: string;
  readonly context_management?: unknown;
}

/** @param stream one char per byte. @throws Error when the framing is wrong. */
export function readEvents(stream: string): StreamEvent[] {
  const bytes = Buffer.from(stream, 'latin1');
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (text === '') return [];
  if (!text.endsWith('\n\n')) throw new Error(`the last event is not terminated: ${text.slice(-80)}`);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((frame) => {
      const match = /^event: ([a-z_]+)\ndata: (\{[^\n\r]*\})$/.exec(frame);
      if (match === null) throw new Error(`bad frame: ${frame}`);
      const data = JSON.parse(match[2] ?? '') as EventData;
      if (data.type !== match[1]) throw new Error(`event ${match[1]} carries ${data.type}`);
      return { type: data.type, data };
    });
}

/** One word per event: `MS S0:text D0"He" P0 MD(end_turn) ME`; `G0` is a signature, `C0` a citation, `E(type)` an error. */
export function sketch(stream: string): string {
  return readEvents(stream)
    .map(({ type, data }) => {
      const { index, delta = {} } = data;
      switch (type) {
        case 'message_start':
          return 'MS';
        case 'content_block_start':
          return `S${index}:${String(data.content_block?.['type'])}`;
        case 'content_block_delta':
          if (delta['type'] === 'signature_delta') return `G${index}`;
          if (delta['type'] === 'citations_delta') return `C${index}`;
          return `D${index}${JSON.stringify(delta['text'] ?? delta['thinking'] ?? delta['partial_json'])}`;
        case 'content_block_stop':
          return `P${index}`;
        case 'message_delta':
          return `MD(${String(delta['stop_reason'])})`;
        case 'message_stop':
          return 'ME';
        case 'error':
          return `E(${String(data.error?.['type'])})`;
        default:
          return type;
      }
    })
    .join(' ');
}

const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  web_search_tool_result: [],
};

/** What is wrong with the stream; empty for a good one. A stream may be cut off only behind an `error`. */
export function faults(stream: string): string[] {
  const found: string[] = [];
  const expect = (condition: boolean, what: string): void => {
    if (!condition) found.push(what);
  };
  let state: 'before' | 'blocks' | 'delta' | 'over' = 'before';
  let next = 0;
  let open: { index: number; type: string; json: string; signed: boolean } | undefined;
  for (const { type, data } of readEvents(stream)) {
    expect(state !== 'over', `${type} after the end`);
    if (type === 'ping') {
      expect(state !== 'before', 'ping before message_start');
      continue;
    }
    if (type === 'error') {
      expect(Object.keys(data).toSorted().join() === 'error,request_id,type', 'keys of the error event');
      expect(
        Object.keys(data.error ?? {})
          .toSorted()
          .join() === 'message,type',
        'keys of the error',
      );
      state = 'over';
      continue;
    }
    switch (type) {
      case 'message_start':
        expect(state === 'before', 'second message_start');
        found.push(...startFaults(data.message ?? {}));
        state = 'blocks';
        break;
      case 'content_block_start': {
        expect(state === 'blocks', 'block outside of the message');
        expect(open === undefined, `block ${data.index} inside block ${open?.index}`);
        expect(data.index === next, `index ${data.index} instead of ${next}`);
        const block = data.content_block ?? {};
        found.push(...emptyFaults(block));
        open = { index: next++, type: String(block['type']), json: '', signed: false };
        break;
      }
      case 'content_block_delta': {
        const kind = String(data.delta?.['type']);
        expect(open?.index === data.index, `delta for block ${data.index} while ${open?.index} is open`);
        if (open === undefined) break;
        expect(DELTAS[open.type]?.includes(kind) === true, `${kind} in ${open.type}`);
        expect(!open.signed, 'delta after the signature');
        if (kind === 'signature_delta') {
          open.signed = true;
          expect(String(data.delta?.['signature']) !== '', 'empty signature');
        }
        if (kind === 'input_json_delta') open.json += String(data.delta?.['partial_json']);
        break;
      }
      case 'content_block_stop':
        expect(open?.index === data.index, `stop of block ${data.index} while ${open?.index} is open`);
        if (open?.type === 'thinking') expect(open.signed, 'unsigned thinking');
        if (open?.type.endsWith('tool_use') === true) expect(isObject(open.json), `input is no object: ${open.json}`);
        open = undefined;
        break;
      case 'message_delta':
        expect(state === 'blocks', 'message_delta in the wrong place');
        expect(
          open === undefined || (open.type === 'tool_use' && data.delta?.['stop_reason'] === 'max_tokens'),
          'message_delta inside a block',
        );
        found.push(...endFaults(data));
        state = 'delta';
        break;
      case 'message_stop':
        expect(state === 'delta', 'message_stop without message_delta');
        state = 'over';
        break;
      default:
        found.push(`unknown event ${type}`);
    }
  }
  expect(state === 'over', 'the stream has no end');
  return found;
}

function startFaults(message: Record<string, unknown>): string[] {
  const found: string[] = [];
  for (const key of ['stop_reason', 'stop_sequence', 'stop_details', 'container']) {
    if (message[key] !== null) found.push(`message_start: ${key} is not null`);
  }
  if (!Array.isArray(message['content']) || message['content'].length > 0) found.push('message_start: content');
  if (message['role'] !== 'assistant' || message['type'] !== 'message') found.push('message_start: role or type');
  if (!/^msg_[A-Za-z0-9]{20,}$/.test(String(message['id']))) found.push('message_start: id');
  const usage = message['usage'] as Record<string, unknown> | undefined;
  if (!(Number(usage?.['input_tokens']) > 0)) found.push('message_start: no estimate of the input');
  if (usage?.['output_tokens'] !== 0) found.push('message_start: output_tokens');
  return found;
}

function emptyFaults(block: Record<string, unknown>): string[] {
  const isEmpty: Readonly<Record<string, boolean>> = {
    text: block['text'] === '' && block['citations'] === null,
    thinking: block['thinking'] === '' && block['signature'] === '',
    tool_use: JSON.stringify(block['input']) === '{}' && block['id'] !== '' && block['name'] !== '',
    server_tool_use: JSON.stringify(block['input']) === '{}',
    web_search_tool_result: block['content'] !== undefined,
  };
  return isEmpty[String(block['type'])] === true ? [] : [`start of block: ${JSON.stringify(block)}`];
}

function endFaults({ delta = {}, usage = {}, ...event }: EventData): string[] {
  const found: string[] = [];
  if (typeof delta['stop_reason'] !== 'string') found.push('no stop_reason');
  if (!('stop_sequence' in delta && 'stop_details' in delta && 'container' in delta)) found.push('keys of the delta');
  if (!('context_management' in event)) found.push('no context_management');
  for (const key of ['input_tokens', 'output_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']) {
    if (typeof usage[key] !== 'number') found.push(`message_delta: ${key}`);
  }
  if (!(Number(usage['input_tokens']) > 0)) found.push('message_delta: input_tokens is not above zero');
  return found;
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
