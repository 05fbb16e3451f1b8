/** Prepared replies of the simulated upstream in the format of OpenAI's Responses API, as long as those of `replies.mjs`. */
import { chunkedReply, deltaTexts, JSON_TEXT, jsonReplyOf, packed } from './replies.mjs';

const CREATED = 1_760_000_000;
const RESPONSE_ID = 'resp_0c3kvbench00000000000000000000000000000000000000';
const ITEM_ID = 'msg_0c3kvbench00000000000000000000000000000000000000';
/** The model the replies name; also the one the gateway is configured to ask for on this API. */
export const RESPONSES_MODEL = 'gpt-5.6';

/** @param {string} text */
function message(text) {
  const part = { type: 'output_text', annotations: [], logprobs: [], text };
  return { id: ITEM_ID, type: 'message', status: 'completed', content: [part], role: 'assistant' };
}

/**
 * @param {'in_progress' | 'completed'} status
 * @param {object[]} output
 * @param {number | undefined} tokens
 */
function response(status, output, tokens) {
  return {
    id: RESPONSE_ID,
    object: 'response',
    created_at: CREATED,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: 1024,
    model: RESPONSES_MODEL,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: 'none', summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage:
      tokens === undefined
        ? null
        : {
            input_tokens: 1200,
            input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 0 },
            output_tokens: tokens,
            output_tokens_details: { reasoning_tokens: 0 },
            total_tokens: 1200 + tokens,
          },
    metadata: {},
  };
}

/** @returns {Buffer} a complete reply */
export function responsesReply() {
  return jsonReplyOf(response('completed', [message(JSON_TEXT)], 110));
}

/**
 * A streamed reply in a few large packets.
 * @param {number} count content deltas
 * @param {number} packets
 * @returns {Buffer[]}
 */
export function responsesBurst(count, packets) {
  const texts = deltaTexts(count);
  const whole = message(texts.join(''));
  const [part] = whole.content;
  const place = { item_id: ITEM_ID, output_index: 0, content_index: 0 };
  let sequence = 0;
  const event = (/** @type {string} */ type, /** @type {object} */ rest) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...rest, sequence_number: sequence++ })}\n\n`;
  const start = [
    event('response.created', { response: response('in_progress', [], undefined) }),
    event('response.in_progress', { response: response('in_progress', [], undefined) }),
    event('response.output_item.added', { output_index: 0, item: { ...whole, status: 'in_progress', content: [] } }),
    event('response.content_part.added', { ...place, part: { ...part, text: '' } }),
  ];
  const deltas = texts.map((delta) => event('response.output_text.delta', { ...place, delta, logprobs: [] }));
  const end = [
    event('response.output_text.done', { ...place, text: part?.text, logprobs: [] }),
    event('response.content_part.done', { ...place, part }),
    event('response.output_item.done', { output_index: 0, item: whole }),
    event('response.completed', { response: response('completed', [whole], count) }),
  ];
  return packed(chunkedReply(start, deltas, end), packets);
}
