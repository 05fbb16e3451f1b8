/**
 * What makes a reply complete. Every reply of every measurement passes one of the quick checks; the first of each
 * contender and load also passes the strict one.
 */
import { JSON_TEXT, deltaTexts } from './replies.mjs';

/** @typedef {'anthropic' | 'openai' | 'responses'} Format of Messages, Chat Completions, the Responses API */

/**
 * @typedef {object} ReplyCheck
 * @property {(slice: Buffer) => number} push takes body bytes, returns the number of content deltas that ended in them
 * @property {() => string | undefined} finish what is wrong with the body, if anything; makes ready for the next reply
 */

/** Bytes that only a content delta has, and that only the last event has; neither contains a line end. */
const MARKS = {
  anthropic: { delta: '"text_delta"', last: 'event: message_stop' },
  openai: { delta: '"delta":{"content":"', last: 'data: [DONE]' },
  responses: { delta: 'data: {"type":"response.output_text.delta"', last: 'event: response.completed' },
};
const LF = 10;

/** Counts how often a mark occurs in bytes that arrive in arbitrary slices. */
export class MarkCounter {
  count = 0;
  #mark;
  /** The end of the previous slice, where a mark may have begun. */
  #carry = Buffer.alloc(0);

  /** @param {string} mark ASCII, without line end */
  constructor(mark) {
    this.#mark = Buffer.from(mark, 'latin1');
  }

  reset() {
    this.count = 0;
    this.#carry = Buffer.alloc(0);
  }

  /** @param {Buffer} slice may be overwritten after the call */
  push(slice) {
    const mark = this.#mark;
    if (this.#carry.length > 0) {
      const seam = Buffer.concat([this.#carry, slice.subarray(0, mark.length - 1)]);
      if (seam.includes(mark)) this.count++;
    }
    for (let at = slice.indexOf(mark); at !== -1; at = slice.indexOf(mark, at + mark.length)) this.count++;
    this.#keepEnd(slice);
  }

  /** @param {Buffer} slice */
  #keepEnd(slice) {
    const length = this.#mark.length - 1;
    if (slice.at(-1) === LF) {
      // Slices that end with an event, the common case, cost no copy.
      if (this.#carry.length > 0) this.#carry = Buffer.alloc(0);
    } else if (slice.length >= length) {
      this.#carry = Buffer.from(slice.subarray(slice.length - length));
    } else {
      this.#carry = Buffer.concat([this.#carry, slice]).subarray(-length);
    }
  }
}

/**
 * Counts deltas and waits for the terminal event, without parsing.
 * @implements {ReplyCheck}
 */
class StreamCheck {
  #deltas;
  #last;
  #expected;
  #endsWithLine = false;

  /** @param {Format} format @param {number} chunks */
  constructor(format, chunks) {
    this.#deltas = new MarkCounter(MARKS[format].delta);
    this.#last = new MarkCounter(MARKS[format].last);
    this.#expected = chunks;
  }

  /** @param {Buffer} slice */
  push(slice) {
    const before = this.#deltas.count;
    this.#deltas.push(slice);
    this.#last.push(slice);
    this.#endsWithLine = slice.at(-1) === LF;
    return this.#deltas.count - before;
  }

  finish() {
    const deltas = this.#deltas.count;
    const ended = this.#last.count === 1 && this.#endsWithLine;
    this.#deltas.reset();
    this.#last.reset();
    if (deltas !== this.#expected) return `${deltas} content deltas instead of ${this.#expected}`;
    if (!ended) return 'no terminal event';
    return undefined;
  }
}

/** @implements {ReplyCheck} */
class JsonCheck {
  /** @type {Buffer[]} */
  #slices = [];
  #format;

  /** @param {Format} format */
  constructor(format) {
    this.#format = format;
  }

  /** @param {Buffer} slice */
  push(slice) {
    this.#slices.push(Buffer.from(slice));
    return 0;
  }

  finish() {
    const body = Buffer.concat(this.#slices);
    this.#slices = [];
    return jsonFault(this.#format, body.toString());
  }
}

/**
 * The check of one connection's replies.
 * @param {Format} format
 * @param {number} chunks content deltas per reply, 0 for a JSON reply
 * @returns {ReplyCheck}
 */
export function replyCheck(format, chunks) {
  return chunks === 0 ? new JsonCheck(format) : new StreamCheck(format, chunks);
}

/**
 * @param {Format} format
 * @param {string} body
 * @returns {string | undefined} what is wrong
 */
function jsonFault(format, body) {
  let reply;
  try {
    reply = JSON.parse(body);
  } catch {
    return `not JSON: ${body.slice(0, 200)}`;
  }
  const [text, reason] = said(format, reply);
  if (text !== JSON_TEXT) return `not the upstream's text: ${body.slice(0, 200)}`;
  if (!reason) return 'not the upstream’s finish reason';
  return undefined;
}

/**
 * @param {Format} format
 * @param {any} reply
 * @returns {[text: unknown, ended: boolean]}
 */
function said(format, reply) {
  switch (format) {
    case 'anthropic':
      return [reply.content?.[0]?.text, reply.stop_reason === 'end_turn'];
    case 'responses':
      return [reply.output?.[0]?.content?.[0]?.text, reply.status === 'completed'];
    default:
      return [reply.choices?.[0]?.message?.content, reply.choices?.[0]?.finish_reason === 'stop'];
  }
}

/**
 * Reads a whole reply as a client would: every event parsed, the text compared, the order of events held.
 * @param {Format} format
 * @param {number} chunks
 * @param {string} body
 * @returns {string | undefined} what is wrong
 */
export function strictFault(format, chunks, body) {
  if (chunks === 0) return jsonFault(format, body);
  const events = body
    .split('\n\n')
    .flatMap((block) => block.split('\n').filter((line) => line.startsWith('data:')))
    .map((line) => line.slice('data:'.length).trim());
  const expected = deltaTexts(chunks).join('');
  try {
    if (format === 'responses') return responsesFault(events, expected);
    return format === 'anthropic' ? anthropicFault(events, expected) : openaiFault(events, expected);
  } catch {
    return `an event is not JSON: ${body.slice(0, 200)}`;
  }
}

/** @param {string[]} events @param {string} expected */
function anthropicFault(events, expected) {
  const parsed = events.map((event) => JSON.parse(event)).filter((event) => event.type !== 'ping');
  const order = parsed.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
  const grammar = [
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ];
  if (order.join() !== grammar.join()) return `events ${order.join(', ')}`;
  const text = parsed.map((event) => event.delta?.text ?? '').join('');
  if (text !== expected) return `not the upstream's text: ${text.slice(0, 200)}`;
  const last = parsed.find((event) => event.type === 'message_delta');
  if (last.delta.stop_reason !== 'end_turn') return `stop_reason ${last.delta.stop_reason}`;
  if (!(last.usage?.output_tokens > 0)) return 'no usage';
  return undefined;
}

/** @param {string[]} events @param {string} expected */
function responsesFault(events, expected) {
  const parsed = events.map((event) => JSON.parse(event));
  const text = parsed.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
  if (text !== expected) return `not the upstream's text: ${text.slice(0, 200)}`;
  if (parsed.at(-1)?.type !== 'response.completed') return 'no response.completed at the end';
  return undefined;
}

/** @param {string[]} events @param {string} expected */
function openaiFault(events, expected) {
  if (events.pop() !== '[DONE]') return 'no [DONE] at the end';
  const parsed = events.map((event) => JSON.parse(event));
  const text = parsed.map((event) => event.choices[0]?.delta.content ?? '').join('');
  if (text !== expected) return `not the upstream's text: ${text.slice(0, 200)}`;
  if (!parsed.some((event) => event.choices[0]?.finish_reason === 'stop')) return 'no finish_reason';
  return undefined;
}

/**
 * Tells whether the upstream was asked what the client asked for.
 * @param {Format} format of the contender's replies: `anthropic` means that it translates
 * @param {Buffer} sent the client's body
 * @param {Buffer} forwarded what reached the upstream
 * @returns {string | undefined} what is wrong
 */
export function forwardedFault(format, sent, forwarded) {
  if (format !== 'anthropic') return forwarded.equals(sent) ? undefined : 'the body was changed on its way';
  const client = JSON.parse(sent.toString());
  let request;
  try {
    request = JSON.parse(forwarded.toString());
  } catch {
    return 'the upstream got no JSON';
  }
  if (Boolean(request.stream) !== client.stream) return `the upstream got stream: ${request.stream}`;
  if ((request.tools?.length ?? 0) !== (client.tools?.length ?? 0))
    return `${request.tools?.length} tools went upstream`;
  const carriedOver = (request.messages ?? request.input)?.length;
  if (!(carriedOver >= client.messages.length)) return `${carriedOver} messages went upstream`;
  const carried = strings(request).join('\n');
  const missing = texts(client).find((text) => !carried.includes(text));
  return missing === undefined ? undefined : `text did not reach the upstream: ${missing.slice(0, 80)}`;
}

/**
 * @param {unknown} value
 * @returns {string[]} every string in it, at any depth
 */
function strings(value) {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

/**
 * @param {unknown} value
 * @returns {string[]} what stands in `text` fields at any depth: the passages that no translation may lose
 */
function texts(value) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) =>
    key === 'text' && typeof field === 'string' ? [field] : texts(field),
  );
}
