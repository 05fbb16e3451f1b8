/** Prepared replies of the simulated upstream in OpenAI's Chat Completions format. */

const ID = 'chatcmpl-C3kVbench0000000000000000000';
const CREATED = 1_760_000_000;
/** The model the replies name; also the one the gateway is configured to ask for. */
export const UPSTREAM_MODEL = 'gpt-4.1';

const PHRASE = ['Let', ' me', ' read', ' the', ' file', ' first', ',\n', ' then', ' “run”', ' tests', ' — ok', '.'];

/**
 * Text of one streamed reply, cut as the upstream cuts it.
 * @param {number} count
 * @returns {string[]} `count` pieces
 */
export function deltaTexts(count) {
  return Array.from({ length: count }, (_, index) => /** @type {string} */ (PHRASE[index % PHRASE.length]));
}

/** Text of the complete (not streamed) reply. */
export const JSON_TEXT = deltaTexts(110).join('');

/** @param {number} completionTokens */
function usage(completionTokens) {
  return {
    prompt_tokens: 1200,
    completion_tokens: completionTokens,
    total_tokens: 1200 + completionTokens,
    prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/**
 * @param {string[]} fields
 * @returns {Buffer} status line and header fields, the end of the head included
 */
function head(fields) {
  const lines = ['HTTP/1.1 200 OK', 'x-request-id: req_bench', 'openai-processing-ms: 12', ...fields];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/**
 * @param {object} value
 * @returns {Buffer} a complete reply
 */
export function jsonReplyOf(value) {
  const body = Buffer.from(JSON.stringify(value));
  return Buffer.concat([head(['content-type: application/json', `content-length: ${body.length}`]), body]);
}

/** @returns {Buffer} a complete reply of about 1 KB */
export function jsonReply() {
  return jsonReplyOf({
    id: ID,
    object: 'chat.completion',
    created: CREATED,
    model: UPSTREAM_MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: JSON_TEXT, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usage(110),
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
  });
}

/**
 * @param {object} delta
 * @param {string | null} finishReason
 */
function event(delta, finishReason) {
  return sse({
    id: ID,
    object: 'chat.completion.chunk',
    created: CREATED,
    model: UPSTREAM_MODEL,
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
    obfuscation: 'k3Jd0qLx',
  });
}

/** @param {object} data */
function sse(data) {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/**
 * One server-sent event in one HTTP chunk, as OpenAI sends them.
 * @param {string} text
 */
function httpChunk(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/**
 * A streamed reply, one buffer per content delta: the first also holds the head and the role, the last also the finish
 * reason, the usage and the end.
 * @param {number} count content deltas
 * @returns {Buffer[]} `count` packets
 */
export function streamPackets(count) {
  const last = sse({
    id: ID,
    object: 'chat.completion.chunk',
    created: CREATED,
    model: UPSTREAM_MODEL,
    choices: [],
    usage: usage(count),
  });
  return chunkedReply(
    [event({ role: 'assistant', content: '', refusal: null }, null)],
    deltaTexts(count).map((content) => event({ content }, null)),
    [event({}, 'stop'), last, 'data: [DONE]\n\n'],
  );
}

/**
 * A streamed reply, every event in an HTTP chunk of its own.
 * @param {string[]} start events before the first content delta
 * @param {string[]} deltas
 * @param {string[]} end events after the last one
 * @returns {Buffer[]} one packet per content delta; the first also holds the head and the start, the last the end
 */
export function chunkedReply(start, deltas, end) {
  const packets = deltas.map(httpChunk);
  packets[0] = Buffer.concat([
    head(['content-type: text/event-stream; charset=utf-8', 'transfer-encoding: chunked']),
    ...start.map(httpChunk),
    /** @type {Buffer} */ (packets[0]),
  ]);
  packets.push(Buffer.concat([/** @type {Buffer} */ (packets.pop()), ...end.map(httpChunk), Buffer.from('0\r\n\r\n')]));
  return packets;
}

/**
 * The same reply in a few large packets.
 * @param {number} count content deltas
 * @param {number} packets
 * @returns {Buffer[]}
 */
export function burstPackets(count, packets) {
  return packed(streamPackets(count), packets);
}

/**
 * @param {Buffer[]} single packets of a reply
 * @param {number} packets
 * @returns {Buffer[]} so many of the same bytes
 */
export function packed(single, packets) {
  const size = Math.ceil(single.length / packets);
  return Array.from({ length: packets }, (_, index) => Buffer.concat(single.slice(index * size, (index + 1) * size)));
}
