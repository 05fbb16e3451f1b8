import { isUtf8 } from 'node:buffer';

/** One event of an Anthropic message stream. */
export interface AnthropicEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: Fields;
  readonly content_block?: Fields;
  readonly delta?: Fields;
  readonly usage?: Fields;
  readonly error?: Fields;
  readonly request_id?: unknown;
}

export type Fields = { readonly [name: string]: unknown };

/**
 * Reads the bytes of a finished stream. Framing is part of what is checked: `event:` and `data:` lines and an empty line, LF
 * only, the name of the event equal to the type of its data.
 * @throws Error at the first frame that is not so
 */
export function parseAnthropicStream(bytes: Buffer | string): AnthropicEvent[] {
  const { events, rest } = split(bytes);
  if (rest !== '') throw new Error(`the stream ends inside a frame: ${JSON.stringify(rest)}`);
  return events;
}

/** The same for a stream that is still going on: a frame that is not complete yet is left out. */
export const parseUnfinishedStream = (bytes: Buffer | string): AnthropicEvent[] => split(bytes).events;

function split(bytes: Buffer | string): { events: AnthropicEvent[]; rest: string } {
  const buffer = Buffer.from(bytes);
  if (!isUtf8(buffer.subarray(0, buffer.lastIndexOf('\n') + 1))) throw new Error('the stream is not UTF-8');
  const frames = buffer.toString().split('\n\n');
  const rest = frames.pop() ?? '';
  return { events: frames.map(parseFrame), rest };
}

const FRAME = /^event: ([a-z_]+)\ndata: (\{[^\r\n]*\})$/;

function parseFrame(frame: string): AnthropicEvent {
  const match = FRAME.exec(frame);
  if (!match) throw new Error(`not a frame of an Anthropic stream: ${JSON.stringify(frame)}`);
  const event = JSON.parse(match[2] ?? '') as AnthropicEvent;
  if (event.type !== match[1]) throw new Error(`the event ${match[1]} has data of type ${event.type}`);
  return event;
}

/**
 * A stream on one line: `MS · S0:text · D0"He" · D0"llo" · P0 · MD(end_turn) · ME`. Pieces of tool input are shown in
 * back quotes, tool blocks with id and name, `ERR(type)` is an error, `PING` a ping.
 */
export const transcript = (events: readonly AnthropicEvent[]): string => events.map(sketch).join(' · ');

function sketch(event: AnthropicEvent): string {
  const { index, delta = {}, content_block: block = {} } = event;
  switch (event.type) {
    case 'message_start':
      return 'MS';
    case 'content_block_start': {
      const { type, id, name } = block as Readonly<Record<string, string>>;
      return `S${index}:${type}${id === undefined ? '' : `(${id} ${name})`}`;
    }
    case 'content_block_delta':
      return `D${index}${sketchDelta(delta)}`;
    case 'content_block_stop':
      return `P${index}`;
    case 'message_delta': {
      const sequence = delta['stop_sequence'] === null ? '' : ` ${JSON.stringify(delta['stop_sequence'])}`;
      return `MD(${String(delta['stop_reason'])}${sequence})`;
    }
    case 'message_stop':
      return 'ME';
    case 'error':
      return `ERR(${String(event.error?.['type'])})`;
    default:
      return event.type.toUpperCase();
  }
}

function sketchDelta(delta: Fields): string {
  switch (delta['type']) {
    case 'text_delta':
      return JSON.stringify(delta['text']);
    case 'thinking_delta':
      return JSON.stringify(delta['thinking']);
    case 'input_json_delta':
      return `\`${String(delta['partial_json'])}\``;
    default:
      return `:${String(delta['type']).replace(/_delta$/, '')}`;
  }
}
