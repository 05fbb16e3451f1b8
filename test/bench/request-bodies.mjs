/** Request bodies in Anthropic's Messages format, the same bytes in every run. */

const MODEL = 'claude-sonnet-4-5-20250929';
const MAX_TOKENS = 32_000;

/** Prose and code as agents see them: quotes, line ends and tabs to escape, and characters beyond latin1. */
const WORDS = (
  'the file reads a configuration then returns every error with its position so that tests can prove it — ' +
  'const value = await store.get("key"); if (value === undefined) { return null; }\n ' +
  'run the “build” first → check src/index.ts:42 and lib\\path\tbefore editing … naïve café 中文 ✓ done.\n'
).split(' ');

/**
 * Deterministic word source (Park–Miller), so that no two passages are alike and every run sends the same.
 * @param {number} seed
 * @returns {(length: number) => string} text of about `length` characters
 */
function textSource(seed) {
  let state = seed;
  return (length) => {
    let text = '';
    while (text.length < length) {
      state = (state * 48_271) % 2_147_483_647;
      text += `${WORDS[state % WORDS.length]} `;
    }
    return text.trimEnd();
  };
}

/**
 * One short question.
 * @param {{ stream: boolean }} options
 * @returns {Buffer} about 1 KB
 */
export function smallBody({ stream }) {
  const text = textSource(7);
  return Buffer.from(
    JSON.stringify({
      model: MODEL,
      max_tokens: 1024,
      stream,
      system: text(240),
      messages: [{ role: 'user', content: [{ type: 'text', text: text(560) }] }],
      metadata: { user_id: 'user_bench' },
    }),
  );
}

/**
 * A coding agent in the middle of its work: 20 KB of system prompt, 16 tools, 30 messages.
 * @param {{ stream: boolean, bytes: number }} options `bytes` is the exact size of the result
 * @returns {Buffer}
 */
export function agentBody({ stream, bytes }) {
  const text = textSource(11);
  const fixed = {
    model: MODEL,
    max_tokens: MAX_TOKENS,
    stream,
    temperature: 1,
    metadata: { user_id: `user_${'5e'.repeat(32)}_account__session_0a6b2c9e-6d0f-4c52-9d7c-0f7d4f7f1c11` },
    system: [
      { type: 'text', text: text(120), cache_control: { type: 'ephemeral' } },
      { type: 'text', text: text(19_000), cache_control: { type: 'ephemeral' } },
    ],
    tools: Array.from({ length: 16 }, (_, index) => tool(index, text)),
  };
  const empty = Buffer.byteLength(JSON.stringify({ ...fixed, messages: conversation(text, 0) }));
  // Escapes and non-ASCII characters make text longer on the wire than it looks; the last message takes what is left.
  const messages = conversation(text, Math.floor(((bytes - empty) / 30) * 0.8));
  const last = /** @type {{ content: { text: string }[] }} */ (messages.at(-1)).content.at(-1);
  const missing = bytes - Buffer.byteLength(JSON.stringify({ ...fixed, messages }));
  if (last === undefined || missing < 0) throw new RangeError(`the parts do not fit into ${bytes} bytes`);
  last.text += 'x'.repeat(missing);
  return Buffer.from(JSON.stringify({ ...fixed, messages }));
}

/**
 * @param {number} index
 * @param {(length: number) => string} text
 */
function tool(index, text) {
  return {
    name: `Tool${index}`,
    description: text(index === 0 ? 9000 : 1800),
    input_schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        file_path: { type: 'string', description: text(120) },
        limit: { type: 'number', description: text(90), default: 100 },
        mode: { type: 'string', enum: ['content', 'files_with_matches', 'count'] },
        edits: {
          type: 'array',
          items: {
            type: 'object',
            properties: { old_string: { type: 'string' }, new_string: { type: 'string', description: text(60) } },
            required: ['old_string', 'new_string'],
            additionalProperties: false,
          },
        },
      },
      required: ['file_path'],
      additionalProperties: false,
    },
  };
}

/**
 * Question, 14 pairs of a tool call and its result, and one more question.
 * @param {(length: number) => string} text
 * @param {number} length characters per message
 * @returns {object[]} 30 messages
 */
function conversation(text, length) {
  /** @type {object[]} */
  const messages = [{ role: 'user', content: [{ type: 'text', text: text(length) }] }];
  for (let turn = 0; turn < 14; turn++) {
    const id = `toolu_01${String(turn).padStart(22, 'A')}`;
    messages.push(
      {
        role: 'assistant',
        content: [
          { type: 'text', text: text(length / 4) },
          { type: 'tool_use', id, name: `Tool${turn}`, input: { file_path: `/src/file-${turn}.ts`, limit: 200 } },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: text(length * 1.75) }] }],
      },
    );
  }
  messages.push({
    role: 'user',
    content: [{ type: 'text', text: text(length), cache_control: { type: 'ephemeral' } }],
  });
  return messages;
}

/**
 * A complete HTTP/1.1 request as Claude Code sends it, ready to be written to a socket.
 * @param {Buffer} body
 * @param {{ host: string, path: string }} target
 * @returns {Buffer}
 */
export function httpRequest(body, { host, path }) {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    'connection: keep-alive',
    'accept: application/json',
    'content-type: application/json',
    'user-agent: claude-cli/2.1.112 (external, cli)',
    'x-app: cli',
    'x-api-key: bench',
    'anthropic-version: 2023-06-01',
    'anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27',
    'anthropic-dangerous-direct-browser-access: true',
    'x-claude-code-session-id: 0a6b2c9e-6d0f-4c52-9d7c-0f7d4f7f1c11',
    'x-stainless-arch: x64',
    'x-stainless-lang: js',
    'x-stainless-os: Linux',
    'x-stainless-package-version: 0.81.0',
    'x-stainless-retry-count: 0',
    'x-stainless-runtime: node',
    'x-stainless-timeout: 600',
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
