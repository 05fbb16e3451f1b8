/**
 * Baseline (d): Anthropic's format translated to OpenAI's the straightforward way — JSON.parse, map, JSON.stringify, one
 * write per event — for text and tools only. No log, no metrics, no errors, no back-pressure.
 */
import { Pool } from 'undici';
import { serve, upstream } from './baseline.mjs';

/**
 * @typedef {{ type: string, text: string, id: string, name: string, input: object, tool_use_id: string, content: Block[] }} Block
 * @typedef {{ role: string, content: Block[] }} Message
 * @typedef {{ max_tokens: number, stream?: boolean, system?: string | Block[], messages: Message[], tools?: { name: string, description: string, input_schema: object }[] }} MessagesRequest
 * @typedef {{ prompt_tokens: number, completion_tokens: number }} Usage
 */

const MODEL = 'gpt-4.1';
const pool = new Pool(upstream);

/** @param {Block[]} blocks */
function text(blocks) {
  return blocks
    .filter(({ type }) => type === 'text')
    .map((block) => block.text)
    .join('');
}

/** @param {Message} message @returns {object[]} */
function toChatMessages({ role, content }) {
  if (role === 'assistant') {
    const calls = content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }));
    return [{ role, content: text(content), ...(calls.length > 0 && { tool_calls: calls }) }];
  }
  const results = content
    .filter(({ type }) => type === 'tool_result')
    .map((block) => ({ role: 'tool', tool_call_id: block.tool_use_id, content: text(block.content) }));
  return results.length > 0 ? results : [{ role, content: text(content) }];
}

/** @param {MessagesRequest} request */
function toChatRequest({ max_tokens, stream, system = [], messages, tools }) {
  return {
    model: MODEL,
    max_completion_tokens: max_tokens,
    messages: [
      { role: 'system', content: typeof system === 'string' ? system : text(system) },
      ...messages.flatMap(toChatMessages),
    ],
    ...(tools && {
      tools: tools.map(({ name, description, input_schema }) => ({
        type: 'function',
        function: { name, description, parameters: input_schema },
      })),
    }),
    ...(stream && { stream, stream_options: { include_usage: true } }),
  };
}

/** @param {Usage | null} usage */
function toUsage(usage) {
  return { input_tokens: usage?.prompt_tokens ?? 0, output_tokens: usage?.completion_tokens ?? 0 };
}

/** @param {string} body */
function toMessage(body) {
  const reply = JSON.parse(body);
  return {
    id: reply.id,
    type: 'message',
    role: 'assistant',
    model: reply.model,
    content: [{ type: 'text', text: reply.choices[0].message.content }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: toUsage(reply.usage),
  };
}

/** Turns Chat Completions events into Messages events and writes them. */
class EventTranslator {
  #decoder = new TextDecoder();
  #pending = '';
  #started = false;
  /** @type {Usage | null} */
  #usage = null;
  #response;

  /** @param {import('node:http').ServerResponse} response */
  constructor(response) {
    this.#response = response;
  }

  /** @param {Buffer} bytes */
  push(bytes) {
    const lines = (this.#pending + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'data: [DONE]') this.#end();
      else if (line.startsWith('data: ')) this.#chunk(JSON.parse(line.slice('data: '.length)));
    }
  }

  /** @param {{ id: string, model: string, usage: Usage | null, choices: { delta: { content?: string } }[] }} chunk */
  #chunk({ id, model, usage, choices }) {
    if (!this.#started) {
      this.#started = true;
      const message = {
        id,
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        usage: toUsage(usage),
      };
      this.#event('message_start', { message });
      this.#event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    }
    this.#usage = usage ?? this.#usage;
    const content = choices[0]?.delta.content;
    if (content) this.#event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: content } });
  }

  #end() {
    this.#event('content_block_stop', { index: 0 });
    const delta = { stop_reason: 'end_turn', stop_sequence: null };
    this.#event('message_delta', { delta, usage: toUsage(this.#usage) });
    this.#event('message_stop', {});
  }

  /** @param {string} type @param {object} data */
  #event(type, data) {
    this.#response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  }
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function translate(request, response) {
  /** @type {Buffer[]} */
  const received = [];
  for await (const bytes of request) received.push(bytes);
  const client = JSON.parse(Buffer.concat(received).toString());
  const { body } = await pool.request({
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body: JSON.stringify(toChatRequest(client)),
  });
  if (!client.stream) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(toMessage(await body.text())));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const translator = new EventTranslator(response);
  body.on('data', (/** @type {Buffer} */ bytes) => translator.push(bytes));
  body.on('end', () => response.end());
}

serve((request, response) => {
  void translate(request, response);
});
