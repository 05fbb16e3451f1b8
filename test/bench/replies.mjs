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

/** @returns {Buffer} a complete reply of about 1 KB */
export function jsonReply() {
  const body = Buffer.from(
    JSON.stringify({
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
    }),
  );
  return Buffer.concat([head(['content-type: application/json', `content-length: ${body.length}`]), body]);
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
  const packets = deltaTexts(count).map((content) => httpChunk(event({ content }, null)));
  const start = Buffer.concat([
    head(['content-type: text/event-stream; charset=utf-8', 'transfer-encoding: chunked']),
    httpChunk(event({ role: 'assistant', content: '', refusal: null }, null)),
  ]);
  const end = Buffer.concat([
    httpChunk(event({}, 'stop')),
    httpChunk(
      sse({
        id: ID,
        object: 'chat.completion.chunk',
        created: CREATED,
        model: UPSTREAM_MODEL,
        choices: [],
        usage: usage(count),
      }),
    ),
    httpChunk('data: [DONE]\n\n'),
    Buffer.from('0\r\n\r\n'),
  ]);
  packets[0] = Buffer.concat([start, /** @type {Buffer} */ (packets[0])]);
  packets[count - 1] = Buffer.concat([/** @type {Buffer} */ (packets[count - 1]), end]);
  return packets;
}

/**
 * The same reply in a few large packets.
 * @param {number} count content deltas
 * @param {number} packets
 * @returns {Buffer[]}
 */
export function burstPackets(count, packets) {
  const single = streamPackets(count);
  const size = Math.ceil(count / packets);
  return Array.from({ length: packets }, (_, index) => Buffer.concat(single.slice(index * size, (index + 1) * size)));
}
